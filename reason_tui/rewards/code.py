"""Verdict -> reward in [0, 1] and a node's status (the ladder of SEARCH.md)."""

from __future__ import annotations

from typing import Literal

from reason_tui.sandbox.types import Verdict

Status = Literal["passed", "partial", "failed", "error", "timeout", "unparsable", "unverified"]

NO_PROGRAM = 0.0
NO_ENTRY_POINT = 0.05
RAISED_WHILE_LOADING = 0.1
RUNS = 0.2


def judge(verdict: Verdict) -> tuple[float, Status]:
    """The reward of a program that was executed, and the word for it.

    Loads: .2 + .8 * visible tests passed / total. Without any test a program that runs earns .2 and stays
    `unverified`: agreement between candidates decides among those.
    """
    if not verdict.loaded:
        return RAISED_WHILE_LOADING, "timeout" if verdict.status == "timeout" else "error"
    if not verdict.has_entry_point:
        return NO_ENTRY_POINT, "error"
    if not verdict.records:
        return (RUNS, "unverified") if verdict.status == "pass" else (RUNS, _word(verdict))
    reward = RUNS + (1.0 - RUNS) * verdict.passed / len(verdict.records)
    if verdict.status == "pass" and verdict.passed == len(verdict.records):
        return 1.0, "passed"
    return min(reward, 0.99), _word(verdict)


def _word(verdict: Verdict) -> Status:
    if verdict.passed:
        return "partial"
    failures = [record for record in verdict.records if not record.ok]
    if verdict.status == "timeout" or any(record.timed_out for record in failures):
        return "timeout"
    if verdict.status != "fail" or (failures and all(record.failure is not None for record in failures)):
        return "error"
    return "failed"
