"""A sandbox without walls for programs that the tests wrote themselves: runs them in this process, at once."""

from __future__ import annotations

import ast
from typing import Any

from reason_tui.sandbox.types import Failure, Job, SelfTest, TestRecord, Verdict
from reason_tui.tasks.types import CallCase


class InProcess:
    """Executes cases and asserts as the sandbox would, as far as the tests need it. Keeps the jobs."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    async def run(self, job: Job) -> Verdict:
        self.jobs.append(job)
        names: dict[str, Any] = {}
        try:
            exec(job.setup, names)
            exec(job.program, names)
        except Exception as error:  # noqa: BLE001 whatever the program raises
            return Verdict(status="error", failure=_failure(error), ms=1.0)
        if job.entry_point not in names:
            return Verdict(status="error", loaded=True, ms=1.0)
        records = tuple(_record(case, job.entry_point or "", names) for case in job.cases)
        if job.kind == "check":
            records = tuple(_assert(line, names) for line in job.check.splitlines())
        passed = bool(records) and all(record.ok for record in records)
        return Verdict(status="pass" if passed else "fail", records=records, loaded=True, has_entry_point=True, ms=1.0)

    async def selftest(self) -> SelfTest:
        return SelfTest(level="unsafe", tried=0)

    def describe(self) -> str:
        return "this process"

    async def close(self) -> None:
        self.jobs.clear()


def _record(case: CallCase, entry: str, names: dict[str, Any]) -> TestRecord:
    said: dict[str, Any] = {"test": case.describe(entry), "call": case.call(entry), "expected": case.expected}
    try:
        got = eval(case.call(entry), names)
    except Exception as error:  # noqa: BLE001 whatever the program raises
        return TestRecord(**said, ok=case.raises == type(error).__name__, failure=_failure(error))
    wrong = case.raises is not None or (case.expected is not None and got != ast.literal_eval(case.expected))
    return TestRecord(**said, ok=not wrong, got=repr(got))


def _assert(line: str, names: dict[str, Any]) -> TestRecord:
    try:
        exec(line, names)
    except Exception as error:  # noqa: BLE001 whatever the program raises
        return TestRecord(test=line, ok=False, failure=_failure(error))
    return TestRecord(test=line, ok=True)


def _failure(error: Exception) -> Failure:
    return Failure(type=type(error).__name__, message=str(error))
