"""Bare arithmetic: one operation, or a chain of two or three."""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

import random

from embedded_model.curriculum.arithmetic import Solved, Step

SINGLE_SHARE = 0.5
NEGATIVE_SHARE = 0.3
EASY_KEPT = 0.5
"""The part of the draws without carry or borrow that is kept."""

_SUMS = (
    "What is {a} + {b}?", "What is {a} + {b}?", "{a} + {b}", "{a} + {b}", "{a}+{b}", "{a} + {b} = ?", "{a}+{b}=", "Compute {a} + {b}.", "Compute {a}+{b}.",
    "Calculate {a} + {b}.", "Calculate the sum of {a} and {b}.", "What is the sum of {a} and {b}?", "Add {a} and {b}.", "What is {a} plus {b}?",
    "How much is {a} + {b}?", "Add {b} to {a}.", "Find {a} + {b}.", "{a} plus {b}", "Find the sum of {a} and {b}.", "What number is {b} more than {a}?", "Increase {a} by {b}.",
)  # fmt: skip
_DIFFERENCES = (
    "What is {a} - {b}?", "What is {a} - {b}?", "{a} - {b}", "{a} - {b}", "{a}-{b}", "{a} - {b} = ?", "{a}-{b}=", "Compute {a} - {b}.", "Compute {a}-{b}.",
    "Calculate {a} - {b}.", "What is {a} minus {b}?", "{a} minus {b}", "Subtract {b} from {a}.", "How much is {a} - {b}?", "Find {a} - {b}.",
    "Take {b} away from {a}.", "What number is {b} less than {a}?", "Decrease {a} by {b}.",
)  # fmt: skip
_FALLING = (
    "Calculate the difference of {a} and {b}.", "What is the difference between {a} and {b}?", "Find the difference between {b} and {a}.",
    "How much more is {a} than {b}?", "How much less is {b} than {a}?",
)  # fmt: skip
_PRODUCTS = (
    "What is {a} * {b}?", "What is {a} * {b}?", "{a} * {b}", "{a} * {b}", "{a}*{b}", "{a} x {b}", "{a} * {b} = ?", "{a}*{b}=", "Compute {a} * {b}.", "Compute {a}*{b}.",
    "Calculate {a} * {b}.", "What is {a} times {b}?", "{a} times {b}", "Multiply {a} by {b}.", "Multiply {a} and {b}.", "What is the product of {a} and {b}?",
    "Calculate the product of {a} and {b}.", "How much is {a} * {b}?", "Find {a} * {b}.", "How much is {a} times {b}?",
)  # fmt: skip
_QUOTIENTS = (
    "What is {a} / {b}?", "What is {a} / {b}?", "{a} / {b}", "{a}/{b}", "{a} / {b} = ?", "Compute {a} / {b}.", "Compute {a}/{b}.", "Calculate {a} / {b}.",
    "What is {a} divided by {b}?", "{a} divided by {b}", "Divide {a} by {b}.", "How much is {a} / {b}?", "How many times does {b} go into {a}?",
)  # fmt: skip
_EXPRESSIONS = (
    "What is {e}?", "What is {e}?", "{e}", "{e}", "{e} = ?", "Compute {e}.", "Calculate {e}.", "How much is {e}?", "Evaluate {e}.", "Find {e}.",
)  # fmt: skip
_FIRST = ("Start with {a}", "Take {a}", "Take the number {a}", "Begin with {a}", "I think of {a}", "The number is {a}")
_NEXT = {
    "+": ("add {b}", "plus {b}", "increase it by {b}"),
    "-": ("subtract {b}", "minus {b}", "take away {b}"),
    "*": ("multiply by {b}", "times {b}", "multiply it by {b}"),
    "/": ("divide by {b}", "divided by {b}", "divide it by {b}"),
}
_ENDS = ("", "", " What is the result?", " What do you get?", " What number is it?")


def drill(rng: random.Random) -> Solved:
    """One operation or a chain, in many wordings."""
    return single(rng) if rng.random() < SINGLE_SHARE else chain(rng)


def single(rng: random.Random) -> Solved:
    """One operation."""
    draw = rng.choices((sum_of, difference_of, product_of, long_product_of, quotient_of), (36, 38, 14, 5, 7))[0]
    return asked(rng, draw(rng))


def asked(rng: random.Random, step: Step) -> Solved:
    """The operation as a question."""
    wordings = {"+": _SUMS, "-": _DIFFERENCES, "*": _PRODUCTS, "/": _QUOTIENTS}[step.operator]
    if step.operator == "-" and step.value >= 0:
        wordings += _FALLING
    return Solved("drill", step.key, rng.choice(wordings).format(a=step.left, b=step.right), (step,))


def sum_of(rng: random.Random) -> Step:
    """Two numbers of one to three digits; sums that carry are drawn more often."""
    while True:
        a, b = _pair(rng)
        if _carries(a, b) or rng.random() < EASY_KEPT:
            return Step(a, "+", b)


def difference_of(rng: random.Random) -> Step:
    """Two numbers of one to three digits; some differences are negative."""
    while True:
        a, b = _pair(rng)
        a, b = max(a, b), min(a, b)
        if _borrows(a, b) or rng.random() < EASY_KEPT:
            return Step(b, "-", a) if rng.random() < NEGATIVE_SHARE else Step(a, "-", b)


