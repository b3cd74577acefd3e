"""A program against the visible tests of its task: the jobs to run, and their verdicts as one."""

from __future__ import annotations

from collections.abc import Sequence

from reason_tui.sandbox.types import Job, Limits, Verdict
from reason_tui.tasks.types import AssertCase, CallCase, FunctionCase, Task


def tests_key(task: Task) -> tuple[str, ...]:
    """Equal for equal visible tests in the same order: what a verdict depends on beside the program and the limits."""
    return (task.entry_point or "", *(case.model_dump_json() for case in task.visible))


def visible_jobs(task: Task, program: str, limits: Limits) -> list[Job]:
    """Plain calls are compared on the host, asserts and test functions run in the tester: one job for each kind.

    Asserts may use what the task's preamble defines. Without visible tests: one job that loads the program and looks
    for the entry point.
    """
    calls = tuple(case for case in task.visible if isinstance(case, CallCase))
    asserts = [case.source for case in task.visible if isinstance(case, AssertCase)]
    functions = [case for case in task.visible if isinstance(case, FunctionCase)]
    jobs = []
    if calls or not (asserts or functions):
        jobs.append(Job(program=program, kind="cases", entry_point=task.entry_point, cases=calls, limits=limits))
    if asserts:
        check = "\n".join(asserts)
        jobs.append(
            Job(
                program=program,
                kind="check",
                entry_point=task.entry_point,
                check=check,
                setup=task.preamble,
                limits=limits,
            )
        )
    if functions:
        jobs.append(
            Job(
                program=program,
                kind="tests",
                entry_point=task.entry_point,
                tests=tuple(case.source for case in functions),
                modules=tuple(dict.fromkeys(name for case in functions for name in case.modules)),
                limits=limits,
            )
        )
    return jobs


def merge(verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict of one program's jobs: the first that did not pass sets the status, the records follow each other."""
    if len(verdicts) == 1:
        return verdicts[0]
    worst = next((verdict for verdict in verdicts if verdict.status != "pass"), verdicts[0])
    return worst.model_copy(
        update={
            "records": tuple(record for verdict in verdicts for record in verdict.records),
            "loaded": all(verdict.loaded for verdict in verdicts),
            "has_entry_point": all(verdict.has_entry_point for verdict in verdicts),
            "peak_memory_kb": max(verdict.peak_memory_kb for verdict in verdicts),
            "ms": sum(verdict.ms for verdict in verdicts),
            "strength": "weak" if any(verdict.strength == "weak" for verdict in verdicts) else "strong",
        }
    )
