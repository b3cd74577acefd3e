"""Sheets of arithmetic: many sums and differences in one problem, each written out.

A drill has a prompt of some fifty tokens for one sum. Most of a sheet's tokens are steps, so the same time shows
several times as many of them.
"""

from __future__ import annotations

import random

from embedded_model.curriculum.arithmetic import Step, all_trained, is_held_out
from embedded_model.curriculum.drills import product_of
from embedded_model.curriculum.sums import Lesson
from embedded_model.curriculum.written import in_parts
from reason_tui.prompts import math_reply, solve_math

PROBLEMS = (5, 9)
"""Fewest and most problems of a sheet."""
_KINDS = {"+": 0.47, "-": 0.45, "*": 0.08}
_NEGATIVE = 0.4
_SMALL = 0.12
"""How often a number has one digit even where two are asked for."""
_TITLES = (
    "Compute each of these: {}.", "Calculate {}.", "What is each of {}?", "Work out {}. The answer is the last one.",
    "{}", "Compute, one after another: {}", "Find {}.", "Solve these: {}", "{} = ?",
)  # fmt: skip


def sheet(rng: random.Random) -> Lesson:
    """Sums, differences and a few products of digits; nothing is held out. The answer is the value of the last."""
    asked = [_problem(rng) for _ in range(rng.randint(*PROBLEMS))]
    tight = rng.random() < 0.5
    told = [f"{step.left}{step.operator}{step.right}" if tight else _spaced(step) for step in asked]
    problem = rng.choice(_TITLES).format(rng.choice((", ", "; ", ", ", "\n")).join(told))
    reply = math_reply([part.text for step in asked for part in in_parts(step)], str(asked[-1].value))
    return Lesson("sheet", " ".join(step.key for step in asked), solve_math(problem).messages[-1].content, reply)


def _problem(rng: random.Random) -> Step:
    """Neither it nor a part of it is held out."""
    while True:
        step = _drawn(rng)
        if not is_held_out(step.key) and all_trained(in_parts(step)):
            return step


def _drawn(rng: random.Random) -> Step:
    operator = rng.choices(list(_KINDS), list(_KINDS.values()))[0]
    if operator == "*":
        return product_of(rng)
    a, b = _number(rng), _number(rng)
    if operator == "-" and (a < b) != (rng.random() < _NEGATIVE):
        a, b = b, a
    return Step(a, operator, b)


def _number(rng: random.Random) -> int:
    return rng.randrange(10) if rng.random() < _SMALL else rng.randrange(100)


def _spaced(step: Step) -> str:
    return f"{step.left} {step.operator} {step.right}"
