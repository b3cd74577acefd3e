"""Examples that name arguments and result apart."""

from __future__ import annotations

import pytest

from reason_tui.tasks.prompt import read_prompt

SIGNATURE = "def f(xs, k): ...\n\n"


def described(text: str) -> list[str]:
    return [case.describe("f") for case in read_prompt(SIGNATURE + text).visible]


@pytest.mark.parametrize(
    "text",
    [
        "Input: xs = [1, 2], k = 3\nOutput: 4\n",
        "Input: k = 3, xs = [1, 2]\nOutput: 4\nExplanation: 1 + 3 = 4\n",
        "**Input:** xs = [1, 2], k = 3\n**Output:** 4\n",
        "    Input: [1, 2], 3\n    Output: 4 # because\n",
        "Input:\n    grid : [1, 2]\n    capacity : 3\nOutput:\n    4\n",
        "For xs = [1, 2], k = 3, the output should be 4.\n",
        "for xs = [1, 2] and k = 3 the result is 4\n",
    ],
)
def test_are_calls(text):
    assert described(text) == ["f([1, 2], 3) == 4"]


def test_follow_each_other_with_words_between_them():
    text = "Example 1:\n\nInput: xs = [], k = 0\nOutput: 0\n\nExample 2:\n\nInput: xs = [\n 1], k = 1\nOutput: 1\n"
    assert described(text) == ["f([], 0) == 0", "f([1], 1) == 1"]


def test_may_name_only_later_parameters():
    assert described("For k = 3 the answer is 4") == ["f(k=3) == 4"]


@pytest.mark.parametrize(
    "text",
    [
        "Input: a list\nOutput: a number\n",
        "Input: xs = [1, 2], k = n\nOutput: 4\n",
        "Input: xs = [1, 2], k = 3\nOutput: four\n",
        "Input: 1, 2, 3\nOutput: 4\n",
        "Input: xs = [1, 2], k = 3\n",
        "Input: nothing = 1\nOutput: 4\n",
        "For x in xs the output should be 4",
        "For xs = [1, 2] do what is right: the output should be 4 times k",
    ],
)
def test_are_left_out_where_a_value_is_no_literal_or_has_no_place(text):
    assert described(text) == []


def test_need_a_signature():
    assert read_prompt("Write f(xs).\nInput: xs = [1]\nOutput: 2\n").visible == ()


def test_give_way_to_a_call_that_is_written_out():
    assert described("f([1], 2) == 5\n\nInput: xs = [1], k = 2\nOutput: 3\n") == ["f([1], 2) == 5"]
