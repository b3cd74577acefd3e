"""Tests that a model wrote (CodeT, Chen et al. 2022): most are wrong, so they are never counted one by one.

Programs that pass exactly the same tests are a group, worth √|programs| · |tests|: a group is strong where many samples
agree on many tests.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reason_tui.tasks.cases import NotACaseError, from_assert
from reason_tui.tasks.literals import parse_module
from reason_tui.tasks.types import CallCase

MAX_TESTS = 24
"""So many tests are kept of what a model wrote."""
MAX_SOURCE = 400
"""Characters of one test; a longer one is a model that runs on."""
_DECIDES = 1000.0
"""How much more CodeT weighs than agreement, which decides between equals."""


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


def scores(
    groups: Sequence[Consensus], weights: Mapping[int, int], tests: int, agreement: Mapping[int, float]
) -> dict[int, float]:
    """By node: what its group is worth beside one of all samples that passes all `tests`; among equals, agreement.

    In [0, 1].
    """
    samples = sum(weights.get(node, 1) for group in groups for node in group.nodes)
    most = math.sqrt(samples) * tests
    worth = {node: group.score / most if most else 0.0 for group in groups for node in group.nodes}
    return {node: (_DECIDES * value + agreement.get(node, 0.0)) / (_DECIDES + 1.0) for node, value in worth.items()}


def written_tests(replies: Iterable[str], entry_point: str) -> tuple[CallCase, ...]:
    """The tests in replies of a model, each once: asserts that a call with literals returns a literal.

    A reply is a block of code from its beginning. What else stands in it is left out, and so is what was cut short.
    """
    found: dict[str, CallCase] = {}
    for text in replies:
        for case in _cases(text, entry_point):
            found.setdefault(case.describe(entry_point), case)
    return tuple(found.values())[:MAX_TESTS]


def _cases(reply: str, entry_point: str) -> Iterator[CallCase]:
    for line in reply.partition("\n```")[0].split("\n"):
        if len(line) > MAX_SOURCE or not line.startswith("assert "):
            continue
        for node in parse_module(line) or ():
            if isinstance(node, ast.Assert):
                try:
                    case = from_assert(node, line, entry_point)
                except NotACaseError:
                    continue
                if isinstance(case, CallCase) and case.expected is not None:
                    yield case
