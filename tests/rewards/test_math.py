"""Worked solutions: what a step is, whether it computes, exactly, and what a solution earns."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reason_tui.programs.arithmetic import answer, number, same_answer, steps, written
from reason_tui.rewards import answer_groups, check_solution, judge, what_is_wrong
from reason_tui.tasks.gsm8k import read_gsm8k
from reason_tui.tasks.math import read_problem

GSM8K = Path(__file__).parents[3] / "shared" / "data" / "gsm8k" / "test.jsonl"
TASK = read_problem("How many?", "18")
OPEN = read_problem("How many?")
FRACTIONS = st.builds(Fraction, st.integers(-999, 999), st.integers(1, 400))
GOOD = "16 - 3 - 4 = 9\n9 * 2 = 18\n#### 18"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("So 3 * 4 = 12 apples.", [("3 * 4 = 12", True)]),
        ("7 * 8 = 54", [("7 * 8 = 54", False)]),
        ("0.1 + 0.2 = 0.3", [("0.1 + 0.2 = 0.3", True)]),
        ("1/3 + 1/6 = 1/2", [("1/3 + 1/6 = 1/2", True)]),
        ("10 / 3 = 3.33", [("10 / 3 = 3.33", True)]),
        ("10 / 3 = 3.34", [("10 / 3 = 3.34", False)]),
        ("10 / 3 = 3", [("10 / 3 = 3", False)]),
        ("10 / 4 = 2.4", [("10 / 4 = 2.4", False)]),
        ("$1,200 * 2 = $2,400", [("$1,200 * 2 = $2,400", True)]),
        ("20% * 50 = 10", [("20% * 50 = 10", True)]),
        ("50% * 50% = 25%", [("50% * 50% = 25%", True)]),
        ("3 x 4 = 12", [("3 * 4 = 12", True)]),
        ("3 1/2 - 2 = 1 1/2", [("3 1/2 - 2 = 1 1/2", True)]),
        ("2 + 2 = 4 = 5", [("2 + 2 = 4", True)]),
        ("2 ** 3 = 8", [("2 ** 3 = 8", True)]),
        ("she has <<16-3-4=9>>9 = 10 - 2 = 8", [("16-3-4 = 9", True)]),
        ("In 2010, 5 - 3 = 2", [("5 - 3 = 2", True)]),
        ("1 / 0 = 3", [("1 / 0 = 3", False)]),
        ("x + 4 - 4 = 28", []),
        ("x = 3", []),
        ("a = b", []),
        ("9 ** 9 ** 9 = 1", [("9 ** 9 ** 9 = 1", False)]),
    ],
)
def test_steps_of_a_line(line: str, found: list[tuple[str, bool]]):
    assert [(step.text, step.ok) for step in steps(line)] == found


@given(st.text(alphabet="0123456789+-*/=().,%$ x<>#\n^", max_size=60))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_text_is_read(text: str):
    for step in steps(text):
        assert step.ok in (True, False)
    answer(text)


@given(FRACTIONS, FRACTIONS, st.sampled_from("+-*/"))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_step_that_computes_is_one_and_its_neighbour_is_not(a: Fraction, b: Fraction, sign: str):
    if sign == "/" and b == 0:
        return
    value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else Fraction(0)}[sign]
    (step,) = steps(f"({written(a)}) {sign} ({written(b)}) = {written(value)}")
    assert step.value == value and step.ok
    (wrong,) = steps(f"({written(a)}) {sign} ({written(b)}) = {written(value + 1)}")
    assert not wrong.ok


@given(FRACTIONS)
def test_a_number_reads_back(value: Fraction):
    assert number(written(value)) == value


def test_the_answer_is_what_follows_the_mark():
    assert answer(GOOD) == "18"
    assert answer("so \\boxed{3/4} it is") == "3/4"
    assert answer("16 - 3 = 13") is None


@pytest.mark.parametrize(
    ("given", "expected", "same"),
    [
        ("18", "18.0", True),
        ("$1,800", "1800", True),
        ("0.75", "3/4", True),
        ("18 eggs", "18", True),
        ("17", "18", False),
        ("Paris.", "paris", True),
        ("", "18", False),
    ],
)
def test_answers_that_are_the_same(given: str, expected: str, same: bool):
    assert same_answer(given, expected) is same


@pytest.mark.parametrize(
    ("text", "reward", "status"),
    [
        (GOOD, 1.0, "passed"),
        ("16 - 3 - 4 = 8\n9 * 2 = 18\n#### 18", 0.75, "partial"),
        ("16 - 3 - 4 = 9\n9 * 3 = 27\n#### 27", 0.5, "partial"),
        ("9 * 2 = 17\n#### 17", 0.0, "failed"),
        ("16 - 3 - 4 = 9", 0.5, "failed"),
        ("#### 18", 1.0, "passed"),
    ],
)
def test_half_for_the_steps_and_half_for_the_answer(text: str, reward: float, status: str):
    assert judge(check_solution(text, TASK), TASK) == (pytest.approx(reward), status)


def test_without_a_known_answer_steps_that_compute_are_unverified_and_others_are_to_be_revised():
    assert judge(check_solution(GOOD, OPEN), OPEN) == (0.5, "unverified")
    assert judge(check_solution("16 - 3 = 12\n12 * 2 = 24\n#### 24", OPEN), OPEN) == (0.25, "partial")


def test_what_is_wrong_is_the_first_step_that_does_not_compute():
    assert what_is_wrong(check_solution("1 + 1 = 2\n7 * 8 = 54\n2 * 2 = 5\n#### 18", TASK)) == ("7 * 8 = 54", "56")
    assert what_is_wrong(check_solution("1 + 1 = 2\n#### 2", TASK)) is None


def test_solutions_agree_by_their_answer():
    texts = {1: "#### 18", 2: "9 * 2 = 18\n#### 18.0", 3: "#### 17", 4: "no answer"}
    assert answer_groups(texts) == [(1, 2), (3,)]


def test_the_published_solutions_compute():
    if not GSM8K.exists():
        pytest.skip("needs shared data: gsm8k/test.jsonl")
    found = [step for graded in read_gsm8k(GSM8K) for step in steps(graded.reference)]
    wrong = [step for step in found if not step.ok]
    assert len(found) > 4000
    assert len(wrong) < 0.005 * len(found), "a few of the published steps are wrong, or leave out their unit"
    for graded in read_gsm8k(GSM8K):
        final = answer(graded.reference)
        assert final is not None and same_answer(final, graded.hidden.answer)
