"""Rows of a tree of which parts are folded: which node stands on row 4,711, and on which row stands node n.

Every node knows how many rows its visible subtree takes, so that a lookup descends from the root and an added node
costs one step per ancestor, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

ROOT = 0


@dataclass
class _Item:
    """`size`: rows of this node and of what is visible below it."""

    parent: int | None
    children: list[int] = field(default_factory=list)
    size: int = 1
    folded: bool = False


@dataclass(frozen=True)
class Row:
    """A node on its row. `last`: for each level from the first, whether that ancestor (or itself) is the last child."""

    node: int
    last: tuple[bool, ...]
    folded: bool


class Forest:
    """Node 0 is the root and is always there."""

    def __init__(self) -> None:
        self._items: dict[int, _Item] = {ROOT: _Item(None)}

    @classmethod
    def of(cls, parents: Iterable[tuple[int, int | None]], folded: Iterable[int] = ()) -> Forest:
        """The forest of these nodes, each with its parent, parents first; those in `folded` are folded."""
        forest = cls()
        for node, parent in parents:
            if parent is not None:
                forest.add(node, parent)
        for node in folded:
            if node in forest:
                forest.fold(node)
        return forest

    @property
    def folded(self) -> list[int]:
        """Every node whose children are hidden."""
        return [node for node, item in self._items.items() if item.folded]

    def __len__(self) -> int:
        """How many rows there are."""
        return self._items[ROOT].size

    def __contains__(self, node: int) -> bool:
        return node in self._items

    def add(self, node: int, parent: int) -> None:
        """A new last child. Does nothing if it is there already."""
        if node in self._items:
            return
        self._items[node] = _Item(parent)
        self._items[parent].children.append(node)
        if not self._items[parent].folded:
            self._grow(parent, 1)

    def remove(self, node: int) -> None:
        """Take a node without children away."""
        item = self._items.pop(node, None)
        if item is None or item.parent is None:
            return
        self._items[item.parent].children.remove(node)
        if not self._items[item.parent].folded:
            self._grow(item.parent, -1)

    def _grow(self, node: int | None, rows: int) -> None:
        """Change the sizes from `node` upwards, as far as it can be seen."""
        while node is not None:
            item = self._items[node]
            item.size += rows
            if item.parent is not None and self._items[item.parent].folded:
                return
            node = item.parent

    def has_children(self, node: int) -> bool:
        """Whether there is anything to fold."""
        return bool(self._items[node].children)

    def is_folded(self, node: int) -> bool:
        """Whether what is below is hidden."""
        return self._items[node].folded

    def hidden(self, node: int) -> int:
        """How many nodes are below a folded node, as far as they would be seen if it were not folded."""
        return sum(self._items[child].size for child in self._items[node].children)

    def fold(self, node: int) -> bool:
        """Hide what is below `node`; whether anything changed."""
        item = self._items[node]
        if item.folded or not item.children:
            return False
        hidden = item.size - 1
        item.folded = True
        self._resize(item, -hidden)
        return True

    def unfold(self, node: int) -> bool:
        """Show what is below `node` again; whether anything changed."""
        item = self._items[node]
        if not item.folded:
            return False
        item.folded = False
        self._resize(item, sum(self._items[child].size for child in item.children))
        return True

    def _resize(self, item: _Item, rows: int) -> None:
        item.size += rows
        if item.parent is not None and not self._items[item.parent].folded:
            self._grow(item.parent, rows)

    def reveal(self, node: int) -> None:
        """Unfold whatever hides `node`."""
        parent = self._items[node].parent
        while parent is not None:
            self.unfold(parent)
            parent = self._items[parent].parent

    def parent(self, node: int) -> int | None:
        """The node above."""
        return self._items[node].parent

    def first_child(self, node: int) -> int | None:
        """The oldest child."""
        children = self._items[node].children
        return children[0] if children else None

    def row_of(self, node: int) -> int:
        """The row of `node`, or of the folded node that hides it."""
        visible, at = node, self._items[node].parent
        while at is not None:
            if self._items[at].folded:
                visible = at
            at = self._items[at].parent
        row, here = 0, visible
        while (parent := self._items[here].parent) is not None:
            row += 1
            for sibling in self._items[parent].children:
                if sibling == here:
                    break
                row += self._items[sibling].size
            here = parent
        return row

    def node_at(self, row: int) -> int:
        """The node on `row`. Raises IndexError where there is none."""
        return next(self.rows(row, 1)).node

    def rows(self, start: int, count: int) -> Iterator[Row]:
        """At most `count` rows from `start` on. Raises IndexError where `start` is no row."""
        if not 0 <= start < len(self):
            raise IndexError(start)
        path, last = self._descend(start)
        for _ in range(count):
            node = ROOT if not path else self._items[path[-1][0]].children[path[-1][1]]
            yield Row(node, tuple(last), self._items[node].folded)
            if not self._advance(node, path, last):
                return

    def _descend(self, row: int) -> tuple[list[tuple[int, int]], list[bool]]:
        """The way to a row: (parent, index of the child taken) for each level, and which of them are last children."""
        path: list[tuple[int, int]] = []
        last: list[bool] = []
        node = ROOT
        while row > 0:
            row -= 1
            children = self._items[node].children
            for index, child in enumerate(children):
                if row < self._items[child].size:
                    path.append((node, index))
                    last.append(index == len(children) - 1)
                    node = child
                    break
                row -= self._items[child].size
        return path, last

    def _advance(self, node: int, path: list[tuple[int, int]], last: list[bool]) -> bool:
        """Move the way on to the next row; whether there is one."""
        item = self._items[node]
        if item.children and not item.folded:
            path.append((node, 0))
            last.append(len(item.children) == 1)
            return True
        while path:
            parent, index = path.pop()
            last.pop()
            children = self._items[parent].children
            if index + 1 < len(children):
                path.append((parent, index + 1))
                last.append(index + 2 == len(children))
                return True
        return False
