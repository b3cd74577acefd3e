"""The engine's process from outside: how it is started, what it says, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from reason_tui.engine import deaths, wire
from reason_tui.engine.log import EngineLog
from reason_tui.engine.protocol import MESSAGE, Command, EngineSettings, Message, Shutdown
from reason_tui.engine.watch import Watch
from reason_tui.errors import EngineError
from reason_tui.text import clean

GRACE_S = 20.0
"""How long an engine may take to end before it is killed: more than all its own deadlines together."""

_LOOK_S = 1.0
_LAST_WORDS_S = 2.0


class Child:
    """One engine process. `next` gives its messages, then None if it was closed, or raises EngineError if it died."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        log: EngineLog,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        watch: Watch,
    ) -> None:
        self.pid = process.pid
        self.watch = watch
        self._process = process
        self._log = log
        self._reader = reader
        self._writer = writer
        self._inbox: asyncio.Queue[Message | EngineError | None] = asyncio.Queue()
        self._closing = False
        self._hung = ""
        self._killed_for_memory = deaths.memory_kills()
        self._pump = asyncio.create_task(self._read())
        self._guard = asyncio.create_task(self._look())

    @classmethod
    async def spawn(cls, settings: EngineSettings, entry: Sequence[str], watch: Watch) -> Child:
        """Start `python -P <entry> --fd N --parent PID --settings JSON`. Raises EngineError.

        `-P` keeps the user's folder off the import path: a `queue.py` there is theirs. The session of its own keeps
        Ctrl+C from reaching the engine, which saves the run when it is asked to.
        """
        log = EngineLog(Path(settings.state_dir))
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", *entry),
                *("--fd", str(theirs.fileno()), "--parent", str(os.getpid()), "--settings", settings.model_dump_json()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log.descriptor,
                stderr=log.descriptor,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            log.close()
            raise EngineError("The engine could not be started.", why=str(error)) from error
        finally:
            theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours, limit=wire.MAX_LINE)
        return cls(process, log, reader, writer, watch)

    async def next(self) -> Message | None:
        """The next message."""
        item = await self._inbox.get()
        if item is None or isinstance(item, EngineError):
            self._inbox.put_nowait(item)  # the end is the end for everyone who asks
        if isinstance(item, EngineError):
            raise item
        return item

    async def send(self, command: Command) -> None:
        """Send a command. Raises EngineError when the engine has died."""
        self.watch.sent(command)
        try:
            self._writer.write(wire.encode(command))
            await self._writer.drain()
        except ConnectionError:
            await asyncio.shield(self._pump)
            raise self._death() from None

    async def _read(self) -> None:
        """Everything the engine says goes to the inbox; its end is the last entry."""
        fault = ""
        try:
            while (message := await wire.read(self._reader, MESSAGE)) is not None:
                self.watch.heard(message)
                self._inbox.put_nowait(message)
        except wire.GarbledLineError as error:
            fault = str(error)
            self._kill()
        await self._gone()
        self._guard.cancel()
        self._inbox.put_nowait(None if self._closing else self._death(fault))

    async def _gone(self) -> None:
        """Wait for the process's end, and see to it."""
        try:
            await asyncio.wait_for(self._process.wait(), GRACE_S)
        except TimeoutError:
            self._kill()
            await self._process.wait()

    async def _look(self) -> None:
        """End an engine that hangs. Time in which we ourselves did not run is no silence of the engine's."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(_LOOK_S)
            now = time.monotonic()
            self._hung = self.watch.pass_time(min(now - last, 2 * _LOOK_S))
            last = now
            if self._hung:
                break
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGABRT)  # it writes where it stands to its log
        await asyncio.sleep(_LAST_WORDS_S)
        self._kill()

    def _death(self, fault: str = "") -> EngineError:
        status = self._process.returncode
        said = clean(self._log.tail())
        hint = "What was found so far is in the run's journal: `reason-tui runs resume last` goes on with it."
        if self._log.path:
            hint += f" The engine's log: {self._log.path}"
        if self._hung:
            return EngineError(
                "The engine hung and was ended.", why="\n".join(filter(None, (self._hung, said))), hint=hint
            )
        out_of_memory = deaths.ran_out_of_memory(status, said, self._killed_for_memory)
        what = "The engine ran out of memory." if out_of_memory else "The engine stopped unexpectedly."
        how = deaths.how(status, sure=out_of_memory)
        if out_of_memory:
            hint = f"Close other programs, or use a smaller model or `context_length`. {hint}"
        return EngineError(what, why="\n".join(filter(None, (fault, how, said))), hint=hint)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def close(self) -> None:
        """Ask it to end, wait, kill it if it does not. Messages sent until then can still be read."""
        self._closing = True
        try:
            with contextlib.suppress(EngineError, TimeoutError):
                await asyncio.wait_for(self.send(Shutdown()), GRACE_S)
            await asyncio.wait({self._pump}, timeout=GRACE_S)
        finally:
            if not self._pump.done():
                self._kill()
            self._writer.close()
        await self._pump
        self._guard.cancel()
        self._log.close()
