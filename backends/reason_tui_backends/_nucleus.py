"""The next token of rows of logits, with numpy.

The same choice as that of `_torch_engine.nucleus` and `_mlx_engine.nucleus`: a draw falls on a token of the likeliest
first. Only tokens that can matter are sorted. Of 152,000 tokens the others are not even raised to the temperature: how
much they can add up to at most is known from their probabilities at temperature 1, and says nearly always that they
change nothing. What that costs of a step is the last column of `benchmarks/backends.md`.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from reason_tui_backends._batch import Choice

_SHORT = 8192
"""Logits of a row that is short: such rows are computed together."""

_UNLIKELY, _RARE = 1e-3, 1e-5
"""Tokens below this share of the likeliest one, in a short row and in a long one, are sorted only where the others do
not add up to `top_p`."""

_FEW = 1000
"""So many likely tokens are sorted in next to no time; where there are more, the others nearly always matter."""

_HANDFUL = 32
"""So many are sorted faster by Python than by numpy."""

_ROUNDING = 1e-5
"""More than the error of a sum of 152,000 single-precision numbers, as numpy adds them."""

_THREAD = threading.local()

_Numbers: TypeAlias = "list[Any] | np.ndarray"


def choose(logits: np.ndarray, temperature: float, top_p: float, draw: float) -> Choice:
    """The likeliest token at temperature 0, else the one that `draw` in [0, 1) falls on.

    Candidates are the likeliest tokens that add up to `top_p` at this temperature.
    """
    return choose_each(logits[None], temperature, top_p, (draw,))[0]


def choose_each(table: np.ndarray, temperature: float, top_p: float, draws: Sequence[float]) -> list[Choice]:
    """`choose` of every row. Short rows are computed together: there numpy's calls cost more than what they compute."""
    if table.shape[1] <= _SHORT:
        return _choose(table, (np.empty_like(table), np.empty_like(table)), temperature, top_p, draws)
    room = _scratch(table.shape[1])
    return [_choose(table[i : i + 1], room, temperature, top_p, (draw,))[0] for i, draw in enumerate(draws)]


def _choose(
    table: np.ndarray, room: tuple[np.ndarray, np.ndarray], temperature: float, top_p: float, draws: Sequence[float]
) -> list[Choice]:
    """A token of each row of `table` (one row where rows are long); `room` is two such tables to compute in."""
    below, shares = room
    peaks = table.argmax(axis=1)
    np.subtract(table, table[np.arange(len(table)), peaks, None], out=below)
    np.exp(below, out=shares)
    totals, tokens = shares.sum(axis=1), peaks.tolist()
    if not np.isfinite(totals).all():
        return [Choice(token, math.nan) for token in tokens]
    if temperature > 0:
        if table.shape[1] <= _SHORT:
            some: Sequence[_Likely | None] = _of_short(below, temperature)
        else:
            some = [_of_long(below[0], shares[0], float(totals[0]), temperature)]
        for row, (likely, draw) in enumerate(zip(some, draws, strict=True)):
            found = None if likely is None else _fall_on_likely(likely, top_p, draw)
            tokens[row] = _fall(np.exp(below[row] / temperature), top_p, draw) if found is None else found
    logs = np.log(totals).tolist()
    return [Choice(token, float(below[row, token]) - logs[row]) for row, token in enumerate(tokens)]


def _scratch(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Two rows to compute in, the thread's own: new ones would come from the kernel, and be cleared, for each token."""
    rows: tuple[np.ndarray, np.ndarray] | None = getattr(_THREAD, "rows", None)
    if rows is None or rows[0].size != size:
        rows = _THREAD.rows = (np.empty((1, size), np.float32), np.empty((1, size), np.float32))
    return rows


class _Likely(NamedTuple):
    """A row's likely tokens and their weights exp(below / temperature); all tokens' add up to `least` .. `most`."""

    tokens: np.ndarray
    weights: np.ndarray
    least: float
    most: float


def _of_short(below: np.ndarray, temperature: float) -> list[_Likely]:
    """The likely tokens of each row. `below` is how far each logit is below the row's peak."""
    rows, size = below.shape
    weights = np.exp(below / temperature)
    totals = weights.sum(axis=1, dtype=np.float64).tolist()
    found = np.flatnonzero(weights > _UNLIKELY)
    ends = found.searchsorted(np.arange(0, (rows + 1) * size, size)).tolist()
    tokens, weights = found % size, weights.ravel()[found]
    return [
        _Likely(tokens[begin:end], weights[begin:end], total, total)
        for total, (begin, end) in zip(totals, pairwise(ends), strict=True)
    ]


def _of_long(below: np.ndarray, shares: np.ndarray, total: float, temperature: float) -> _Likely | None:
    """The likely tokens of a row; None where they are many. `shares` is exp(below), `total` its sum.

    A token's weight is its share times exp(below)**(1 / temperature - 1), which is at most `_RARE`**(1 - temperature)
    for one that is not likely, where the temperature is 1 at most.
    """
    (tokens,) = (below > temperature * math.log(_RARE)).nonzero()
    if temperature > 1 or len(tokens) > _FEW:
        return None
    rest = max(0.0, total - float(shares[tokens].sum(dtype=np.float64))) + _ROUNDING * total
    weights = np.exp(below[tokens] / temperature)
    least = float(weights.sum(dtype=np.float64))
    return _Likely(tokens, weights, least, least + rest * _RARE ** (1 - temperature))


def _fall_on_likely(likely: _Likely, top_p: float, draw: float) -> int | None:
    """What `_fall` finds, from the likely tokens alone; None where the others may matter."""
    tokens, sums = _ranked(likely.tokens, likely.weights)
    last = bisect_left(sums, top_p * likely.least)
    return _pick(tokens, sums, last, draw) if last < len(sums) and sums[last] >= top_p * likely.most else None


def _fall(weights: np.ndarray, top_p: float, draw: float) -> int:
    """`weights` are probabilities but for a common factor; the largest is 1."""
    total = float(weights.sum(dtype=np.float64))
    (tokens,) = (weights > _RARE).nonzero()
    if float(weights[tokens].sum(dtype=np.float64)) < top_p * total:
        tokens = np.arange(len(weights))
    ranked, sums = _ranked(tokens, weights[tokens])
    return _pick(ranked, sums, min(bisect_left(sums, top_p * total), len(sums) - 1), draw)


def _ranked(tokens: np.ndarray, weights: np.ndarray) -> tuple[_Numbers, _Numbers]:
    """The tokens, the likeliest first, and what their weights add up to so far."""
    if len(tokens) > _HANDFUL:
        order = (-weights).argsort(kind="stable")
        return tokens[order], weights[order].cumsum(dtype=np.float64)
    pairs = sorted(zip(weights.tolist(), tokens.tolist(), strict=True), key=itemgetter(0), reverse=True)
    return [token for _, token in pairs], list(accumulate(weight for weight, _ in pairs))


def _pick(tokens: _Numbers, sums: _Numbers, last: int, draw: float) -> int:
    """Of the tokens up to `last`, which these sums are of."""
    return int(tokens[bisect_right(sums, draw * sums[last], hi=last)])
