"""Verdict -> reward in [0, 1] and a node's status (the ladder of SEARCH.md)."""

from __future__ import annotations

from reason_tui.rewards.math import judge_solution
from reason_tui.rewards.status import Status
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import Task

NO_PROGRAM = 0.0
NO_ENTRY_POINT = 0.05
RAISED_WHILE_LOADING = 0.1
RUNS = 0.2
BELOW_A_PASS = 0.99
"""Every test passed and yet the program was killed, printed too much, …: no pass."""


def judge(verdict: Verdict, task: Task) -> tuple[float, Status]:
    """The reward of a program of `task` that was executed, and the word for it.

    Loads: .2 + .8 * visible tests passed / total. In a task without visible tests a program that runs earns .2 and
    stays `unverified`: agreement between candidates decides among those. Solutions in words: see `math`.
    """
    if task.kind == "math":
        return judge_solution(verdict, task)
    if not verdict.loaded:
        return RAISED_WHILE_LOADING, "timeout" if verdict.status == "timeout" else "error"
    if task.entry_point is not None and not verdict.has_entry_point:
        return NO_ENTRY_POINT, "error"
    if not task.visible and verdict.status in ("pass", "fail", "error"):
        return RUNS, "unverified"
    if verdict.status == "pass" and verdict.records and verdict.passed == len(verdict.records):
        return 1.0, "passed"
    share = verdict.passed / len(verdict.records) if verdict.records else 0.0
    return min(RUNS + (1.0 - RUNS) * share, BELOW_A_PASS), _word(verdict)


def _word(verdict: Verdict) -> Status:
    if verdict.passed:
        return "partial"
    failures = [record for record in verdict.records if not record.ok]
    if verdict.status == "timeout" or any(record.timed_out for record in failures):
        return "timeout"
    if verdict.status != "fail" or (failures and all(record.failure is not None for record in failures)):
        return "error"
    return "failed"
