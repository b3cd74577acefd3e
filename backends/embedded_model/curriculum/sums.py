"""The arithmetic of the curriculum: what is trained, and what is kept to measure it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import product
from typing import Literal, NamedTuple

from embedded_model.curriculum.arithmetic import Solved, Step, all_trained, is_held_out, may_train
from embedded_model.curriculum.drills import asked, drill
from embedded_model.curriculum.slips import wrong_solution
from embedded_model.curriculum.stories import story
from reason_tui.prompts import math_reply, revise_math, solve_math

DRILL_SHARE = 0.45
STORY_SHARE = 0.40
HELD_PER_KIND = 200

HeldKind = Literal["sum", "difference", "product", "table", "one-step", "two-step"]


class Lesson(NamedTuple):
    """A training example: the prompt, and the whole reply.

    `kind`: drill, chain, one-step, two-step, three-step or revision; `key`: see `Solved`.
    """

    kind: str
    key: str
    user: str
    reply: str


class HeldOut(NamedTuple):
    """A problem that was never trained on, except in the kind `table`: all products of two digits."""

    id: str
    kind: HeldKind
    problem: str
    answer: int


def as_drawn(solved: Solved) -> Solved:
    """One step for each operation."""
    return solved


def math_example(rng: random.Random, write: Callable[[Solved], Solved] = as_drawn) -> Lesson:
    """A drill, a word problem or a revision, its steps as `write` writes them; nothing in it is held out."""
    draw = rng.random()
    if draw < DRILL_SHARE + STORY_SHARE:
        solved = _allowed(rng, draw < DRILL_SHARE, write)
        return Lesson(solved.kind, solved.key, solve_math(solved.problem).messages[-1].content, _reply(solved))
    while True:
        solved = _allowed(rng, rng.random() < DRILL_SHARE, write)
        wrong = wrong_solution(rng, solved)
        if wrong and all_trained(wrong.steps):
            prompt = revise_math(solved.problem, wrong.solution, wrong.feedback)
            return Lesson("revision", solved.key, prompt.messages[-1].content, _reply(solved))


def math_heldout(seed: int) -> list[HeldOut]:
    """The problems to measure with: up to 200 of a kind.

    Sums and differences are of one- and two-digit numbers, negative results included. `product` is the held-out
    products of digits, each in the order that was not trained; `table` is all hundred products of digits: the rest of
    that table was trained.
    """
    rng = random.Random(f"math-{seed}")
    found = [_asked(rng, kind, step) for kind, steps in _facts(rng) for step in steps]
    return [*found, *_stories(rng, "one-step", 1), *_stories(rng, "two-step", 2)]


def _allowed(rng: random.Random, bare: bool, write: Callable[[Solved], Solved]) -> Solved:
    while True:
        solved = write(drill(rng) if bare else story(rng))
        if may_train(solved):
            return solved


def _reply(solved: Solved) -> str:
    return math_reply([step.text for step in solved.steps], str(solved.answer))


def _facts(rng: random.Random) -> Iterator[tuple[HeldKind, list[Step]]]:
    kinds: tuple[tuple[HeldKind, str], ...] = (("sum", "+"), ("difference", "-"))
    for kind, operator in kinds:
        steps = [Step(a, operator, b) for a, b in product(range(100), repeat=2)]
        held = [step for step in steps if is_held_out(step.key)]
        yield kind, rng.sample(held, HELD_PER_KIND)
    table = [Step(a, "*", b) for a, b in product(range(10), repeat=2)]
    yield "product", [step for step in table if is_held_out(step.key)]
    yield "table", table


def _asked(rng: random.Random, kind: HeldKind, step: Step) -> HeldOut:
    solved = asked(rng, step)
    return HeldOut(f"math/{kind}/{step.left}{step.operator}{step.right}", kind, solved.problem, solved.answer)


def _stories(rng: random.Random, kind: HeldKind, steps: int) -> list[HeldOut]:
    found: dict[str, HeldOut] = {}
    while len(found) < HELD_PER_KIND:
        solved = story(rng, steps)
        if is_held_out(solved.key):
            name = f"math/{kind}/{solved.key.replace(' ', '-')}"
            found.setdefault(solved.key, HeldOut(name, kind, solved.problem, solved.answer))
    return list(found.values())
