"""The policy's own ranking of K siblings as a value in [0, 1] (SEARCH.md)."""

from __future__ import annotations

import re

_RANK = re.compile(r"\d+")


def ranking(reply: str, count: int) -> tuple[int, ...] | None:
    """The indices from 0 of `count` programs, the best first, out of a reply like `2 1 3`.

    What was left out comes last, in its order; what is named twice counts once. None where no program is named.
    """
    named = [int(found) - 1 for found in _RANK.findall(reply)]
    order = list(dict.fromkeys(at for at in named if 0 <= at < count))
    return (*order, *(at for at in range(count) if at not in order)) if order else None


def opinion(position: int, count: int) -> float:
    """Q_ai = (K - 1 - position) / (K - 1): 1 for the first of K, 0 for the last; ½ for one alone."""
    return (count - 1 - position) / (count - 1) if count > 1 else 0.5


def blend(value: float, opinion: float, alpha: float) -> float:
    """Q = alpha * W/N + (1 - alpha) * Q_ai."""
    return alpha * value + (1.0 - alpha) * opinion
