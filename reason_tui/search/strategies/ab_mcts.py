"""AB-MCTS-A (SEARCH.md, after Sakana's TreeQuest): at each node Thompson sampling decides between going wide and deep.

The arms of a node are a new expansion (GEN, one for each way of asking) and its children. GEN is judged by the
rewards of its own new children, going on (CONT) by those of the nodes below the children, a child by its own and
those below it. Priors come from what this model has shown: one whose repairs are poor goes wide without being told.
"""

from __future__ import annotations

import random
from collections import defaultdict

from reason_tui.search.events import Prompting, SearchSettings
from reason_tui.search.node import Node
from reason_tui.search.record import Cell, Record
from reason_tui.search.strategies.base import Ask, can_expand, dice, open_nodes
from reason_tui.search.strategies.posterior import Seen, beta, gaussian
from reason_tui.search.tree import Tree


class AbMcts:
    """Goes down from the root until it decides to expand."""

    def ask(self, tree: Tree, settings: SearchSettings) -> Ask | None:
        """K siblings where the walk ends; None when no node can be expanded."""
        can_grow = open_nodes(tree)
        if tree.root.id not in can_grow:
            return None
        arms = _Arms(tree, settings, dice(tree, settings))
        node = tree.root
        while True:
            below = [child for child in tree.children(node) if child.id in can_grow]
            prompt = arms.wider(node, bool(below)) if can_expand(node) else None
            if prompt is not None:
                return Ask(parent=node.id, n=settings.width, temperature=settings.temperature, prompt=prompt)
            node = max(below, key=lambda child: (arms.of_child(child), -child.id))


class _Arms:
    """The draws of one decision."""

    def __init__(self, tree: Tree, settings: SearchSettings, rng: random.Random) -> None:
        self._tree = tree
        self._settings = settings
        self._rng = rng
        self._record = settings.record or Record()
        self._new: dict[tuple[int, Prompting], Seen] = defaultdict(Seen)
        """By parent and way of asking: its children."""
        self._deep: dict[int, Seen] = defaultdict(Seen)
        """By node: what is below its children."""
        self._whole: dict[int, Seen] = defaultdict(Seen)
        """By node: itself and what is below."""
        for node in tree.nodes.values():
            if node.parent is not None:
                self._count(node)

    def wider(self, node: Node, may_descend: bool) -> Prompting | None:
        """How to ask for another expansion here; None to go on to a child."""
        ways: tuple[Prompting, ...] = self._settings.prompts if node.program is None else ("plain",)
        draws = {way: self._draw(self._new[node.id, way], self._kind(node, way)) for way in ways}
        way = max(draws, key=draws.__getitem__)
        if may_descend and self._draw(self._deep[node.id], self._record.of("repair")) > draws[way]:
            return None
        return way

    def of_child(self, child: Node) -> float:
        """A draw of what a walk through it gives."""
        return self._draw(self._whole[child.id], self._record.of("repair"))

    def _kind(self, node: Node, way: Prompting) -> Cell:
        if node.program is not None:
            return self._record.of("repair")
        return self._record.of("reason" if way == "reason" else "draft")

    def _draw(self, seen: Seen, known: Cell) -> float:
        return (beta if self._settings.prior == "beta" else gaussian)(seen, known, self._rng)

    def _count(self, node: Node) -> None:
        """What is in flight counts as a reward of 0 (virtual loss)."""
        reward = node.reward or 0.0
        way: Prompting = "plain"
        if node.expansion is not None:
            way = self._tree.expansions[node.expansion].started.prompt
        assert node.parent is not None
        self._new[node.parent, way].add(reward)
        for distance, above in enumerate(self._tree.ancestors(node)):
            self._whole[above.id].add(reward)
            if distance > 1:
                self._deep[above.id].add(reward)
