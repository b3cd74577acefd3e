"""Sums written out as one does on paper: the tens, then the units, each a step of its own.

`47 + 38` is `47 + 30 = 77`, `77 + 8 = 85`. To know all sums of two digits at once is to know ten thousand; to know
these steps is to add a digit in one place, now and then with a carry.
"""

from __future__ import annotations

from dataclasses import replace

from embedded_model.curriculum.arithmetic import Solved, Step


def written_out(solved: Solved) -> Solved:
    """The same problem, each of its steps in parts."""
    return replace(solved, steps=tuple(part for step in solved.steps for part in in_parts(step)))


def in_parts(step: Step) -> tuple[Step, ...]:
    """Steps to the value of this one, which is the last one's.

    A difference below zero is found the other way round first. A product of a digit and a longer number is that of
    the tens, that of the units, and their sum. Everything else stays one step.
    """
    if min(step.left, step.right) < 0 or step.operator == "/":
        return (step,)
    if step.operator == "*":
        return _product(step)
    if step.operator == "-" and 0 < step.left < step.right:
        return (*_by_places(step.right, "-", step.left), step)
    return _by_places(step.left, step.operator, step.right)


def _by_places(left: int, operator: str, right: int) -> tuple[Step, ...]:
    steps, value = [], left
    for part in _places(right) or [0]:
        steps.append(Step(value, operator, part))
        value = steps[-1].value
    return tuple(steps)


def _product(step: Step) -> tuple[Step, ...]:
    digit, longer = sorted((step.left, step.right))
    if not (1 < digit < 10 < longer and longer % 10):
        return (step,)
    tens, units = Step(longer - longer % 10, "*", digit), Step(longer % 10, "*", digit)
    return (tens, units, *_by_places(tens.value, "+", units.value))


def _places(number: int) -> list[int]:
    """38 → [30, 8]."""
    digits = str(number)
    return [int(digit) * 10 ** (len(digits) - at) for at, digit in enumerate(digits, 1) if digit != "0"]
