"""Wrong solutions as a small model writes them, and what is said about them."""

from __future__ import annotations

import random
from typing import NamedTuple

from embedded_model.curriculum.arithmetic import Solved, Step
from reason_tui.prompts import math_reply, wrong_answer, wrong_step

SLIP_SHARE = 0.7
"""The part of the wrong solutions in which a step does not compute."""


class Wrong(NamedTuple):
    """A wrong solution, the steps it takes (the slip with its exact value) and its feedback."""

    steps: tuple[Step, ...]
    solution: str
    feedback: str


def wrong_solution(rng: random.Random, solved: Solved) -> Wrong | None:
    """One step miscalculated, or exact steps to another answer; None where the draw found none."""
    if rng.random() < SLIP_SHARE:
        return _miscalculated(rng, solved)
    steps = _misled(rng, solved)
    if not steps or steps[-1].value == solved.answer:
        return None
    return Wrong(steps, math_reply([step.text for step in steps], str(steps[-1].value)), wrong_answer())


def _miscalculated(rng: random.Random, solved: Solved) -> Wrong | None:
    """A slip in one step, carried on through the steps after it."""
    at = rng.randrange(len(solved.steps))
    slip = solved.steps[at]
    wrong = _slipped(rng, slip)
    if wrong == slip.value:
        return None
    after = _carried(solved.steps[at + 1 :], slip.value, wrong)
    if after is None:
        return None
    told = (*(step.text for step in solved.steps[:at]), slip.told(wrong), *(step.text for step in after))
    answer = after[-1].value if after else wrong
    steps = (*solved.steps[: at + 1], *after)
    return Wrong(steps, math_reply(told, str(answer)), wrong_step(slip.told(wrong), str(slip.value)))


def _slipped(rng: random.Random, step: Step) -> int:
    """Off by one, by ten, a neighbour in the table, digits swapped, or the value of another operator."""
    value = step.value
    kind = rng.random()
    if kind < 0.4:
        return value + rng.choice((-2, -1, -1, 1, 1, 2))
    if kind < 0.65 and abs(value) > 9:
        return value + rng.choice((-10, 10))
    if kind < 0.75 and step.operator == "*":
        return value + rng.choice((-step.left, step.left, -step.right, step.right))
    if kind < 0.85 and value > 9:
        return int(str(value)[::-1])
    other = Step(step.left, {"+": "-", "-": "+", "*": "+", "/": "-"}[step.operator], step.right)
    return other.value


def _carried(steps: tuple[Step, ...], right: int, wrong: int) -> tuple[Step, ...] | None:
    """The steps with `wrong` wherever the solution used `right`; None where they are not exact any more."""
    values, carried = {right: wrong}, []
    for step in steps:
        left, other = values.get(step.left, step.left), values.get(step.right, step.right)
        if step.operator == "/" and (other == 0 or left % other):
            return None
        carried.append(Step(left, step.operator, other))
        values[step.value] = carried[-1].value
    return tuple(carried)


def _misled(rng: random.Random, solved: Solved) -> tuple[Step, ...] | None:
    """A wrong operator, or the last step left out."""
    at = rng.randrange(len(solved.steps))
    if len(solved.steps) > 1 and rng.random() < 0.3:
        return solved.steps[:-1]
    step = solved.steps[at]
    operator = rng.choice({"+": "--*", "-": "+", "*": "++-", "/": "*-"}[step.operator])
    swapped = Step(step.left, operator, step.right)
    if abs(swapped.value) > 999:
        return None
    after = _carried(solved.steps[at + 1 :], step.value, swapped.value)
    return None if after is None else (*solved.steps[:at], swapped, *after)
