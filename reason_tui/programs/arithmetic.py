"""Steps of a worked solution, and whether they compute. Exact: fractions and decimals, no floats.

A step is `a op b = c` in a line of text, or what stands in `<<…>>` (GSM8K). The answer is what follows `####`, else
the number in a `\\boxed{…}`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

ANSWER = "####"
_MARKED = re.compile(r"<<([^<>]{1,200})>>")
_NUMBER = re.compile(r"[-+]?[$€£]?\s?(?:\d+ \d+/\d+|(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:\s?/\s?\d+)?)%?(?!\w)")
_LEFT = re.compile(r"(?<![\w)\]+*/×÷·^.])-?[$€£]?[\d.(](?:[\d\s.()+\-*/×÷·^%$€£]|,(?=\d{3}))*$")
_TIMES = re.compile(r"(?<=[\d)])\s*[xX]\s*(?=[\d($.])")
_MIXED = re.compile(r"(?<![\d.])(\d+)\s+(\d+\s?/\s?\d+)")
_BOXED = re.compile(r"\\boxed\{([^{}]{1,80})\}")
_SIGNS = str.maketrans({"×": "*", "÷": "/", "·": "*", "−": "-", "–": "-", "\xa0": " "})
_OPERATORS = ("+", "-", "*", "/", "×", "÷", "·", "^", "(")
_MAX_DIGITS = 60
_MAX_POWER = 64


@dataclass(frozen=True)
class Step:
    """One equation: as it stands, its two sides, and what the left one really is (None: it cannot be computed)."""

    text: str
    left: str
    claimed: str
    value: Fraction | None

    @property
    def ok(self) -> bool:
        """Whether it computes; a number that has no end may be rounded to the decimals that are written."""
        right = number(self.claimed)
        if self.value is None or right is None:
            return False
        share = self.claimed.endswith("%") and right / 100 == self.value  # 50% * 50% = 25%
        return share or equal(right, self.value, self.claimed)


def steps(text: str) -> list[Step]:
    """The steps in order. In a line with `<<…>>` only those count."""
    found: list[Step] = []
    for line in text.split("\n"):
        if line.lstrip().startswith(ANSWER):
            break
        marked = _MARKED.findall(line)
        for equation in marked or [line]:
            found += _equations(equation)
    return found


def answer(text: str) -> str | None:
    """The final answer as it is written, None where there is none."""
    _, mark, after = text.rpartition(ANSWER)
    if mark:
        lines = after.strip().split("\n")
        return lines[0].strip() or None
    boxed = _BOXED.findall(text)
    return boxed[-1].strip() if boxed else None


def same_answer(given: str, expected: str) -> bool:
    """Whether two answers are the same number; answers that are none are compared as words."""
    first, second = number(given), number(expected)
    if first is None or second is None:
        return " ".join(given.lower().split()).rstrip(".") == " ".join(expected.lower().split()).rstrip(".")
    return first == second


def number(text: str) -> Fraction | None:
    """`1,234.50`, `$18`, `3/4`, `-2`: the number that the text begins with. A percent sign is a unit: `5%` is 5."""
    match = _NUMBER.match(text.strip().translate(_SIGNS))
    written = _MIXED.search(match[0]) if match else None
    if written is not None and match is not None:
        rest = number(match[0][: written.start()] + written[2])
        return None if rest is None else rest + (int(written[1]) if rest >= 0 else -int(written[1]))
    plain = re.sub(r"[,$€£%\s]", "", match[0]) if match else ""
    if not any(char.isdigit() for char in plain) or len(plain) > _MAX_DIGITS:
        return None
    try:
        return Fraction(plain)
    except (ValueError, ZeroDivisionError):
        return None


def equal(claimed: Fraction, value: Fraction, written: str) -> bool:
    """Exactly, or rounded to the decimals that are written where the decimals of `value` have no end."""
    if claimed == value:
        return True
    decimals = len(written.partition(".")[2].rstrip("% ")) if "." in written else 0
    endless = any(value.denominator % prime == 0 for prime in _other_primes(value.denominator))
    return bool(decimals) and endless and round(value, decimals) == claimed


def _other_primes(denominator: int) -> Iterator[int]:
    """What of a denominator is neither 2 nor 5: with any of it the decimals have no end."""
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator > 1:
        yield denominator


def written(value: Fraction) -> str:
    """As a person writes it: `9`, `2.5`, or `1/3` where the decimals have no end."""
    if value.denominator == 1:
        return str(value.numerator)
    if any(_other_primes(value.denominator)):
        return f"{value.numerator}/{value.denominator}"
    digits = next(n for n in range(1, _MAX_DIGITS * 4) if (value * 10**n).denominator == 1)
    sign, scaled = "-" if value < 0 else "", abs(value * 10**digits).numerator
    return f"{sign}{scaled // 10**digits}.{scaled % 10**digits:0{digits}}"


def _equations(text: str) -> Iterator[Step]:
    """`a + b = c = d` has two equations: each side with the next."""
    sides = text.split("=")
    for left, right in pairwise(sides):
        expression = _LEFT.search(_TIMES.sub(" * ", left).rstrip())
        claimed = _NUMBER.match(right.strip().translate(_SIGNS))
        if expression is None or claimed is None or not any(char.isdigit() for char in claimed[0]):
            continue
        source = expression[0].strip()
        before = left.rstrip()[: -len(source)].rstrip() if left.rstrip().endswith(source) else ""
        if not _computes(source) or before.endswith(_OPERATORS):
            continue  # nothing to compute, or the end of something with a name in it
        shown = f"{source} = {claimed[0].strip()}"
        yield Step(shown, source, claimed[0].strip(), _value(source))


def _computes(source: str) -> bool:
    """Whether there is anything to compute: an operator between two numbers."""
    return bool(re.search(r"[\d)%]\s*(?:\*\*|[-+*/×÷·^])\s*[-+]?\s*[$€£]?[\d(.]", source))


def _value(source: str) -> Fraction | None:
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", source.translate(_SIGNS))
    plain = re.sub(r"[$€£]", "", plain).replace("^", "**")
    plain = re.sub(r"(\d+(?:\.\d+)?)\s*%", r"(\1/100)", plain)
    plain = re.sub(r"(?<![\d.])0+(?=\d)", "", plain)
    plain = re.sub(r"(?<=[\d)])\s*(?=\()", "*", _MIXED.sub(r"(\1+\2)", plain))
    try:
        return _compute(ast.parse(plain.strip(), mode="eval").body, plain.strip())
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        return None


def _compute(node: ast.expr, source: str) -> Fraction:
    match node:
        case ast.Constant(value=int() | float()):
            return Fraction(ast.get_source_segment(source, node) or "")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_compute(operand, source)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _compute(operand, source)
        case ast.BinOp(left=left, op=op, right=right):
            return _apply(op, _compute(left, source), _compute(right, source))
        case _:
            raise ValueError("not arithmetic")


def _apply(op: ast.operator, left: Fraction, right: Fraction) -> Fraction:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case ast.FloorDiv():
            return Fraction(left // right)
        case ast.Mod():
            return left % right
        case ast.Pow() if right.denominator == 1 and abs(right) <= _MAX_POWER and len(str(left)) <= _MAX_DIGITS:
            return left ** int(right)
        case _:
            raise ValueError("not arithmetic")
