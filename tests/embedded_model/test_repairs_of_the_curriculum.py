"""Broken programs: each fails, and the feedback in the prompt is what running it shows."""

from __future__ import annotations

import random

from embedded_model.curriculum import catalogue, execution
from embedded_model.curriculum.chains import Unsuitable
from embedded_model.curriculum.problems import cases
from embedded_model.curriculum.repairs import wrong_program
from embedded_model.curriculum.shapes import task_of

from reason_tui.prompts import feedback
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import CallCase, Task

CASES = (CallCase(args=("[1, 2]",), expected="3"), CallCase(args=("[]",), expected="0"))


def test_a_wrong_program_fails_a_visible_test_in_many_ways():
    kinds = set()
    for task, wrong, verdict in _wrong(400):
        assert verdict.status != "pass"
        assert not wrong.endswith("\n")
        kinds.add(_kind(verdict))
        if verdict.status != "timeout":
            again = execution.run(wrong, task.entry_point, tuple(task.visible))
            assert (again.status, again.passed, again.failure) == (verdict.status, verdict.passed, verdict.failure)
    assert kinds == {"value", "exception", "load", "missing", "timeout"}


def _wrong(count: int) -> list[tuple[Task, str, Verdict]]:
    rng = random.Random(5)
    found = []
    while len(found) < count:
        try:
            problem, chain = catalogue.draw(rng, catalogue.group_of(rng))
            task, program = task_of(rng, problem, cases(rng, problem, 3), "t")
            found.append((task, *wrong_program(rng, problem, task, program, chain)))
        except Unsuitable:
            continue
    return found


def _kind(verdict: Verdict) -> str:
    if verdict.status == "timeout":
        return "timeout"
    if not verdict.loaded:
        return "load"
    if not verdict.has_entry_point:
        return "missing"
    return "exception" if verdict.failure else "value"


def test_a_wrong_value_is_told_with_the_call_and_what_was_expected():
    verdict = execution.run("def total(xs):\n    return len(xs)", "total", CASES)
    assert feedback(verdict, "total") == "1 of 2 tests pass.\ntotal([1, 2]) returned 2, expected 3"


def test_an_exception_is_told_with_its_line():
    verdict = execution.run("def total(xs):\n    return max(xs) + 1", "total", CASES)
    assert "raised ValueError" in feedback(verdict, "total")
    assert "at line 2: return max(xs) + 1; expected 0" in feedback(verdict, "total")


def test_a_program_that_does_not_load_is_told_so():
    verdict = execution.run("def total(xs)\n    return 1", "total", CASES)
    assert feedback(verdict, "total") == (
        "The program does not load: SyntaxError: expected ':', at line 1: def total(xs)"
    )


def test_true_is_not_taken_for_one():
    verdict = execution.run("def f(x):\n    return x > 0", "f", (CallCase(args=("3",), expected="1"),))
    assert verdict.status == "fail"
