"""Subtrees in which everything failed, folded by themselves so that a long run stays readable."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from reason_tui.search.node import Node
from reason_tui.search.tree import Tree
from reason_tui.tui.forest import ROOT, Forest

FROM = 60
"""Nodes from which subtrees are rolled up where the user did not say."""
_HOPEFUL = frozenset(("passed", "partial", "unverified"))


def hopeful(node: Node) -> bool:
    """Whether a node, or what may still come of it, is worth a look."""
    return node.pinned or (not node.dead and (node.reward is None or node.status in _HOPEFUL))


class RollUp:
    """Counts the hopeful nodes at and below each node. What it folded it unfolds when the search goes there again."""

    def __init__(self) -> None:
        self.asked: bool | None = None
        """What the user said; None: they did not."""
        self._live = array("i")
        self._mark = bytearray()
        self._rolled: set[int] = set()
        self._left_open: set[int] = set()
        """What the user unfolded stays so."""

    def on(self, tree: Tree) -> bool:
        """Whether subtrees are rolled up now."""
        return len(tree.nodes) > FROM if self.asked is None else self.asked

    def is_rolled(self, node: int) -> bool:
        """Whether this node was folded because all below it failed."""
        return node in self._rolled

    def changed(self, nodes: Iterable[int], tree: Tree, forest: Forest) -> None:
        """These nodes are new, or have another status."""
        on = self.on(tree)
        for number in nodes:
            node = tree.nodes.get(number)
            if node is not None:
                self._note(node, hopeful(node), tree, forest, on=on)

    def _note(self, node: Node, live: bool, tree: Tree, forest: Forest, *, on: bool) -> None:
        missing = tree.next_node - len(self._mark)
        if missing > 0:
            self._mark.extend(bytes(missing))
            self._live.extend([0] * missing)
        by = live - self._mark[node.id]
        self._mark[node.id] = live
        for above in tree.ancestors(node):
            self._live[above.id] += by
            if above is node:
                continue
            if self._live[above.id] > self._mark[above.id]:
                self._unroll(above.id, forest)
            elif on and above.id != ROOT and above.id not in self._left_open and forest.fold(above.id):
                self._rolled.add(above.id)

    def _unroll(self, node: int, forest: Forest) -> None:
        if node in self._rolled:
            self._rolled.discard(node)
            forest.unfold(node)

    def all_again(self, tree: Tree, forest: Forest) -> None:
        """Count from nothing, and fold or unfold accordingly."""
        for node in list(self._rolled):
            if node in forest:
                forest.unfold(node)
        self._rolled.clear()
        self._mark, self._live = bytearray(), array("i")
        self.changed(list(tree.nodes), tree, forest)

    def say(self, on: bool, tree: Tree, forest: Forest) -> None:
        """The user wants it so."""
        self.asked = on
        self._left_open.clear()
        self.all_again(tree, forest)

    def by_hand(self, node: int, *, folded: bool) -> None:
        """The user folded or unfolded a node."""
        self._rolled.discard(node)
        if not folded:
            self._left_open.add(node)
