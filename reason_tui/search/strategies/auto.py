"""Drafts or repairs, whichever promises more passes for its tokens, by what this model has shown so far.

The promise of a kind of completion is the chance that it is a program not met before in this search (Good-Turing)
times the chance that such a program passes after as many attempts of its kind as there were, over the tokens it costs.
The last two come from the record of the model. Where the record is thin they are drawn, not taken at their mean, so
that every kind is tried now and then; the dice depend on the seed alone.

The first completion is the likeliest one, alone: what it solves needs no search. The others are sampled at the
temperature of the settings, and hotter where the model repeats itself.
"""

from __future__ import annotations

import random

from reason_tui.search.events import Prompting, SearchSettings
from reason_tui.search.node import Node
from reason_tui.search.record import Cell, Record, bucket
from reason_tui.search.recording import kind_below
from reason_tui.search.strategies.base import Ask, can_expand, dice
from reason_tui.search.strategies.chance import chance_of_new
from reason_tui.search.tree import Tree

HEAT, STEP = 0.4, 0.2
"""How much hotter it gets at most where every sample is a repetition; in steps, so that batches share a temperature."""
STRENGTH = 10.0
"""How many samples a guess counts as."""
DECAY = 0.7
"""The guess for after twice as many failures, of that for before."""
FIRST = {"draft": 0.2, "reason": 0.2, "repair": 0.1}
"""The guess for the first attempt of a kind, where nothing is recorded."""
TOKENS = {"draft": 60.0, "reason": 120.0, "repair": 120.0}
"""The guess for the tokens of one completion, its share of the prompt included."""


class Auto:
    """Expands the node of the highest promise."""

    def ask(self, tree: Tree, settings: SearchSettings) -> Ask | None:
        """K siblings there; None when no node can be expanded."""
        promises = _Promises(tree, settings)
        found = [(promises.of(node, way), node, way) for node in _expandable(tree) for way in _ways(node, settings)]
        if not found:
            return None
        _, node, way = max(found, key=lambda each: (each[0], -each[1].id))
        if not tree.expansions:
            return Ask(parent=node.id, n=1, temperature=0.0, prompt=way)
        return Ask(parent=node.id, n=settings.width, temperature=_temperature(node, tree, settings), prompt=way)


def _temperature(node: Node, tree: Tree, settings: SearchSettings) -> float:
    """That of the settings, and the more of what was sampled here was no news, the more above it."""
    if settings.temperature == 0:
        return 0.0
    samples = (child for child in tree.children(node) if child.completion is not None)
    repeated = 1 - chance_of_new(samples, 1.0, 1.0)
    return round(settings.temperature + STEP * round(repeated * HEAT / STEP), 2)


def _expandable(tree: Tree) -> list[Node]:
    return [node for node in tree.nodes.values() if can_expand(node)]


def _ways(node: Node, settings: SearchSettings) -> tuple[Prompting, ...]:
    return settings.prompts if node.program is None else ("plain",)


class _Promises:
    """The draws of one decision: one a cell, so that equal nodes are equal."""

    def __init__(self, tree: Tree, settings: SearchSettings) -> None:
        self._tree = tree
        self._record = settings.record or Record()
        self._rng = dice(tree, settings)
        self._drawn: dict[str, float] = {}

    def of(self, node: Node, way: Prompting) -> float:
        """Passes a token."""
        kind = kind_below(node, way)
        children = [child for child in self._tree.children(node) if self._way(child) == way and child.origin != "edit"]
        known = self._record.of(kind)
        fresh = _share(known.fresh, known.tried, 0.7)
        new = chance_of_new((child for child in children if child.completion is not None), fresh, 2.0)
        return new * self._chance(kind, bucket(len(children))) / _tokens(known, kind)

    def _way(self, child: Node) -> Prompting:
        return "plain" if child.expansion is None else self._tree.expansions[child.expansion].started.prompt

    def _chance(self, kind: str, at: int) -> float:
        """That a new program of this kind passes."""
        name = f"{kind}/{at}"
        if name not in self._drawn:
            guess = self._guess(kind, at)
            cell = self._record.cell(name)
            self._drawn[name] = _draw(cell, guess, self._rng)
        return self._drawn[name]

    def _guess(self, kind: str, at: int) -> float:
        """From the attempts before: their share of passes, a little less."""
        guess = FIRST[kind.partition(":")[0]]
        for earlier in range(at):
            cell = self._record.cell(f"{kind}/{earlier}")
            guess = DECAY * _share(cell.passed, cell.fresh, guess)
        return guess


def _share(part: int, whole: int, guess: float) -> float:
    return (part + STRENGTH * guess) / (whole + STRENGTH)


def _tokens(known: Cell, kind: str) -> float:
    guess = TOKENS[kind.partition(":")[0]]
    return (known.tokens + STRENGTH * guess) / (known.tried + STRENGTH)


def _draw(cell: Cell, guess: float, rng: random.Random) -> float:
    passed = cell.passed + STRENGTH * guess
    return rng.betavariate(passed, max(cell.fresh + STRENGTH - passed, 1e-3))
