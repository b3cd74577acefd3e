"""The engine's main loop: start the model and the sandbox, then serve commands until the client is gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

from reason_tui.engine import wire
from reason_tui.engine.outbox import Outbox
from reason_tui.engine.protocol import (
    COMMAND,
    Command,
    EngineSettings,
    Pause,
    Ready,
    Resume,
    Shutdown,
    StartRun,
    Step,
    Stop,
)
from reason_tui.engine.run import EngineRun, problem
from reason_tui.errors import EngineError, ReasonTuiError
from reason_tui.policy import Policy
from reason_tui.sandbox.types import Sandbox, SelfTest
from reason_tui.search.sampling import PolicyThread

LoadPolicy = Callable[[EngineSettings], Policy]
"""Blocking; called in a thread."""
OpenSandbox = Callable[[EngineSettings], Awaitable[Sandbox]]

GRACE_S = 3.0
"""How long a run, the sandbox and the model each may take to end."""


async def serve(stream: socket.socket, settings: EngineSettings, load: LoadPolicy, sandbox: OpenSandbox) -> int:
    """Serve until Shutdown, the end of the stream, or SIGTERM; the exit status.

    Ends with no run going on, no sandbox and no model; what does not end in time is left for the process's end.
    """
    reader, writer = await asyncio.open_connection(sock=stream, limit=wire.MAX_LINE)
    engine = _Engine(settings, Outbox(writer), reader)
    with contextlib.suppress(ValueError, RuntimeError):  # not in the main thread: the stream's end is enough
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, engine.end)
    try:
        return await engine.run(load, sandbox)
    finally:
        await engine.close()


class _Engine:
    def __init__(self, settings: EngineSettings, outbox: Outbox, reader: asyncio.StreamReader) -> None:
        self._settings = settings
        self._outbox = outbox
        self._reader = reader
        self._ending = asyncio.Event()
        self._sampler: PolicyThread | None = None
        self._sandbox: Sandbox | None = None
        self._run: EngineRun | None = None
        self._work: asyncio.Task[None] | None = None

    def end(self) -> None:
        """Begin the end."""
        self._ending.set()

    async def run(self, load: LoadPolicy, sandbox: OpenSandbox) -> int:
        """Until the end; the exit status."""
        commands = asyncio.create_task(self._read())
        start = asyncio.create_task(self._start(load, sandbox))
        ending = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait({start, ending}, return_when=asyncio.FIRST_COMPLETED)
            if start.done():
                code = start.result()
                if code:
                    return code
                await ending
            return 0
        finally:
            for task in (commands, start, ending):
                task.cancel()
            await asyncio.gather(commands, start, ending, return_exceptions=True)

    # Start: model and sandbox at once.

    async def _start(self, load: LoadPolicy, sandbox: OpenSandbox) -> int:
        """Get ready and say so. 0, or the exit status of what is missing, which was told."""
        try:
            tested = await self._open(load, sandbox)
        except ReasonTuiError as error:
            self._outbox.send(problem(error, fatal=True))
            return error.exit_code
        except Exception as error:  # noqa: BLE001 a start that fails in a way nobody foresaw must be told as well
            traceback.print_exc()
            failed = EngineError(
                "The engine could not start.", why=f"{type(error).__name__}: {error}", hint="See engine.log."
            )
            self._outbox.send(problem(failed, fatal=True))
            return failed.exit_code
        assert self._sampler is not None and self._sandbox is not None, "both were opened"
        self._outbox.send(
            Ready(policy=self._sampler.info, sandbox=self._sandbox.describe(), sandbox_ok=tested.ok),
        )
        return 0

    async def _open(self, load: LoadPolicy, sandbox: OpenSandbox) -> SelfTest:
        """Both side by side; the model's failure is told before the sandbox's."""

        async def model() -> None:
            self._sampler = PolicyThread(await _in_thread(load, self._settings))

        async def walls() -> SelfTest:
            self._sandbox = await sandbox(self._settings)
            return await self._sandbox.selftest()

        loaded, tested = await asyncio.gather(model(), walls(), return_exceptions=True)
        for outcome in (loaded, tested):
            if isinstance(outcome, BaseException):
                raise outcome
        assert isinstance(tested, SelfTest), "the others were raised"
        return tested

    # Commands.

    async def _read(self) -> None:
        while True:
            try:
                command = await wire.read(self._reader, COMMAND)
            except wire.GarbledLineError as error:
                self._refuse("The engine did not understand a command.", f"{error}.")
                continue
            if command is None:
                self.end()
                return
            self._obey(command)

    def _obey(self, command: Command) -> None:
        match command:
            case StartRun():
                self._start_run(command)
            case Shutdown():
                self.end()
            case _ if self._run is not None:
                _steer(self._run, command)
            case _:
                pass  # there is nothing to steer

    def _start_run(self, command: StartRun) -> None:
        if self._sampler is None or self._sandbox is None:
            self._refuse("The engine is not ready yet.", "The model or the sandbox is still being started.")
            return
        if self._work is not None and not self._work.done():
            self._refuse("A run is going on.", "The engine searches one task at a time.", "Stop it first.")
            return
        try:
            self._run = EngineRun(command, Path(self._settings.state_dir), self._outbox)
        except ReasonTuiError as error:
            self._outbox.send(problem(error))
            return
        self._work = asyncio.create_task(self._run.work(self._sampler, self._sandbox))

    def _refuse(self, what: str, why: str, hint: str = "") -> None:
        self._outbox.send(problem(EngineError(what, why=why, hint=hint)))

    # End.

    async def close(self) -> None:
        """Stop the run, then close the sandbox, the model and the stream, none of which may hold up the others."""
        if self._run is not None and self._work is not None:
            self._run.stop()
            await _in_time(asyncio.wait({self._work}))
            self._work.cancel()
            await _in_time(asyncio.wait({self._work}))
        if self._sandbox is not None:
            await _in_time(self._sandbox.close())
        if self._sampler is not None:
            await _in_time(self._sampler.close())
        await _in_time(self._outbox.close())


def _steer(run: EngineRun, command: Pause | Resume | Step | Stop) -> None:
    """Harmless where the run ended while the command was on its way."""
    match command:
        case Pause():
            run.pause()
        case Resume():
            run.resume()
        case Step():
            run.step()
        case Stop():
            run.stop()


async def _in_time(ending: Awaitable[object]) -> None:
    try:
        await asyncio.wait_for(ending, GRACE_S)
    except TimeoutError:
        print(f"engine {os.getpid()}: gave up waiting for {ending}", flush=True)
    except Exception:  # noqa: BLE001 the end goes on, whatever one part of it says
        traceback.print_exc()


async def _in_thread(load: LoadPolicy, settings: EngineSettings) -> Policy:
    """`load(settings)` in a thread that, unlike an executor's, does not hold up the end of the process."""
    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[Policy] = loop.create_future()

    def tell(policy: Policy | None, error: BaseException | None) -> None:
        if not loaded.done():
            loaded.set_exception(error) if error is not None else loaded.set_result(cast("Policy", policy))
        elif policy is not None:
            policy.close()  # nobody waits for it any more

    def work() -> None:
        policy, failure = None, None
        try:
            policy = load(settings)
        except BaseException as error:  # noqa: BLE001 handed over to whoever awaits
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process is about to end
            loop.call_soon_threadsafe(tell, policy, failure)

    threading.Thread(target=work, name="load", daemon=True).start()
    return await loaded
