"""The reward ladder of SEARCH.md."""

from __future__ import annotations

import pytest

from reason_tui.rewards import behaviour_groups, judge, merge, visible_jobs
from reason_tui.sandbox.types import Failure, Limits, TestRecord, Verdict
from reason_tui.tasks.types import AssertCase, CallCase, Task

LOADED = Verdict(status="fail", loaded=True, has_entry_point=True)
RAISED = Failure(type="ValueError", message="")
TASK = Task(id="t", prompt="p", entry_point="f", visible=(CallCase(expected="1"),))
UNTESTED = Task(id="t", prompt="p", entry_point="f")


def records(*outcomes: bool, failure: Failure | None = None, timed_out: bool = False) -> tuple[TestRecord, ...]:
    return tuple(
        TestRecord(test="f()", ok=ok, failure=None if ok else failure, timed_out=not ok and timed_out)
        for ok in outcomes
    )


def verdict(*outcomes: bool, failure: Failure | None = None, timed_out: bool = False) -> Verdict:
    status = "pass" if all(outcomes) else "timeout" if timed_out else "fail"
    return LOADED.model_copy(
        update={"status": status, "records": records(*outcomes, failure=failure, timed_out=timed_out)}
    )


@pytest.mark.parametrize(
    ("found", "reward", "status"),
    [
        (Verdict(status="error", failure=RAISED), 0.1, "error"),
        (Verdict(status="timeout"), 0.1, "timeout"),
        (LOADED.model_copy(update={"status": "error", "has_entry_point": False}), 0.05, "error"),
        (verdict(False, False), 0.2, "failed"),
        (verdict(True, False), 0.6, "partial"),
        (verdict(False, False, failure=RAISED), 0.2, "error"),
        (verdict(False, timed_out=True), 0.2, "timeout"),
        (verdict(True, True), 1.0, "passed"),
    ],
)
def test_a_verdict_has_the_reward_of_the_ladder(found: Verdict, reward: float, status: str):
    assert judge(found, TASK) == (pytest.approx(reward), status)


def test_without_visible_tests_a_program_that_runs_stays_unverified():
    assert judge(LOADED, UNTESTED) == (pytest.approx(0.2), "unverified")
    assert judge(LOADED, TASK) == (pytest.approx(0.2), "failed")


def test_a_missing_entry_point_counts_only_where_the_task_names_one():
    nameless = LOADED.model_copy(update={"status": "error", "has_entry_point": False})
    assert judge(nameless, UNTESTED)[1] == "error"
    assert judge(nameless, Task(id="t", prompt="p"))[1] == "unverified"


@pytest.mark.parametrize("status", ["killed", "lost", "memory", "output", "timeout", "fail", "error"])
def test_a_verdict_that_is_no_pass_never_has_the_full_reward(status: str):
    forged = verdict(True, True).model_copy(update={"status": status})
    reward, word = judge(forged, TASK)
    assert reward < 1.0
    assert word != "passed"


def test_a_task_with_calls_and_asserts_needs_two_jobs_and_their_verdicts_are_one():
    task = Task(
        id="t",
        prompt="p",
        entry_point="f",
        visible=(CallCase(args=("1",), expected="2"), AssertCase(source="assert f(1) > 0")),
    )
    cases, check = visible_jobs(task, "def f(x): return 2", Limits())
    assert (cases.kind, len(cases.cases)) == ("cases", 1)
    assert (check.kind, check.check) == ("check", "assert f(1) > 0")
    merged = merge([verdict(True), verdict(False)])
    assert (merged.status, merged.passed, len(merged.records)) == ("fail", 1, 2)


def test_a_task_without_tests_is_still_loaded():
    (job,) = visible_jobs(Task(id="t", prompt="p", entry_point="f"), "def f(): pass", Limits())
    assert (job.kind, job.cases) == ("cases", ())


def test_programs_that_return_the_same_are_one_group_and_those_that_only_raise_are_in_none():
    def observed(*outputs: str | None) -> Verdict:
        return LOADED.model_copy(
            update={"records": tuple(TestRecord(test="f()", ok=o is not None, got=o) for o in outputs)}
        )

    verdicts = {
        1: observed("0", "1"),
        2: observed(None, None),
        3: observed("0", "2"),
        4: observed("0", "2"),
    }
    assert behaviour_groups(verdicts) == [(3, 4), (1,)]
