"""In which order siblings stand, and which nodes are left out: the user's choice, kept up as the run goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from reason_tui.search.node import Node
from reason_tui.search.tree import Tree, ucb1
from reason_tui.tui.forest import ROOT, Forest

Sort = Literal["age", "tests", "Q", "U", "visits"]
SORTS: tuple[Sort, ...] = ("age", "tests", "Q", "U", "visits")
MANY = 2000
"""Siblings from which they are put in order once in a while only."""
SELDOM = 20
"""Frames between two times of that."""
AT_ONCE = 3000
"""Nodes that are held against a new filter in one frame."""
Describe = Callable[[Node], str]
"""What can be searched in a node, in small letters."""


class Arranging:
    """Sorts and filters the rows of one run."""

    def __init__(self) -> None:
        self.sort: Sort = "age"
        self.words: tuple[str, ...] = ()
        """What a node must contain to be shown; `!word`: must not."""
        self._stale: set[int] = set()
        """Parents whose children may stand wrong."""
        self._frame = 0
        self._next = ROOT + 1
        """The first node that was not yet held against the filter."""
        self._again: set[int] = set()
        """Nodes that changed since they were."""
        self._through: set[int] = set()

    @property
    def found(self) -> int:
        """How many nodes the filter let through."""
        return len(self._through)

    def lets_through(self, node: int) -> bool:
        """Whether the filter found this node, not only one below it."""
        return node in self._through

    def by(self, sort: Sort, forest: Forest) -> None:
        """Another order, from the next frame on."""
        self.sort = sort
        self._stale = set(forest.parents)
        self._frame = -1

    def only(self, text: str, forest: Forest) -> None:
        """Another filter: nodes are held against it from the next frame on. Without a word all are shown."""
        self.words = tuple(text.lower().split())
        self._through.clear()
        self._again.clear()
        self._next = ROOT + 1
        forest.filter(bool(self.words))

    def touched(self, node: Node, tree: Tree) -> None:
        """A node changed, and with it the figures of those above: it may stand wrong, and pass the filter or not."""
        if self.words:
            self._again.add(node.id)
        if self.sort != "age":
            self._stale.update(above.id for above in tree.ancestors(node))

    def frame(self, tree: Tree, forest: Forest, describe: Describe, exploration: float) -> None:
        """Do what is due."""
        self._frame += 1
        now = [p for p in self._stale if p in forest and (len(forest.children(p)) < MANY or self._frame % SELDOM == 0)]
        if now:
            key = _key(self.sort, tree, exploration)
            for parent in now:
                forest.sort(parent, key)
            self._stale.difference_update(now)
        if self.words:
            upto = min(tree.next_node, self._next + AT_ONCE)
            for number in (*self._again, *range(self._next, upto)):
                self._hold(number, tree, forest, describe)
            self._again.clear()
            self._next = upto

    def _hold(self, number: int, tree: Tree, forest: Forest, describe: Describe) -> None:
        """Hold one node against the filter."""
        node = tree.nodes.get(number)
        if node is None or number == ROOT:
            return
        through = self._fits(describe(node))
        if through != (number in self._through):
            (self._through.add if through else self._through.discard)(number)
            forest.want(number, wanted=through)

    def _fits(self, text: str) -> bool:
        return all((word[1:] not in text) if word[0] == "!" and word[1:] else word in text for word in self.words)


def _key(sort: Sort, tree: Tree, exploration: float) -> Callable[[int], object]:
    """Of one's siblings: the best first, then the oldest."""
    nodes = tree.nodes

    def bound(number: int) -> float:
        node = nodes[number]
        visited = node.parent is not None and node.visits + node.pending
        return ucb1(node, nodes[node.parent], exploration) if visited and node.parent is not None else -1.0

    keys: dict[Sort, Callable[[int], object]] = {
        "age": lambda number: number,
        "tests": lambda number: (-(nodes[number].reward or 0.0), number),
        "Q": lambda number: (-nodes[number].value, number),
        "U": lambda number: (-bound(number), number),
        "visits": lambda number: (-nodes[number].visits, number),
    }
    return keys[sort]
