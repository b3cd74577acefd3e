"""The arithmetic of the curriculum: exact, without what is held out, and told as the app tells it."""

from __future__ import annotations

import random
import re
from collections import Counter
from functools import cache

from embedded_model.curriculum.arithmetic import Step, is_held_out
from embedded_model.curriculum.slips import wrong_solution
from embedded_model.curriculum.stories import story, told
from embedded_model.curriculum.story_templates import ONE_STEP, THREE_STEPS, TWO_STEPS
from embedded_model.curriculum.sums import Lesson, math_example, math_heldout
from embedded_model.math_evaluation import answer_of, tally

from reason_tui.prompts import solve_math

DRAWS = 20_000
STEP = re.compile(r"^(-?\d+) ([-+*/]) (-?\d+) = (-?\d+)$", re.MULTILINE)
WRONG = re.compile(r"^(-?\d+) ([-+*/]) (-?\d+) = (-?\d+) is wrong: (-?\d+) ([-+*/]) (-?\d+) = (-?\d+)\.$", re.MULTILINE)


@cache
def lessons() -> tuple[Lesson, ...]:
    rng = random.Random(7)
    return tuple(math_example(rng) for _ in range(DRAWS))


def steps_in(text: str) -> list[tuple[Step, int]]:
    return [(Step(int(a), operator, int(b)), int(told)) for a, operator, b, told in STEP.findall(text)]


def test_every_step_of_every_reply_is_exact_and_the_last_is_the_answer() -> None:
    for lesson in lessons():
        steps = steps_in(lesson.reply)
        assert len(steps) == lesson.reply.count("\n") > 0, lesson
        assert all(step.value == told for step, told in steps), lesson
        assert answer_of(lesson.reply) == steps[-1][0].value, lesson


def test_no_held_out_problem_or_step_is_ever_drawn() -> None:
    for lesson in lessons():
        assert not is_held_out(lesson.key), lesson
        steps = [step for step, _ in steps_in(f"{lesson.user}\n{lesson.reply}")]
        assert not any(is_held_out(step.key) for step in steps), lesson


def test_the_feedback_of_a_revision_names_the_first_wrong_step_and_its_exact_value() -> None:
    told = Counter(bool(WRONG.search(lesson.user)) for lesson in lessons() if lesson.kind == "revision")
    assert told[True] > told[False] > 0
    for lesson in lessons():
        if lesson.kind != "revision":
            continue
        shown = steps_in(lesson.user)
        first = next(((step, value) for step, value in shown if step.value != value), None)
        said = WRONG.search(lesson.user)
        if said is None:
            assert first is None and "The steps do not lead to the answer." in lesson.user
            assert answer_of(lesson.user) != answer_of(lesson.reply), lesson
        else:
            a, operator, b, value = said.groups()[:4]
            assert first == (Step(int(a), operator, int(b)), int(value)), lesson
            assert int(said.group(8)) == first[0].value, lesson


def test_a_slip_is_carried_through_the_steps_after_it() -> None:
    rng = random.Random(3)
    solved = next(found for found in iter(lambda: story(rng, 2), None) if found.steps[1].left == found.steps[0].value)
    for _ in range(200):
        wrong = wrong_solution(rng, solved)
        if wrong and "is wrong" in wrong.feedback:
            (_, first), (second, _) = steps_in(wrong.solution)
            assert second.left == first, wrong
            return
    raise AssertionError("no slip in 200 draws")


def test_every_template_can_be_told_in_every_wording_with_all_its_numbers() -> None:
    rng = random.Random(5)
    for template in (*ONE_STEP, *TWO_STEPS, *THREE_STEPS):
        for text in template.texts:
            assert {f"{{{part[0]}}}" for part in template.numbers.split()} <= set(re.findall(r"\{\w\}", text)), text
            problem = told(rng, template._replace(texts=(text,))).problem
            assert not re.search(r"[{}]", problem) and problem.endswith("?"), problem


def test_the_shares_of_drills_word_problems_and_revisions_are_as_planned() -> None:
    kinds = Counter(lesson.kind for lesson in lessons())
    assert 0.43 < (kinds["drill"] + kinds["chain"]) / DRAWS < 0.47
    assert 0.13 < kinds["revision"] / DRAWS < 0.17
    assert len({lesson.user for lesson in lessons()}) > 0.9 * DRAWS


def test_held_out_problems_are_held_out_and_the_same_for_a_seed() -> None:
    items = math_heldout(1)
    assert items == math_heldout(1) != math_heldout(2)
    counts = Counter(item.kind for item in items)
    assert {kind: counts[kind] for kind in ("sum", "difference", "one-step", "two-step", "table")} == {
        "sum": 200, "difference": 200, "one-step": 200, "two-step": 200, "table": 100,
    }  # fmt: skip
    assert len({item.id for item in items}) == len(items)
    trained = {lesson.user for lesson in lessons()}
    untaught = [item for item in items if item.kind != "table"]
    assert not any(solve_math(item.problem).messages[-1].content in trained for item in untaught)


def test_about_five_of_a_hundred_facts_are_held_out_in_both_orders_of_longer_numbers() -> None:
    facts = [Step(a, "+", b) for a in range(10, 100) for b in range(10, 100)]
    held = {(step.left, step.right) for step in facts if is_held_out(step.key)}
    assert 0.04 < len(held) / len(facts) < 0.06
    assert all((b, a) in held for a, b in held)
    assert not is_held_out("7 * 7")


def test_the_figures_count_the_number_after_the_mark() -> None:
    items = [item for item in math_heldout(1) if item.kind == "sum"][:2]
    replies = [f"1 + 1 = 2\n#### {items[0].answer}", f"#### {items[1].answer} dollars"]
    assert tally(items, replies) == {"sum": {"n": 2, "greedy": 0.5}}
