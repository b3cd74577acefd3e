"""Steps, solved problems, and which of them are never trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

HELD_OUT_OF = 20
"""One key of so many is held out."""

_ALWAYS_TRAINED = frozenset(f"{digit} * {digit}" for digit in range(10))


@dataclass(frozen=True)
class Step:
    """One exact operation on two integers; `/` is used only where it leaves no rest."""

    left: int
    operator: str
    right: int

    @property
    def value(self) -> int:
        """The exact value. Raises ValueError where a quotient is not an integer."""
        if self.operator == "+":
            return self.left + self.right
        if self.operator == "-":
            return self.left - self.right
        if self.operator == "*":
            return self.left * self.right
        quotient, rest = divmod(self.left, self.right) if self.right else (0, 1)
        if rest:
            raise ValueError(f"{self.left} / {self.right} is not an integer")
        return quotient

    @property
    def text(self) -> str:
        """As a solution writes it, e.g. `12 + 7 = 19`."""
        return self.told(self.value)

    def told(self, value: int) -> str:
        """The step with this value, right or wrong."""
        return f"{self.left} {self.operator} {self.right} = {value}"

    @property
    def key(self) -> str:
        """What is held out together: both orders of a sum or product, but only one of two digits.

        A table of digits has to be known before anything else can be computed: what is held out of it in one order is
        trained in the other, and squares always.
        """
        low, high = self.left, self.right
        if self.operator in "+*" and max(abs(low), abs(high)) > 9:
            low, high = min(low, high), max(low, high)
        return f"{low} {self.operator} {high}"


@dataclass(frozen=True)
class Solved:
    """A problem in words and the steps to its answer, the value of the last one.

    `key` names the problem apart from its wording: the template and the numbers.
    """

    kind: str
    key: str
    problem: str
    steps: tuple[Step, ...]

    @property
    def answer(self) -> int:
        """The value of the last step."""
        return self.steps[-1].value


def is_held_out(problem_key: str) -> bool:
    """Whether a key (`Step.key` or `Solved.key`) is kept from training: about 5 % are, on every machine the same."""
    if problem_key in _ALWAYS_TRAINED:
        return False
    return int.from_bytes(hashlib.sha256(f"math:{problem_key}".encode()).digest()[:4], "big") % HELD_OUT_OF == 0


def may_train(solved: Solved) -> bool:
    """Neither the problem nor any step of it is held out."""
    return not is_held_out(solved.key) and all_trained(solved.steps)


def all_trained(steps: Iterable[Step]) -> bool:
    """No step is held out."""
    return not any(is_held_out(step.key) for step in steps)
