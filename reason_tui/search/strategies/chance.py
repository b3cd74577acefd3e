"""How likely another sample is to be something new, from what the samples so far were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from reason_tui.search.node import Node


def chance_of_new(samples: Iterable[Node], expected: float, weight: float) -> float:
    """The chance that the next sample is a program not seen among `samples`.

    Good-Turing: the share of samples whose program was seen once. `expected` counts as `weight` samples. Samples
    without a program are nothing new.
    """
    count, programs = 0, Counter[int]()
    for node in samples:
        count += 1
        if node.program is not None:
            programs[node.id if node.duplicate_of is None else node.duplicate_of] += 1
    once = sum(times == 1 for times in programs.values())
    return (once + weight * expected) / (count + weight)