def product_of(rng: random.Random) -> Step:
    """Two digits."""
    return Step(rng.randrange(10), "*", rng.randrange(10))


def long_product_of(rng: random.Random) -> Step:
    """A number of two digits and a digit, in either order."""
    a, b = rng.choice((rng.randint(10, 25), rng.randint(10, 99))), rng.randint(2, 9)
    return Step(a, "*", b) if rng.random() < 0.7 else Step(b, "*", a)


def quotient_of(rng: random.Random) -> Step:
    """A quotient without rest."""
    by = rng.randint(2, 9)
    return Step(by * rng.choice((rng.randint(1, 9), rng.randint(2, 20))), "/", by)


def chain(rng: random.Random) -> Solved:
    """Two or three operations, each on the result before."""
    shape = rng.random()
    if shape < 0.2:
        return _precedence(rng)
    steps = _steps(rng, rng.choice((2, 2, 3)))
    key = " ".join((str(steps[0].left), *(f"{step.operator} {step.right}" for step in steps)))
    if shape < 0.3 and len(steps) == 2 and all(step.operator == "+" for step in steps):
        return Solved("chain", key, _sum_of_three(rng, steps), steps)
    told = _in_words(rng, steps) if shape < 0.55 else rng.choice(_EXPRESSIONS).format(e=_expression(rng, steps))
    return Solved("chain", key, told, steps)


def _steps(rng: random.Random, count: int) -> tuple[Step, ...]:
    first = rng.choices((sum_of, difference_of, product_of, quotient_of), (40, 30, 24, 6))[0]
    steps = [first(rng)]
    while len(steps) < count:
        steps.append(_following(rng, steps[-1].value))
    return tuple(steps)


def _following(rng: random.Random, value: int) -> Step:
    """An operation on `value` that keeps to small numbers."""
    kind = rng.random()
    if kind < 0.3 and 0 < abs(value) <= 25:
        return Step(value, "*", rng.randint(2, 9 if abs(value) < 10 else 4))
    if kind < 0.45:
        by = [divisor for divisor in range(2, 10) if value > divisor and value % divisor == 0]
        if by:
            return Step(value, "/", rng.choice(by))
    if kind < 0.72:
        return Step(value, "+", rng.choice((rng.randint(1, 9), rng.randint(10, 99))))
    most = value if value > 1 and rng.random() > NEGATIVE_SHARE / 2 else 60
    return Step(value, "-", rng.randint(1, min(most, 99)))


def _precedence(rng: random.Random) -> Solved:
    """`a + b * c`: the product comes first."""
    product = product_of(rng)
    operator, other = rng.choice("+-"), rng.randint(1, 99)
    sides = (other, product.value) if rng.random() < 0.6 else (product.value, other)
    inner = f"{product.left} * {product.right}"
    shown = f"{other} {operator} {inner}" if sides[0] == other else f"{inner} {operator} {other}"
    steps = (product, Step(sides[0], operator, sides[1]))
    return Solved("chain", shown, rng.choice(_EXPRESSIONS).format(e=shown), steps)


def _sum_of_three(rng: random.Random, steps: tuple[Step, ...]) -> str:
    listed = f"{steps[0].left}, {steps[0].right} and {steps[1].right}"
    return rng.choice(
        ("Add {}.", "What is the sum of {}?", "Calculate the sum of {}.", "{}: what is their sum?")
    ).format(listed)


def _expression(rng: random.Random, steps: tuple[Step, ...]) -> str:
    """`(12 + 7) * 3`, or `12 + 7 and then times 3`."""
    text, loose = f"{steps[0].left} {steps[0].operator} {steps[0].right}", steps[0].operator in "+-"
    for at, step in enumerate(steps[1:], 1):
        if rng.random() < 0.2:
            return _then(rng, text, steps[at:])
        tight = step.operator in "*/"
        text = f"{f'({text})' if tight and loose else text} {step.operator} {step.right}"
        loose = not tight
    return text


def _then(rng: random.Random, text: str, steps: tuple[Step, ...]) -> str:
    words = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}
    join = rng.choice((" and then ", ", then "))
    return join.join((text, *(f"{words[step.operator]} {step.right}" for step in steps)))


def _in_words(rng: random.Random, steps: tuple[Step, ...]) -> str:
    join = rng.choice((", then ", ", ", ". Then ", ". "))
    parts = [rng.choice(_FIRST).format(a=steps[0].left)]
    for step in steps:
        told = rng.choice(_NEXT[step.operator]).format(b=step.right)
        parts.append(told.capitalize() if join == ". " else told)
    return f"{join.join(parts)}.{rng.choice(_ENDS)}"


def _pair(rng: random.Random) -> tuple[int, int]:
    most = rng.choices(((9, 9), (99, 9), (99, 99), (999, 99), (999, 999)), (14, 20, 48, 9, 9))[0]
    a, b = (rng.randint(0 if top == 9 else (top + 1) // 10, top) for top in most)
    return (a, b) if rng.random() < 0.5 else (b, a)


def _carries(a: int, b: int) -> bool:
    return a % 10 + b % 10 > 9 or a // 10 % 10 + b // 10 % 10 > 9


def _borrows(a: int, b: int) -> bool:
    return a % 10 < b % 10 or a // 10 % 10 < b // 10 % 10
