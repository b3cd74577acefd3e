"""Tests that a model wrote: read out of its replies, and what the programs that pass the same of them are worth."""

from __future__ import annotations

import math

import pytest

from reason_tui.rewards.codet import MAX_TESTS, Consensus, consensus, scores, written_tests

MESSY = (
    "assert f(1) == 2\nassert f(-1) == 0, 'below'\n# and so on\nprint(f(3))\nassert f(x) == 1\n"
    "assert g(1) == 1\nassert f([1,\nassert 2 == f(1)\nassert f(9) is None\nassert f(4) == [5\n```\nassert f(7) == 7"
)


def told(*replies: str) -> list[str]:
    return [case.describe("f") for case in written_tests(replies, "f")]


def test_only_plain_tests_of_the_function_are_read_each_once():
    assert told(MESSY) == ["f(1) == 2", "f(-1) == 0", "f(9) == None"]
    assert told("assert f(1) == 2", "assert f(1) == 3", "assert f(1) == 2") == ["f(1) == 2", "f(1) == 3"]
    assert told("", "I cannot.", "assert") == []


def test_a_model_that_runs_on_is_not_followed():
    assert len(told("\n".join(f"assert f({i}) == {i}" for i in range(99)))) == MAX_TESTS
    assert told(f"assert f({'1' * 500}) == 2") == []


def test_a_group_that_passes_more_is_worth_more_and_agreement_decides_between_equals():
    groups = [Consensus((1, 2), frozenset({0, 1}), math.sqrt(2) * 2), Consensus((3,), frozenset(), 0.0)]
    found = scores(groups, {}, 2, {1: 0.1, 2: 0.9, 3: 1.0})
    assert found[2] > found[1] > found[3]
    assert found[1] == pytest.approx(math.sqrt(2 / 3), abs=2e-3)
    assert all(0.0 <= value <= 1.0 for value in found.values())


def test_the_order_of_the_groups_is_the_order_of_their_scores():
    passed = {1: frozenset({0}), 2: frozenset({0, 1, 2}), 3: frozenset({1}), 4: frozenset({0})}
    groups = consensus(passed, {3: 5})
    worth = scores(groups, {3: 5}, 3, {})
    values = [worth[group.nodes[0]] for group in groups]
    assert values == sorted(values, reverse=True)


def test_one_sample_of_everything_that_passes_everything_is_worth_one():
    assert scores(consensus({1: frozenset({0, 1})}, {1: 4}), {1: 4}, 2, {1: 1.0}) == {1: 1.0}
