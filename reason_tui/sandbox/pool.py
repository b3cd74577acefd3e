"""The sandbox: a fixed number of slots, jobs waiting for a free one."""

from __future__ import annotations

import ast
import asyncio
from types import TracebackType
from typing import Self

from reason_tui.errors import SandboxError
from reason_tui.sandbox import judge
from reason_tui.sandbox.asserts import RewrittenCheck, rewrite
from reason_tui.sandbox.inside.protocol import Exam, Order
from reason_tui.sandbox.inside.values import encode
from reason_tui.sandbox.selftest import attack_all
from reason_tui.sandbox.slot import Slot, WorkerLostError
from reason_tui.sandbox.types import Failure, Job, Limits, SelfTest, TestRecord, Verdict
from reason_tui.sandbox.walls import Wall, candidates
from reason_tui.tasks.types import CallCase

_PROBE = """\
def probe():
    try:
        open("/etc/passwd")
    except OSError:
        return "kept in"
    return "free"
"""
_ATTEMPTS = 2


class WorkerSandbox:
    """Implements `Sandbox` over workers behind one wall. To be used from the event loop it was opened in."""

    def __init__(self, wall: Wall, slots: int) -> None:
        self._wall = wall
        self._slots = [Slot(wall) for _ in range(slots)]
        self._free: asyncio.Queue[Slot] = asyncio.Queue()
        for slot in self._slots:
            self._free.put_nowait(slot)
        self._proved: SelfTest | None = None
        self._closed = False

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
        """One job; see `Sandbox.run`. A worker that dies is replaced and the job tried once more."""
        bad_test = _unusable(job)
        if bad_test is not None:
            return bad_test
        check = rewrite(job.check, job.entry_point or "") if job.kind == "check" else None
        slot = await self._take()
        try:
            return await self._run_on(slot, job, check)
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
        self._closed = True
        await asyncio.gather(*(slot.stop() for slot in self._slots))

    async def _take(self) -> Slot:
        if self._closed:
            raise SandboxError("The sandbox is closed.")
        return await self._free.get()

    async def _run_on(self, slot: Slot, job: Job, check: RewrittenCheck | None) -> Verdict:
        why = ""
        for _ in range(_ATTEMPTS):
            if self._closed:
                raise SandboxError("The sandbox is closed.")
            try:
                report = await slot.run(_order(job, check), _exam(job, check))
            except WorkerLostError as lost:
                why = str(lost)
                continue
            return judge.verdict(job, report, check, self._wall.level, slot.python)
        failure = Failure(type="WorkerLost", message=why)
        return Verdict(status="lost", failure=failure, level=self._wall.level, python=slot.python)


async def open_sandbox(slots: int = 2, level: str = "auto", unsafe_local: bool = False) -> WorkerSandbox:
    """The best sandbox that works here, tried out. Raises SandboxError where there is none.

    `level`: `auto`, or the name of one. `unsafe_local`: run without walls rather than not at all.
    """
    reasons = []
    for wall in candidates(level, unsafe_local=unsafe_local):
        reason = wall.unavailable()
        if not reason:
            sandbox = WorkerSandbox(wall, slots)
            reason = await _try_out(sandbox, wall)
            if not reason:
                return sandbox
            await sandbox.close()
        reasons.append(f"{wall.label}: {reason}")
    raise SandboxError(
        "There is no safe way to run programs on this machine.",
        why="\n".join(reasons) or f"There is no level {level!r}.",
        hint="On Linux 5.13 or newer, enable Landlock. Or accept the risk: --unsafe-local runs programs without walls.",
    )


async def _try_out(sandbox: WorkerSandbox, wall: Wall) -> str:
    """Why the wall does not work here; empty where it does."""
    job = Job(program=_PROBE, kind="cases", entry_point="probe", cases=(CallCase(),))
    try:
        verdict = await sandbox.run(job)
    except SandboxError as error:
        return error.why or error.what
    got = verdict.records[0].got if verdict.records else None
    if got == "'kept in'" or (wall.level == "unsafe" and got is not None):
        return ""
    return f"a probe was not kept in ({verdict.status}, {got})"


def _order(job: Job, check: RewrittenCheck | None) -> Order:
    limits = job.limits
    kept = limits.output_kb * 1024
    if job.stdout is not None:
        kept = min(max(kept, 2 * len(job.stdout.encode()) + 4096), limits.output_kill_kb * 1024)
    return {
        "program": job.program,
        "kind": job.kind,
        "entry_point": job.entry_point or "",
        "inplace": job.inplace,
        "stdin": job.stdin,
        "calls": [_payload(case) for case in job.cases] if job.kind == "cases" else [],
        "expected_calls": len(job.cases) if check is None else check.required,
        "wall_s": limits.wall_s,
        "memory_mb": limits.memory_mb,
        "file_mb": limits.file_mb,
        "tmp_mb": limits.tmp_mb,
        "open_files": limits.open_files,
        "keep_bytes": kept,
        "kill_bytes": limits.output_kill_kb * 1024,
    }


def _payload(case: CallCase) -> bytes:
    args = tuple(ast.literal_eval(arg) for arg in case.args)
    return encode((args, {name: ast.literal_eval(value) for name, value in case.kwargs.items()}), strict=True)


def _exam(job: Job, check: RewrittenCheck | None) -> Exam | None:
    if check is None:
        return None
    return {
        "setup": job.setup,
        "source": check.source,
        "entry_point": job.entry_point or "",
        "inplace": job.inplace,
    }


def _unusable(job: Job) -> Verdict | None:
    """A verdict on a test that is itself no Python: it fails, and says why."""
    test = job.check.strip().partition("\n")[0]
    try:
        if job.kind == "check":
            rewrite(job.check, job.entry_point or "")
        for case in job.cases if job.kind == "cases" else ():
            test = case.describe(job.entry_point or "")
            _payload(case)
            ast.literal_eval(case.expected or "None")
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError) as error:
        failure = Failure(type=type(error).__name__, message=f"the test is not usable: {error}")
        return Verdict(status="fail", records=(TestRecord(test=test, ok=False, failure=failure),), failure=failure)
    return None
