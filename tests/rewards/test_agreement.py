"""Choosing where no test helps: agreement, CodeT, and the policy's own ranking."""

from __future__ import annotations

import math

import pytest

from reason_tui.rewards import agreement_scores, behaviour_groups, said
from reason_tui.rewards.agreement import canonical
from reason_tui.rewards.codet import consensus
from reason_tui.rewards.critique import blend, opinion, ranking
from reason_tui.rewards.disagreement import differences, smaller
from reason_tui.sandbox.types import Failure, TestRecord, Verdict
from reason_tui.tasks.types import CallCase

RAISES = Failure(type="IndexError", message="")


def outputs(*values: str | None) -> Verdict:
    """What a program did with each input: a value, or None where it raised."""
    records = (TestRecord(test="f()", ok=v is not None, got=v, failure=None if v else RAISES) for v in values)
    return Verdict(status="pass", records=tuple(records), loaded=True, has_entry_point=True)


def test_the_score_counts_others_that_say_the_same_and_none_that_raise():
    verdicts = {1: outputs("1", "2"), 2: outputs("1", "3"), 3: outputs(None, None)}
    assert agreement_scores(verdicts, {}) == {1: 0.25, 2: 0.25, 3: 0.0}


def test_a_program_that_was_sampled_often_agrees_with_itself():
    verdicts = {1: outputs("1"), 2: outputs("2")}
    assert agreement_scores(verdicts, {1: 3}) == {1: pytest.approx(2 / 3), 2: 0.0}


def test_sets_and_dictionaries_are_the_same_in_any_order():
    assert canonical("{'b', 'a'}") == canonical("{'a', 'b'}")
    assert canonical("[{2: 1, 1: {3, 2}}]") == canonical("[{1: {2, 3}, 2: 1}]")
    assert canonical("[2, 1]") != canonical("[1, 2]")
    assert len(behaviour_groups({1: outputs("{'b', 'a'}"), 2: outputs("{'a', 'b'}")})) == 1


def test_what_cannot_be_read_back_is_not_known():
    assert said(TestRecord(test="f()", ok=True, got="<object object>")) is None
    assert said(TestRecord(test="f()", ok=False, failure=RAISES)) == "! IndexError"


def test_the_best_question_separates_two_values_by_the_smallest_input():
    cases = [CallCase(args=(source,)) for source in ("[1, 2, 3]", "[]", "[5]", "[1, 2]")]
    verdicts = {1: outputs("1", None, "1", "1"), 2: outputs("2", "0", "1", "2")}
    found = differences(cases, verdicts, {})
    assert [each.case.args for each in found] == [("[1, 2]",), ("[1, 2, 3]",), ("[]",)]
    assert [nodes for _, nodes in found[0].groups] == [(1,), (2,)]


def test_smaller_inputs_are_smaller_and_of_the_same_kind():
    found = smaller(CallCase(args=("[10, 20, 30]", "'abc'")), 40)
    assert found
    assert all(len("".join(case.args)) < len("[10, 20, 30]'abc'") for case in found)
    assert all(case.args[0].startswith("[") and case.args[1][0] in "'\"" for case in found)


def test_a_group_that_agrees_beats_a_program_that_passes_more_tests_alone():
    passed = {1: frozenset({0, 1, 2, 3}), 2: frozenset({0, 1, 4}), 3: frozenset({0, 1, 4}), 4: frozenset({0, 1, 4})}
    best, second = consensus(passed, {})
    assert (best.nodes, second.nodes) == ((2, 3, 4), (1,))
    assert best.score == pytest.approx(math.sqrt(3) * 3)
    assert second.score == pytest.approx(4.0)


def test_samples_and_not_distinct_programs_are_counted():
    passed = {1: frozenset({0, 1}), 2: frozenset({0})}
    assert consensus(passed, {2: 9})[0].nodes == (2,)
    assert consensus({}, {}) == []


@pytest.mark.parametrize(
    ("reply", "order"),
    [
        ("2 1 3", (1, 0, 2)),
        ("Program 3 is best, then 1.", (2, 0, 1)),
        ("3 3 9 0", (2, 0, 1)),
        ("none", None),
        ("", None),
    ],
)
def test_a_ranking_out_of_a_reply(reply: str, order: tuple[int, ...] | None):
    assert ranking(reply, 3) == order


def test_opinions_lie_between_zero_and_one_and_are_blended():
    assert [opinion(at, 4) for at in range(4)] == [1.0, pytest.approx(2 / 3), pytest.approx(1 / 3), 0.0]
    assert opinion(0, 1) == 0.5
    assert blend(0.2, 1.0, 0.5) == pytest.approx(0.6)
