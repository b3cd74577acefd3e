"""Inputs that tell programs apart."""

from __future__ import annotations

import ast
import gzip
import json
from pathlib import Path

import pytest

from reason_tui.programs import inputs
from reason_tui.tasks.prompt import read_prompt

HUMANEVAL = Path(__file__).parents[3] / "shared" / "data" / "humaneval" / "HumanEval.jsonl.gz"


def sources(prompt: str) -> set[str]:
    return {case.call("f") for case in inputs(read_prompt(prompt))}


def test_numbers_move_by_one_vanish_change_sign_and_double():
    assert {"f(7)", "f(8)", "f(6)", "f(0)", "f(-7)", "f(14)"} <= sources("f(7) == 1")


def test_strings_and_lists_lose_double_and_reverse():
    assert {"f('ab')", "f('b')", "f('ba')", "f('')", "f('abab')"} <= sources("f('ab') == 1")
    assert {"f([1, 2])", "f([2])", "f([2, 1])", "f([])", "f([1, 2, 1, 2])"} <= sources("f([1, 2]) == 1")


def test_types_are_kept():
    values = {type(ast.literal_eval(case.args[0])) for case in inputs(read_prompt("f((1, 'a'), {'k': 2.5}) == 1"))}
    assert values == {tuple}


def test_keyword_arguments_are_mutated_too():
    assert "f(1, k=3)" in sources("f(1, k=2) == 1")


def test_expected_values_are_left_out():
    assert all(case.expected is None and case.raises is None for case in inputs(read_prompt("f(1) == 2")))


def test_calls_inside_asserts_are_examples():
    assert "f([2])" in sources("assert sorted(f([2])) == [2]")


def test_without_examples_the_annotations_say_what_to_try():
    found = inputs(read_prompt("def f(words: list[str], n: int = 3) -> dict[str, int]: ..."))
    assert len(found) == 30
    assert all(isinstance(word, str) for case in found for word in ast.literal_eval(case.args[0]))
    assert all(len(case.args) == 1 for case in found)


def test_without_annotations_the_names_say_what_to_try():
    found = inputs(read_prompt("def f(text, k): ..."))
    assert {tuple(type(ast.literal_eval(source)) for source in case.args) for case in found} == {(str, int)}


def test_nothing_is_made_up_where_nothing_is_known():
    assert inputs(read_prompt("reverse a string")) == ()
    assert inputs(read_prompt("def f(x: Matrix): ...")) == ()
    assert inputs(read_prompt("def f(x: 'a matrix'): ...")) == ()


def test_large_numbers_are_not_made_larger():
    assert "f(2000000)" not in sources("f(1000000) == 1")


@pytest.mark.skipif(
    not HUMANEVAL.exists(), reason="needs shared-data: the shared HumanEval data are not beside this checkout"
)
def test_nearly_every_humaneval_task_gets_many_inputs_and_the_same_ones_again():
    rows = [json.loads(line) for line in gzip.decompress(HUMANEVAL.read_bytes()).splitlines()]
    tasks = [read_prompt(row["prompt"]) for row in rows]
    found = [inputs(task) for task in tasks]
    assert sum(len(cases) >= 20 for cases in found) >= 140
    assert found == [inputs(task) for task in tasks]
    assert max(map(len, found)) == 30
