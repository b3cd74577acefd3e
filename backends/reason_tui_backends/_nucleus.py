"""The next token from one row of logits, with numpy.

The same choice as that of `_torch_engine.nucleus` and `_mlx_engine.nucleus`: a draw falls on a token of the likeliest
first. Of 152,000 tokens only those that can matter are sorted, and where few are likely the others are not even raised
to the temperature: how much they can add up to at most is known from their probabilities at temperature 1, and says
nearly always that they change nothing. What that costs of a step is the last column of `benchmarks/backends.md`.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence

import numpy as np
from reason_tui_backends._batch import Choice

_RARE = 1e-5
"""Tokens below this share of the likeliest one are sorted only where the others do not add up to `top_p`."""

_FEW = 1000
"""So many likely tokens are sorted in next to no time; where there are more, the others nearly always matter."""

_ROUNDING = 1e-5
"""More than the error of a sum of 152,000 single-precision numbers, as numpy adds them."""


_SHORT = 8192
"""Logits of a row that is short."""

_THREAD = threading.local()


def choose(logits: np.ndarray, temperature: float, top_p: float, draw: float) -> Choice:
    """The likeliest token at temperature 0, else the one that `draw` in [0, 1) falls on.

    Candidates are the likeliest tokens that add up to `top_p` at this temperature.
    """
    peak = int(logits.argmax())
    below, shares = _scratch(len(logits))
    np.subtract(logits, logits[peak], out=below)
    np.exp(below, out=shares)
    return _choose(peak, below, shares, float(shares.sum()), temperature, top_p, draw)


def choose_each(rows: Sequence[np.ndarray], temperature: float, top_p: float, draws: Sequence[float]) -> list[Choice]:
    """`choose` of every row. Short rows are computed together: there numpy's calls cost more than what they compute."""
    if not rows or len(rows[0]) > _SHORT:
        return [choose(row, temperature, top_p, draw) for row, draw in zip(rows, draws, strict=True)]
    table = np.stack(rows)
    peaks = table.argmax(axis=1)
    below = table - table[np.arange(len(rows)), peaks, None]
    shares = np.exp(below)
    each = zip(peaks.tolist(), below, shares, shares.sum(axis=1).tolist(), draws, strict=True)
    return [_choose(peak, low, share, total, temperature, top_p, draw) for peak, low, share, total, draw in each]


def _choose(
    peak: int, below: np.ndarray, shares: np.ndarray, total: float, temperature: float, top_p: float, draw: float
) -> Choice:
    """`below` is how far each logit is below that of `peak`, `shares` exp(below), and `total` their sum."""
    if not math.isfinite(total):
        return Choice(peak, math.nan)
    token = peak
    if temperature > 0:
        few = _fall_on_likely(below, shares, total, temperature, top_p, draw) if temperature <= 1 else None
        token = _fall(np.exp(below / temperature), top_p, draw) if few is None else few
    return Choice(token, float(below[token]) - math.log(total))


def _scratch(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Two rows to compute in, the thread's own: new ones would come from the kernel, and be cleared, for each token."""
    rows: tuple[np.ndarray, np.ndarray] | None = getattr(_THREAD, "rows", None)
    if rows is None or len(rows[0]) != size:
        rows = _THREAD.rows = (np.empty(size, np.float32), np.empty(size, np.float32))
    return rows


def _fall_on_likely(
    below: np.ndarray, shares: np.ndarray, total: float, temperature: float, top_p: float, draw: float
) -> int | None:
    """What `_fall` finds, from the likely tokens alone; None where the others may matter. Temperature is 1 at most.

    A token's weight exp(below / temperature) is its share exp(below) times exp(below)**(1 / temperature - 1), which
    is at most `_RARE`**(1 - temperature) for one that is not likely.
    """
    (likely,) = (below > temperature * math.log(_RARE)).nonzero()
    if len(likely) > _FEW:
        return None
    rest = max(0.0, total - float(shares[likely].sum(dtype=np.float64))) + _ROUNDING * total
    likely, sums = _ranked(likely, np.exp(below[likely] / temperature))
    most = float(sums[-1]) + rest * _RARE ** (1 - temperature)
    first, last = sums.searchsorted((top_p * sums[-1], top_p * most))
    return _pick(likely, sums[: first + 1], draw) if first == last < len(sums) else None


def _fall(weights: np.ndarray, top_p: float, draw: float) -> int:
    """`weights` are probabilities but for a common factor; the largest is 1."""
    total = float(weights.sum(dtype=np.float64))
    (tokens,) = (weights > _RARE).nonzero()
    if float(weights[tokens].sum(dtype=np.float64)) < top_p * total:
        tokens = np.arange(len(weights))
    tokens, sums = _ranked(tokens, weights[tokens])
    return _pick(tokens, sums[: int(sums.searchsorted(top_p * total)) + 1], draw)


def _ranked(tokens: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The tokens, the likeliest first, and what their weights add up to so far."""
    order = (-weights).argsort(kind="stable")
    return tokens[order], weights[order].cumsum(dtype=np.float64)


def _pick(tokens: np.ndarray, sums: np.ndarray, draw: float) -> int:
    """Of the tokens that these sums are of."""
    return int(tokens[min(int(sums.searchsorted(draw * sums[-1], side="right")), len(sums) - 1)])
