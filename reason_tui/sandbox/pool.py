"""The sandbox: a fixed number of slots, jobs waiting for a free one."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from types import TracebackType
from typing import Self

from reason_tui.errors import SandboxError
from reason_tui.sandbox import judge
from reason_tui.sandbox.inside.protocol import Report
from reason_tui.sandbox.orders import Prepared, UnusableTestError, prepare
from reason_tui.sandbox.selftest import attack_all
from reason_tui.sandbox.slot import Slot, WorkerLostError
from reason_tui.sandbox.types import DockerMode, Failure, Job, Limits, SelfTest, TestRecord, Verdict
from reason_tui.sandbox.walls import Wall, candidates
from reason_tui.sandbox.walls.owners import temporary
from reason_tui.tasks.types import CallCase
from reason_tui.text import clean

_HINT = (
    "Is Docker running, is there room on the disk? What was found is saved: "
    "once the sandbox works again, `reason-tui runs resume last` goes on."
)
# A file of this machine, so that a container with files of its own is no escape.
_PROBE = """\
def probe(path):
    try:
        open(path)
    except OSError:
        return "kept in"
    return "free"
"""
_ATTEMPTS = 2
# When no worker can be started any more though some could before: an engine is being restarted, a disk is full.
_COMEBACK_S = (0.5, 1.0, 2.0, 4.0, 8.0)


class WorkerSandbox:
    """Implements `Sandbox` over workers behind one wall. To be used from the event loop it was opened in."""

    def __init__(self, wall: Wall, slots: int) -> None:
        self._wall = wall
        self._slots = [Slot(wall) for _ in range(slots)]
        self._free: asyncio.Queue[Slot] = asyncio.Queue()
        for slot in self._slots:
            self._free.put_nowait(slot)
        self._proved: SelfTest | None = None
        self._closing = asyncio.Event()
        self._worked = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def pids(self) -> list[int]:
        """The pids of the workers that run now."""
        return [slot.pid for slot in self._slots if slot.pid is not None]

    async def run(self, job: Job) -> Verdict:
        """One job; see `Sandbox.run`. A worker that dies is replaced and the job tried once more.

        Where none can be started any more it is tried again for a quarter of a minute before SandboxError is raised.
        """
        try:
            prepared = prepare(job)
        except UnusableTestError as unusable:
            return _test_at_fault(unusable)
        slot = await self._take()
        try:
            return await self._run_on(slot, job, prepared)
        finally:
            self._free.put_nowait(slot)

    async def selftest(self) -> SelfTest:
        """About a dozen attacks; `describe` tells what came out."""
        self._proved = await attack_all(self.run, self._wall.level)
        return self._proved

    def describe(self) -> str:
        """One line for the status bar."""
        parts = [self._wall.label]
        if self._wall.level != "unsafe":
            parts += ["no net", f"{Limits().memory_mb} MB", self._wall.holes]
        if self._proved is not None:
            tried = self._proved.tried
            parts.append(f"self-test {tried - len(self._proved.escaped)}/{tried}")
        return " · ".join(part for part in parts if part)

    async def close(self) -> None:
        """End every worker, also those that are at work."""
        self._closing.set()
        await asyncio.gather(*(slot.close() for slot in self._slots))
        for slot in [await self._free.get() for _ in self._slots]:  # every job has noticed
            self._free.put_nowait(slot)

    async def _take(self) -> Slot:
        slot = await self._free.get()
        if self._closing.is_set():
            self._free.put_nowait(slot)
            raise SandboxError("The sandbox is closed.")
        return slot

    async def _run_on(self, slot: Slot, job: Job, prepared: Prepared) -> Verdict:
        why = ""
        for _ in range(_ATTEMPTS):
            try:
                report = await self._report(slot, prepared)
            except WorkerLostError as lost:
                why = str(lost)
                continue
            return judge.verdict(job, report, prepared, self._wall.level, slot.python)
        failure = Failure(type="WorkerLost", message=why)
        return Verdict(status="lost", failure=failure, level=self._wall.level, python=slot.python)

    async def _report(self, slot: Slot, prepared: Prepared) -> Report:
        for pause_s in (*_COMEBACK_S, None):
            if self._closing.is_set():
                raise SandboxError("The sandbox is closed.")
            try:
                report = await slot.run(prepared.order, prepared.exam)
            except SandboxError as error:
                if pause_s is None or not self._worked:
                    raise SandboxError(error.what, why=error.why, hint=error.hint or _HINT) from error
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), pause_s)
            else:
                self._worked = True
                return report
        raise AssertionError("the last attempt returns or raises")


async def open_sandbox(
    slots: int = 2,
    level: str = "auto",
    unsafe_local: bool = False,
    docker_image: str | None = None,
    docker_mode: DockerMode = "warm",
    packages: tuple[str, ...] = (),
) -> WorkerSandbox:
    """The best sandbox that works here, tried out. Raises SandboxError where there is none.

    `level`: `auto`, or the name of one. `unsafe_local`: run without walls rather than not at all. For the level
    `docker`, `docker_image` is any local image with a Python of 3.10 or newer; with `docker_mode` `per-run` each job
    gets a container of its own. `packages`: what programs may import beside the standard library, e.g. `numpy`; the
    folder of this interpreter (of the image) in which these lie can then be read.
    """
    walls = candidates(
        level, unsafe_local=unsafe_local, docker_image=docker_image, docker_mode=docker_mode, packages=packages
    )
    reasons = []
    for wall in walls:
        reason = await asyncio.to_thread(wall.unavailable)
        if not reason:
            sandbox = WorkerSandbox(wall, slots)
            reason, _ = await asyncio.gather(_try_out(sandbox, wall), asyncio.to_thread(wall.tidy))
            if not reason:
                return sandbox
            await sandbox.close()
        reasons.append(f"{wall.label}: {reason}")
    raise SandboxError(
        "There is no safe way to run programs on this machine.",
        why="\n".join(reasons) or f"There is no level {level!r}.",
        hint="On Linux install bubblewrap, enable Landlock (5.13 or newer) or start Docker. "
        "Or accept the risk: --unsafe-local runs programs without walls.",
    )


async def _try_out(sandbox: WorkerSandbox, wall: Wall) -> str:
    """Why the wall does not work here; empty where it does. A job has to come through, and to be kept in."""
    try:
        with tempfile.NamedTemporaryFile(prefix=temporary("probe")) as file:
            case = CallCase(args=(repr(file.name),))
            verdict = await sandbox.run(Job(program=_PROBE, kind="cases", entry_point="probe", cases=(case,)))
    except SandboxError as error:
        return error.why or error.what
    except OSError as error:
        return f"There is no room for a temporary file: {error}"
    got = verdict.records[0].got if verdict.records else None
    if got == "'kept in'" or (wall.level == "unsafe" and got is not None):
        return ""
    return f"a probe was not kept in ({verdict.status}, {got})"


def _test_at_fault(unusable: UnusableTestError) -> Verdict:
    failure = Failure(type=unusable.kind, message=clean(f"the test is not usable: {unusable.why}"))
    return Verdict(status="fail", records=(TestRecord(test=unusable.test, ok=False, failure=failure),), failure=failure)
