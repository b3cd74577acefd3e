"""The engine's main loop: start the model and the sandbox, then serve commands until the client is gone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import traceback
from pathlib import Path

from reason_tui.engine import wire
from reason_tui.engine.notes import BACKENDS, Notes
from reason_tui.engine.outbox import Outbox
from reason_tui.engine.parts import LoadPolicy, OpenSandbox, Parts, in_time
from reason_tui.engine.protocol import (
    COMMAND,
    Command,
    EngineSettings,
    Pause,
    Ready,
    Resume,
    ResumeRun,
    Shutdown,
    StartRun,
    Step,
    Stop,
)
from reason_tui.engine.run import EngineRun, problem, refused
from reason_tui.errors import EngineError, ReasonTuiError, RefusedError
from reason_tui.search.acts import Act


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
        self._notes = Notes(outbox)
        logging.getLogger(BACKENDS).addHandler(self._notes)
        self._ending = asyncio.Event()
        self._parts = Parts()
        self._ready: Ready | None = None
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
            ready = await self._parts.open(self._settings, load, sandbox)
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
        self._ready = ready
        self._outbox.send(ready)
        self._notes.begin()
        return 0

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
            case StartRun() | ResumeRun():
                self._start_run(command)
            case Shutdown():
                self.end()
            case _ if self._run is not None:
                _steer(self._run, command)
            case Pause() | Resume() | Step() | Stop():
                pass  # there is nothing to steer
            case _:
                self._outbox.send(refused(command, RefusedError("No run is going on.")))

    def _start_run(self, command: StartRun | ResumeRun) -> None:
        if self._ready is None:
            self._refuse("The engine is not ready yet.", "The model or the sandbox is still being started.")
            return
        if self._run is not None and not self._run.over:
            self._refuse("A run is going on.", "The engine searches one task at a time.", "Stop it first.")
            return
        try:
            self._run = self._open(command, self._ready)
        except ReasonTuiError as error:
            self._outbox.send(problem(error))
            return
        self._work = asyncio.create_task(self._search(self._run, self._work))

    def _open(self, command: StartRun | ResumeRun, ready: Ready) -> EngineRun:
        state_dir = Path(self._settings.state_dir)
        if isinstance(command, StartRun):
            return EngineRun.begin(command, state_dir, self._outbox, ready)
        return EngineRun.go_on(command, state_dir, self._outbox, ready)

    async def _search(self, run: EngineRun, previous: asyncio.Task[None] | None) -> None:
        """The run, once the one before, whose last event was told, has tidied up."""
        if previous is not None:
            await asyncio.wait({previous})
        sampler, sandbox = self._parts.sampler, self._parts.sandbox
        assert sampler is not None and sandbox is not None, "the engine is ready"
        await run.work(sampler, sandbox)

    def _refuse(self, what: str, why: str, hint: str = "") -> None:
        self._outbox.send(problem(EngineError(what, why=why, hint=hint)))

    # End.

    async def close(self) -> None:
        """Stop the run, then close the sandbox, the model and the stream, none of which may hold up the others."""
        if self._run is not None and self._work is not None:
            self._run.stop()
            await in_time(asyncio.wait({self._work}))
            self._work.cancel()
            await in_time(asyncio.wait({self._work}))
        await self._parts.close()
        logging.getLogger(BACKENDS).removeHandler(self._notes)
        await in_time(self._outbox.close())


def _steer(run: EngineRun, command: Pause | Resume | Step | Stop | Act) -> None:
    """Harmless where the run ended while the command was on its way; an act is refused then."""
    match command:
        case Pause():
            run.pause()
        case Resume():
            run.resume()
        case Step():
            run.step()
        case Stop():
            run.stop()
        case _:
            run.act(command)
