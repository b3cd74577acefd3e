"""Families of operations kept rare in the training, for the learning loop to learn.

Base models must solve some of their tasks now and then (a search that never succeeds collects nothing) and fail most.
How rare each is was set before the training; which two the application uses was decided by their measured pass@64
(the card says both).
"""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

from embedded_model.curriculum.chains import Chain, Unsuitable, check_chain, widened
from embedded_model.curriculum.collections_ops import draw, fixed_op
from embedded_model.curriculum.conditions import INT_CONDS
from embedded_model.curriculum.operations import Factory, Op
from embedded_model.curriculum.problems import Problem, problem_of_chain

SHARES = {"windows": 0.0015, "chunks": 0.0015, "positions": 0.003, "neighbours": 0.003}
"""Family → its share of the training's problems."""


def _length(rng: random.Random) -> int:
    return rng.randint(2, 5)


def _windows(x: list[int], k: int) -> list[list[int]]:
    return [x[i : i + k] for i in range(len(x) - k + 1)]


def _chunks(x: Any, k: int) -> list[Any]:
    return [x[i : i + k] for i in range(0, len(x), k)]


def _positions(rng: random.Random) -> Op:
    cond = rng.choice(INT_CONDS)(rng)
    fn = cond.fn
    nouns = [f"the positions of the numbers in {{x}} that {plur}" for plur in cond.plur]
    nouns += [f"the indices of the numbers of {{x}} that {plur}" for plur in cond.plur]
    return Op(
        f"where-{cond.key}", "ints", "ints", lambda x, k: [i for i, v in enumerate(x) if fn(v, k)], tuple(nouns),
        codes=(f"[i for i, v in enumerate({{x}}) if {cond.code.replace('{v}', 'v')}]",), k=cond.k,
    )  # fmt: skip


FAMILIES: dict[str, tuple[Factory, ...]] = {
    "windows": (
        fixed_op("window-sums", "ints", "ints", lambda x, k: [sum(w) for w in _windows(x, k)], "the sums of every {k} consecutive numbers of {x}|the sum of each window of {k} numbers in {x}", ("[sum({x}[i:i + {k}]) for i in range(len({x}) - {k} + 1)]",), k=_length),
        fixed_op("window-max", "ints", "ints", lambda x, k: [max(w) for w in _windows(x, k)], "the largest of every {k} consecutive numbers of {x}|the maximum of each window of {k} numbers in {x}", ("[max({x}[i:i + {k}]) for i in range(len({x}) - {k} + 1)]",), k=_length),
        fixed_op("window-min", "ints", "ints", lambda x, k: [min(w) for w in _windows(x, k)], "the smallest of every {k} consecutive numbers of {x}|the minimum of each window of {k} numbers in {x}", ("[min({x}[i:i + {k}]) for i in range(len({x}) - {k} + 1)]",), k=_length),
        fixed_op("windows", "text", "strs", _windows, "all substrings of {x} of length {k}|the pieces of {k} consecutive characters of {x}", ("[{x}[i:i + {k}] for i in range(len({x}) - {k} + 1)]",), k=_length),
    ),
    "chunks": (
        fixed_op("chunks", "ints", "lists", _chunks, "{x} cut into pieces of {k} numbers|{x} split into chunks of length {k}", ("[{x}[i:i + {k}] for i in range(0, len({x}), {k})]",), "cut {x} into pieces of {k} numbers|split {x} into chunks of length {k}", k=_length),
        fixed_op("chunk-sums", "ints", "ints", lambda x, k: [sum(w) for w in _chunks(x, k)], "the sums of the pieces of {k} numbers that {x} is cut into|the sum of each chunk of {k} numbers of {x}", ("[sum({x}[i:i + {k}]) for i in range(0, len({x}), {k})]",), k=_length),
        fixed_op("pieces", "text", "strs", _chunks, "{x} cut into pieces of {k} characters|{x} split into chunks of length {k}", ("[{x}[i:i + {k}] for i in range(0, len({x}), {k})]",), "cut {x} into pieces of {k} characters", k=_length),
    ),
    "positions": (
        _positions, _positions,
        fixed_op("times-position", "ints", "ints", lambda x, k: [i * v for i, v in enumerate(x)], "the numbers of {x} multiplied by their positions|each number of {x} times its index", ("[i * v for i, v in enumerate({x})]",)),
        fixed_op("plus-position", "ints", "ints", lambda x, k: [i * k + v for i, v in enumerate(x)], "the numbers of {x} with {k} times their position added", ("[i * {k} + v for i, v in enumerate({x})]",), k=_length),
        fixed_op("at-multiples", "ints", "ints", lambda x, k: [v for i, v in enumerate(x) if i % k == 1], "the numbers of {x} whose position divided by {k} leaves 1", ("[v for i, v in enumerate({x}) if i % {k} == 1]",), k=_length),
    ),
    "neighbours": (
        fixed_op("rises", "ints", "ints", lambda x, k: [b for a, b in pairwise(x) if b > a + k], "the numbers of {x} that are more than {k} above the one before|each number of {x} that exceeds its predecessor by more than {k}", ("[b for a, b in zip({x}, {x}[1:]) if b > a + {k}]",), k=_length),
        fixed_op("pair-sums", "ints", "ints", lambda x, k: [a + k * b for a, b in pairwise(x)], "each number of {x} plus {k} times the next one", ("[a + {k} * b for a, b in zip({x}, {x}[1:])]",), k=_length),
        fixed_op("pair-products", "ints", "ints", lambda x, k: [a * b for a, b in pairwise(x)], "the products of neighbours in {x}|the products of consecutive numbers of {x}", ("[a * b for a, b in zip({x}, {x}[1:])]",)),
        fixed_op("pair-max", "ints", "ints", lambda x, k: [max(a, b) for a, b in pairwise(x)], "the larger of each two neighbours in {x}", ("[max(a, b) for a, b in zip({x}, {x}[1:])]",)),
    ),
}  # fmt: skip


def reserved_chain(rng: random.Random, family: str) -> Chain:
    """One operation of the family, mostly with an ordinary one before or after it. Raises Unsuitable."""
    return beside_ordinary(rng, widened(rng, rng.choice(FAMILIES[family])(rng), 2, 9))


def beside_ordinary(rng: random.Random, op: Op) -> Chain:
    """The operation, mostly with an ordinary one before or after it. Raises Unsuitable."""
    where = rng.random()
    ops: tuple[Op, ...] = (op,)
    if where < 0.45:
        ops = (op, _ordinary(rng, op.dst))
    elif where < 0.75:
        first = _ordinary(rng, op.src)
        if first.dst != op.src:
            raise Unsuitable("the types do not fit")
        ops = (first, op)
    chain = Chain(ops[0].src, ops)
    check_chain(chain)
    return chain


def reserved_problem(rng: random.Random, family: str, shape: str) -> tuple[Problem, Chain]:
    """A problem of the family."""
    chain = reserved_chain(rng, family)
    return problem_of_chain(rng, chain, family, shape), chain


def _ordinary(rng: random.Random, kind: str) -> Op:
    op = draw(rng, kind)
    if op is None:
        raise Unsuitable("no operation fits")
    return op
