"""One long-lived worker, from the host's side."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Any, cast

from reason_tui.errors import SandboxError
from reason_tui.sandbox.bundle import worker_source
from reason_tui.sandbox.inside import channels
from reason_tui.sandbox.inside.answers import outcome_of, report_on
from reason_tui.sandbox.inside.protocol import JOB_HEADER, SEAL_SIZE, Done, Exam, Order, Ready, Report, Setup
from reason_tui.sandbox.inside.values import CrossingError, decode, encode_message
from reason_tui.sandbox.walls import Wall
from reason_tui.sandbox.walls.base import Launch
from reason_tui.sandbox.walls.owners import remove
from reason_tui.text import clean

_START_S = 60.0  # an engine on a busy machine takes its time to start a container
_MAX_LAST_WORDS = 2000
_LAST_WORDS_S = 3.0
_STOP_S = 5.0
_REMOVE_S = 30.0
_PATIENCE_S = 10.0  # beyond the job's own wall time; the server's patience with its supervisor is less:
_REPORT_PATIENCE_S = 5.0  # where nothing foreign runs in it
_EXAM_PATIENCE_S = 0.1  # where a test does, which may not end; it reports after 0.05 if it can


class WorkerLostError(Exception):
    """The worker died, hangs, or is no longer as it was: start another one."""


class Slot:
    """A place for one worker. Starts it when needed, replaces it after its number of jobs or on any doubt."""

    def __init__(self, wall: Wall) -> None:
        self._wall = wall
        self._process: asyncio.subprocess.Process | None = None
        self._launched: Launch | None = None
        self._jobs = 0
        self._closed = False
        self.python = ""

    @property
    def pid(self) -> int | None:
        """The worker's pid, None where none runs."""
        return None if self._process is None else self._process.pid

    async def run(self, order: Order, exam: Exam | None) -> Report:
        """One job. Raises WorkerLostError; whatever goes wrong (or is cancelled), the next job meets a fresh worker."""
        if self._process is None or self._jobs >= self._wall.jobs_per_worker:
            await self.stop()
            await self._start()
        if self._closed:  # meanwhile
            await self.stop()
            raise WorkerLostError("the sandbox was closed")
        clean = False
        try:
            report, clean = await asyncio.wait_for(self._exchange(order, exam), order["wall_s"] + _PATIENCE_S)
        except (OSError, EOFError, TimeoutError, CrossingError, KeyError) as error:
            raise WorkerLostError(f"the worker is gone: {error!r}") from error
        finally:
            self._jobs += 1
            if not clean:
                await self.stop()
        if report["trouble"]:
            raise WorkerLostError(report["trouble"])
        return report

    async def close(self) -> None:
        """End the worker; no other one is started (one that is starting is ended by who starts it)."""
        self._closed = True
        if self._process is not None:
            await self.stop()

    async def stop(self) -> None:
        """End the worker, also at work: without its stdin it ends its children, removes its folder and leaves."""
        process, self._process = self._process, None
        launched, self._launched = self._launched, None
        if launched is None:
            return
        if process is not None:
            assert process.stdin is not None
            if not process.stdin.transport.is_closing():
                process.stdin.transport.abort()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _STOP_S)
            if process.returncode is None:
                process.kill()  # its children die with it: the kernel sees to that
                await process.wait()
                await asyncio.to_thread(_run, launched.remove)
        if launched.folder:  # one that its worker could not remove itself
            await asyncio.to_thread(remove, Path(launched.folder))

    async def _start(self) -> None:
        self._jobs, started = 0, False
        try:
            await self._launch()
            started = True
        finally:
            if not started:
                await self.stop()

    async def _launch(self) -> None:
        try:
            launch = self._launched = self._wall.launch()
        except OSError as error:
            raise SandboxError("The sandbox's worker does not start.", why=f"It gets no folder: {error}") from error
        pipe = asyncio.subprocess.PIPE
        try:
            self._process = await asyncio.create_subprocess_exec(
                *launch.argv,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,  # the worker lets go of it once it has started
                env=launch.env,
                cwd="/",
                start_new_session=True,
            )
            if self._closed:  # meanwhile
                raise WorkerLostError("the sandbox was closed")
            setup: Setup = {
                "work": launch.work,
                "level": self._wall.level,
                "packages": list(self._wall.packages),
                "paths": list(launch.paths),
            }
            self._write(worker_source() + channels.pack(encode_message(setup)))
            ready = cast("Ready", await asyncio.wait_for(self._read(), _START_S))
        except (OSError, EOFError, TimeoutError, CrossingError) as error:
            raise SandboxError("The sandbox's worker does not start.", why=await self._last_words(error)) from error
        if ready["trouble"]:
            raise SandboxError("The sandbox's worker cannot put its walls on.", why=ready["trouble"])
        self.python = ready["python"]

    async def _last_words(self, error: Exception) -> str:
        """Why a worker did not start: what it wrote, or how it looked from here."""
        written = b""
        if self._process is not None and self._process.stderr is not None:
            with contextlib.suppress(TimeoutError):
                written = await asyncio.wait_for(self._process.stderr.read(_MAX_LAST_WORDS), _LAST_WORDS_S)
        words = clean(written.decode("utf-8", "replace")).strip()
        return words or (str(error) if isinstance(error, OSError) and str(error) else repr(error))

    async def _exchange(self, order: Order, exam: Exam | None) -> tuple[Report, bool]:
        """The report, and whether the worker is as it was before. What else comes from it makes it a lost one."""
        patience_s = order["wall_s"] + (_EXAM_PATIENCE_S if exam is not None else _REPORT_PATIENCE_S)
        seal = os.urandom(SEAL_SIZE)
        frames = [JOB_HEADER.pack(int(patience_s * 1000), order["memory_mb"]), channels.pack(encode_message(order))]
        if exam is not None:
            frames.append(channels.pack(encode_message(exam)))
        self._write(b"".join([*frames, seal]))
        message = await self._read()
        report = None if "seal" in message else cast("Report", message)
        done = cast("Done", message if report is None else await self._read())
        if done.get("seal") != seal:
            raise EOFError("not the end of this job")
        if report is None and exam is not None:
            report = _without_report(done)
        if report is None:
            raise EOFError("no report")
        return report, done["clean"] is True and (done["exit_code"] == 0 or exam is not None)

    def _write(self, data: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(data)

    async def _read(self) -> dict[str, Any]:
        process = self._process
        if process is None:  # closed between two messages
            raise EOFError("the worker was ended")
        assert process.stdout is not None
        length = int.from_bytes(await process.stdout.readexactly(4), "big")
        if length > channels.MAX_FRAME:
            raise EOFError("a frame too long")
        message = decode(await process.stdout.readexactly(length))
        if not isinstance(message, dict):
            raise EOFError("not a message")
        return message


def _without_report(done: Done) -> Report | None:
    """What to make of a test that took its process with it. None where the kernel or someone else may have done it."""
    if not done["overtime"] and done["exit_code"] == -signal.SIGKILL:
        return None
    how = "timeout" if done["overtime"] else "killed"
    message = "the test does not end" if done["overtime"] else "the test ends the interpreter"
    report = report_on(outcome_of("value"), has_entry_point=True)
    report["ended"] = how
    report["exam_problem"] = {"type": "TestEnded", "names": [], "message": message, "line": None}
    return report


def _run(command: tuple[str, ...]) -> None:
    """What else it takes to end a worker that does not end by itself."""
    if command:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, timeout=_REMOVE_S, check=False, stdin=subprocess.DEVNULL)
