"""The few statistics a comparison needs. Standard library only; resampling is seeded."""

from __future__ import annotations

import math
import random
from collections.abc import Hashable, Sequence

RESAMPLES = 10_000
LEVEL = 0.95


def mean(values: Sequence[float]) -> float:
    """The mean; of nothing it is 0."""
    return math.fsum(values) / len(values) if values else 0.0


def bootstrap(
    values: Sequence[float], seed: int = 0, resamples: int = RESAMPLES, *, of: Sequence[Hashable] | None = None
) -> tuple[float, float]:
    """The 95% percentile interval of the mean, resampling `values`: one a task (a mean over seeds, a difference).

    `of` says for each value to what it belongs, where several are not independent (bugs of one problem): that is
    resampled then, with all its values, and the mean stays that of the values.
    """
    if not values:
        return (0.0, 0.0)
    groups: dict[Hashable, list[float]] = {}
    for at, value in enumerate(values):
        groups.setdefault(at if of is None else of[at], []).append(value)
    sums = [(math.fsum(group), len(group)) for group in groups.values()]
    draw = random.Random(seed)
    means = sorted(_ratio(draw.choices(sums, k=len(sums))) for _ in range(resamples))
    tail = (1.0 - LEVEL) / 2.0
    return means[math.floor(tail * (resamples - 1))], means[math.ceil((1.0 - tail) * (resamples - 1))]


def _ratio(drawn: Sequence[tuple[float, int]]) -> float:
    return math.fsum(total for total, _ in drawn) / sum(count for _, count in drawn)


def mcnemar(only_first: int, only_second: int) -> float:
    """The two-sided exact p of McNemar's test: binomial on the tasks that exactly one of two strategies solved."""
    n = only_first + only_second
    tail = sum(math.comb(n, i) for i in range(min(only_first, only_second) + 1))
    return min(1.0, 2.0 * tail / 2.0**n)
