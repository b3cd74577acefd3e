"""Tests that are typed or kept in a file are read strictly."""

from __future__ import annotations

import pytest

from reason_tui.errors import TaskError
from reason_tui.tasks.prompt import read_prompt

PROMPT = "def f(x): ..."


def described(tests: str, prompt: str = PROMPT) -> list[str]:
    return [case.describe("f") for case in read_prompt(prompt, tests).visible]


def test_lines_asserts_doctests_and_comments_may_be_mixed():
    tests = "# the easy ones\nf(1) == 2\nassert f(2) == 3\n\n>>> f(3)\n4\nf(4) -> 5\nf(-1) raises ValueError\n"
    assert described(tests) == ["f(1) == 2", "f(2) == 3", "f(3) == 4", "f(4) == 5", "f(-1) raises ValueError"]


def test_a_statement_may_run_over_several_lines():
    assert described("f(\n  1,\n) == [\n2]\nf(3) == 4") == ["f(1) == [2]", "f(3) == 4"]


def test_a_pytest_file_gives_its_asserts():
    tests = (
        "from solution import f\n\ndef test_small():\n    xs = [1]\n    assert f(xs) == 2\n    assert f(xs + [1]) > 2\n"
    )
    assert described(tests) == ["f([1]) == 2", "f([1] + [1]) > 2"]


def test_a_json_list_gives_calls():
    assert described('[[[1], 2], [["a"], {"k": [true, null, 1.5]}]]') == [
        "f(1) == 2",
        "f('a') == {'k': [True, None, 1.5]}",
    ]


def test_tests_come_beside_those_of_the_prompt_and_overrule_them():
    assert described("f(1) == 5\nf(2) == 6", "def f(x): ...\n\nf(1) == 2\nf(0) == 0") == [
        "f(1) == 5",
        "f(0) == 0",
        "f(2) == 6",
    ]


def test_blank_tests_are_no_tests():
    assert described(" \n ") == []


@pytest.mark.parametrize(
    ("tests", "line", "why"),
    [
        ("f(1) == 2\nf(1) 2", 2, "it is no call of f with an expected value"),
        ("f(1) == 2\n\n\nf(3", 4, "a bracket in it is never closed"),
        ("garbage", 1, "it is no call of f"),
        ("f(1)", 1, "it says no expected value"),
        (">>> f(1)\n", 1, "it says no expected value"),
        ("g(1) == 2", 1, "it does not call f"),
        ("f(1) == hello", 1, "it uses hello, which is not defined"),
        ("import math\nassert f(1) == math.pi", 2, "it uses math"),
        (">>> f(1)\n2\n>>> f(2)\nx y", 3, "`x y` is not a Python literal"),
        ("f(1) == 2\nf(1) == 3", 2, "line 1 says otherwise: f(1) == 2"),
        ("[oops", 1, "it is not JSON"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line_the_reason_and_the_forms(tests, line, why):
    with pytest.raises(TaskError) as caught:
        read_prompt(PROMPT, tests)
    assert f"line {line} " in caught.value.what
    assert why.lower() in caught.value.why.lower()
    assert "f(1) == 2" in caught.value.hint


@pytest.mark.parametrize("tests", ["[[1, 2]]", "[[[1], 2, 3]]", "[3]"])
def test_a_json_entry_of_another_shape_is_named(tests):
    with pytest.raises(TaskError, match="Test 1 cannot be used"):
        read_prompt(PROMPT, tests)


def test_json_tests_need_a_function_that_has_a_name():
    with pytest.raises(TaskError, match="which function"):
        read_prompt("reverse a string", "[[[1], 2]]")


def test_an_open_bracket_is_named_though_no_function_is_known():
    with pytest.raises(TaskError, match="line 2") as caught:
        read_prompt("reverse a string", '\nrev(("abc") == 3')
    assert "never closed" in caught.value.why


def test_tests_that_call_nothing_need_a_function_that_has_a_name():
    with pytest.raises(TaskError, match="line 1"):
        read_prompt("reverse a string", "1 == 1")
