"""Chains of operations: the tasks of the levels L1 (one), L2 (two) and L3 (three or four operations)."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from string import ascii_letters, ascii_lowercase
from typing import Any

from embedded_model.curriculum.collections_ops import draw
from embedded_model.curriculum.operations import Op
from embedded_model.curriculum.values import WORDS, small_enough, value

SOURCES = ("int", "text", "text", "ints", "ints", "ints", "strs", "strs", "dict", "pairs", "lists")
LENGTHS = {"L1": (1,), "L2": (2,), "L3": (3, 3, 4)}
PROBES = 10
_MARKS = (" ", ", ", "-", "_", "/", ",", ".", ":", ";", "!", "?", "+", "*", "#", "@", " - ", "--", "...")
_SEED = 20_260_101


class Unsuitable(Exception):  # noqa: N818 - a bad draw, not an error
    """This chain makes no task: too large, constant, or a stage of it does nothing."""


@dataclass(frozen=True)
class Chain:
    """Operations in the order they are applied; `lifted` is the stage whose constant is an argument, or None."""

    source: str
    ops: tuple[Op, ...]
    lifted: int | None = None

    @property
    def result(self) -> str:
        """The type of what comes out."""
        return self.ops[-1].dst

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types of the arguments."""
        if self.lifted is None:
            return (self.source,)
        return (self.source, "char" if isinstance(self.ops[self.lifted].k, str) else "pos")

    def stages(self, args: tuple[Any, ...]) -> list[Any]:
        """The input and every intermediate value. Raises Unsuitable where one is over the caps."""
        values = [args[0]]
        for index, op in enumerate(self.ops):
            constant = args[1] if index == self.lifted else op.k
            try:
                values.append(op.fn(values[-1], constant))
            except (ArithmeticError, IndexError, ValueError, TypeError) as error:
                raise Unsuitable(str(error)) from error
            if not small_enough(values[-1]):
                raise Unsuitable("a value is too large")
        return values

    def __call__(self, *args: Any) -> Any:
        return self.stages(args)[-1]


def random_chain(rng: random.Random, level: str, wide: bool = False) -> Chain:
    """A chain of `level` that is worth a task; `wide` draws most constants from far more values.

    Raises Unsuitable where the draw has no luck.
    """
    source = rng.choice(SOURCES)
    ops: list[Op] = []
    kind = source
    for _ in range(rng.choice(LENGTHS[level])):
        op = draw(rng, kind)
        if op is None or (ops and op.key == ops[-1].key):
            raise Unsuitable("no operation fits")
        ops.append(widened(rng, op) if wide else op)
        kind = op.dst
    liftable = [i for i, op in enumerate(ops) if _liftable(op)]
    lifted = rng.choice(liftable) if liftable and rng.random() < 0.25 else None
    chain = Chain(source, tuple(ops), lifted)
    check_chain(chain)
    return chain


def widened(rng: random.Random, op: Op, low: int = 0, high: int = 99) -> Op:
    """The same operation with another constant, so that constants are copied from the prompt and not remembered.

    A number is drawn from `low` to `high`, small ones more often.
    """
    if op.k is None or rng.random() < 0.2:
        return op
    if isinstance(op.k, int):
        tops = (min(high, 9), min(high, 20), min(high, 20), high)
        return replace(op, k=rng.randint(low, rng.choice(tops)))
    if len(op.k) == 1 and op.k.isalpha():
        return replace(op, k=rng.choice(ascii_lowercase))
    return replace(
        op, k=rng.choice((rng.choice(_MARKS), rng.choice(_MARKS), rng.choice(WORDS), rng.choice(ascii_letters)))
    )


def _liftable(op: Op) -> bool:
    return isinstance(op.k, int) or (isinstance(op.k, str) and len(op.k) == 1 and op.k.isalpha())


def check_chain(chain: Chain) -> None:
    """Raise Unsuitable unless every stage changes something and the result is not nearly constant."""
    runs = [chain.stages(args) for args in probes(chain.kinds)]
    for before, after in zip(range(len(chain.ops)), range(1, len(chain.ops) + 1), strict=True):
        if all(run[before] == run[after] for run in runs):
            raise Unsuitable("a stage changes nothing")
    results = [repr(run[-1]) for run in runs]
    least = 2 if chain.result == "bool" else 4
    if len(set(results)) < least or max(results.count(result) for result in results) > PROBES * 0.75:
        raise Unsuitable("nearly constant")


def probes(kinds: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """The same inputs for every task with arguments of these types; what tells two behaviours apart."""
    rng = random.Random(f"{_SEED}{kinds}")
    alias = tuple({"str": "text", "nat": "pos", "sints": "ints"}.get(kind, kind) for kind in kinds)
    drawn = [tuple(value(rng, kind) for kind in alias) for _ in range(PROBES * 3)]
    rich = [args for args in drawn if not isinstance(args[0], (list, str, dict)) or len(args[0]) > 2]
    return (rich + drawn)[:PROBES]
