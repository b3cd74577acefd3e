"""Tests that a model wrote (CodeT, Chen et al. 2022): most are wrong, so they are never counted one by one.

Programs that pass exactly the same tests are a group, worth √|programs| · |tests|: a group is strong where many samples
agree on many tests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Consensus:
    """Nodes whose programs pass the same tests, those tests, and what the group is worth."""

    nodes: tuple[int, ...]
    tests: frozenset[int]
    score: float


def consensus(passed: Mapping[int, frozenset[int]], weights: Mapping[int, int]) -> list[Consensus]:
    """The groups, the best first; `passed` has the tests that each program passes, `weights` how often it was sampled.

    Of equal groups the one with more samples comes first, then the one with the earliest program.
    """
    groups: dict[frozenset[int], list[int]] = {}
    for node, tests in passed.items():
        groups.setdefault(tests, []).append(node)
    found = []
    for tests, nodes in groups.items():
        samples = sum(weights.get(node, 1) for node in nodes)
        found.append((samples, Consensus(tuple(nodes), tests, math.sqrt(samples) * len(tests))))
    found.sort(key=lambda each: (-each[1].score, -each[0], each[1].nodes[0]))
    return [group for _, group in found]
