"""What became of a repair, told from what it shows in the tests."""

from __future__ import annotations

import pytest
from embedded_model.comparison import Failure, all_cases, visible_cases
from embedded_model.grading import grade
from embedded_model.repairs import OUTCOMES, feedbacks, outcome

from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests, Task

WRONG = "def total(xs):\n    return max(xs)"
TASK = GradedTask(
    task=Task(
        id="total",
        prompt="Return the sum of a list.",
        entry_point="total",
        visible=(CallCase(args=("[1, 2]",), expected="3"), CallCase(args=("[4]",), expected="4")),
    ),
    hidden=HiddenTests(cases=(CallCase(args=("[]",), expected="0"), CallCase(args=("[5, 5, 5]",), expected="15"))),
    reference="def total(xs):\n    return sum(xs)",
)


def failure() -> Failure:
    return Failure(TASK, WRONG, grade([(WRONG, "total", visible_cases(TASK))])[0])


@pytest.mark.parametrize(
    ("expected", "program"),
    [
        ("right", "def total(xs):\n    return sum(xs)"),
        ("visible", "def total(xs):\n    return sum(xs[:2])"),
        ("program", "def total(xs):\n\n    return max(xs)  # again"),
        ("answers", "def total(xs):\n    return xs[-1]"),
        ("wrong", "def total(xs):\n    return xs[0]"),
        ("error", "def total(xs):\n    return sum(ys)"),
        ("error", "def total(xs:"),
    ],
)
def test_each_outcome_is_told_from_the_others(expected: str, program: str):
    assert list(OUTCOMES) == ["right", "visible", "program", "answers", "wrong", "error"]
    visible, whole = grade([(program, "total", cases(TASK)) for cases in (visible_cases, all_cases)])
    assert outcome(failure(), program, visible, whole) == expected


def test_a_failure_is_told_the_truth_then_that_of_hidden_tests_then_what_another_is_told():
    other = Failure(TASK, "def total(xs):\n    return 7", grade([("def total(xs):\n    return 7", "total", ())])[0])
    own, unseen, foreign = feedbacks([failure(), other]).values()
    assert [record.got for record in own[0].records] == ["2", "4"]
    assert unseen[0].failure is not None
    assert unseen[0].failure.type == "ValueError"
    assert foreign == [other.verdict, own[0]]
