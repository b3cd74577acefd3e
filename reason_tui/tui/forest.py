"""Rows of a tree of which parts are folded or filtered out: which node stands on row 4,711, and on which row stands n.

Every node knows how many rows its visible subtree takes, and a parent of many children keeps sums over them, so that a
look-up descends from the root, and a node more costs a step per ancestor, however many rows there are. Everything is
kept by node id in arrays: ids are dense, and a hundred thousand objects would cost more than the rows are worth.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from reason_tui.tui.sums import Sums

ROOT = 0
MANY = 32
"""Children from which a parent keeps sums over their sizes."""
_NONE, _ABSENT = -1, -2


@dataclass(frozen=True, slots=True)
class Row:
    """A node on its row. `last`: for each level from the first, whether that ancestor (or itself) is the last child."""

    node: int
    last: tuple[bool, ...]
    folded: bool


class Forest:
    """Node 0 is the root and is always there."""

    def __init__(self) -> None:
        self._parent = array("i", (_NONE,))
        self._slot = array("i", (0,))
        """Where a node stands among its parent's children."""
        self._size = array("i", (1,))
        """Rows of a node and of what is visible below it; 0 where it is filtered out."""
        self._children: dict[int, list[int]] = {}
        self._sums: dict[int, Sums] = {}
        self._folded: set[int] = set()
        self._wanted: array[int] | None = None
        """With a filter: how many nodes at or below a node are wanted."""

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
        return sorted(self._folded)

    def __len__(self) -> int:
        """How many rows there are."""
        return self._size[ROOT]

    def __contains__(self, node: int) -> bool:
        return 0 <= node < len(self._parent) and self._parent[node] != _ABSENT

    # Growing and shrinking.

    def add(self, node: int, parent: int) -> None:
        """A new last child, not wanted yet where there is a filter. Does nothing if it is there already."""
        if node in self:
            return
        self._make_room(node)
        children = self._children.setdefault(parent, [])
        self._parent[node], self._slot[node] = parent, len(children)
        children.append(node)
        sums = self._sums.get(parent)
        if sums is not None:
            sums.append(0)
        elif len(children) > MANY:
            self._sums[parent] = Sums([self._size[child] for child in children])
        if self._wanted is None:
            self._resize(node, 1)

    def _make_room(self, node: int) -> None:
        missing = node + 1 - len(self._parent)
        if missing > 0:
            self._parent.extend([_ABSENT] * missing)
            for column in (self._slot, self._size):
                column.extend([0] * missing)
            if self._wanted is not None:
                self._wanted.extend([0] * missing)

    def remove(self, node: int) -> None:
        """Take a node without children away."""
        if node not in self or self._children.get(node) or node == ROOT:
            return
        if self._wanted is not None:
            self.want(node, wanted=False)
        parent = self._parent[node]
        self._resize(node, -self._size[node])
        self._parent[node] = _ABSENT
        self._folded.discard(node)
        self._reorder(parent, [child for child in self._children[parent] if child != node])

    def _resize(self, node: int, rows: int) -> None:
        """Change the size of a node, and of all above it as far as it can be seen."""
        self._size[node] += rows
        while rows and (parent := self._parent[node]) >= 0:
            sums = self._sums.get(parent)
            if sums is not None:
                sums.add(self._slot[node], rows)
            if parent in self._folded or not self._size[parent]:
                return
            self._size[parent] += rows
            node = parent

    def _reorder(self, parent: int, children: list[int]) -> None:
        self._children[parent] = children
        for slot, child in enumerate(children):
            self._slot[child] = slot
        self._sums.pop(parent, None)
        if len(children) > MANY:
            self._sums[parent] = Sums([self._size[child] for child in children])

    def sort(self, parent: int, key: Callable[[int], object]) -> None:
        """Put the children of a node into another order."""
        children = self._children.get(parent)
        if children and len(children) > 1:
            ordered = sorted(children, key=key)  # type: ignore[arg-type]
            if ordered != children:
                self._reorder(parent, ordered)

    @property
    def parents(self) -> Iterable[int]:
        """Every node that has children."""
        return self._children.keys()

    # What is left out.

    def filter(self, on: bool) -> None:
        """Leave out every node that is not wanted and has nothing below it that is; or show all again.

        With a new filter nobody is wanted yet: see `want`. The root always stays.
        """
        self._wanted = array("i", [0] * len(self._parent)) if on else None
        self._rebuild()

    def want(self, node: int, *, wanted: bool = True) -> None:
        """Say of a node whether the filter lets it through. Call it once a node, again only where that changed."""
        counts, by = self._wanted, 1 if wanted else -1
        if counts is None:
            return
        above: list[int] = []
        at = node
        while at >= 0:
            counts[at] += by
            above.append(at)
            at = self._parent[at]
        for at in reversed(above):
            if wanted and counts[at] == 1 and not self._size[at]:
                self._resize(at, 1)
            elif not wanted and counts[at] == 0 and self._size[at] and at != ROOT:
                self._resize(at, -self._size[at])

    def _rebuild(self) -> None:
        """Every size anew: children before parents, which have the smaller ids."""
        shown = self._wanted
        for node in range(len(self._parent) - 1, -1, -1):
            if self._parent[node] == _ABSENT or (shown is not None and not shown[node] and node != ROOT):
                self._size[node] = 0
                continue
            below = () if node in self._folded else self._children.get(node, ())
            self._size[node] = 1 + sum(self._size[child] for child in below)
        for parent in list(self._sums):
            self._reorder(parent, self._children[parent])

    # Folding.

    def children(self, node: int) -> list[int]:
        """The children as they stand, those that are left out too."""
        return self._children.get(node, [])

    def hidden(self, node: int) -> int:
        """How many nodes are below a folded node, as far as they would be seen if it were not folded."""
        sums = self._sums.get(node)
        return sums.total if sums is not None else sum(self._size[child] for child in self._children.get(node, ()))

    def fold(self, node: int) -> bool:
        """Hide what is below `node`; whether anything changed."""
        if node in self._folded or not self._children.get(node):
            return False
        hidden = self._size[node] - 1 if self._size[node] else 0
        self._resize(node, -hidden)
        self._folded.add(node)
        return True

    def unfold(self, node: int) -> bool:
        """Show what is below `node` again; whether anything changed."""
        if node not in self._folded:
            return False
        self._folded.discard(node)
        if self._size[node]:
            self._resize(node, self.hidden(node))
        return True

    def reveal(self, node: int) -> None:
        """Unfold whatever hides `node`."""
        parent = self.parent(node)
        while parent is not None:
            self.unfold(parent)
            parent = self.parent(parent)

    # Rows.

    def parent(self, node: int) -> int | None:
        """The node above."""
        parent = self._parent[node]
        return parent if parent >= 0 else None

    def first_child(self, node: int) -> int | None:
        """The first child that is shown."""
        return next((child for child in self._children.get(node, ()) if self._size[child]), None)

    def row_of(self, node: int) -> int:
        """The row of `node`, or of the folded node that hides it; of one that is left out, of what stands above it."""
        visible, at = node, node
        while (parent := self._parent[at]) >= 0:
            if parent in self._folded or not self._size[at]:
                visible = parent
            at = parent
        row, here = 0, visible
        while (parent := self._parent[here]) >= 0:
            row += 1 + self._before(parent, self._slot[here])
            here = parent
        return row

    def _before(self, parent: int, slot: int) -> int:
        """Rows of the children of `parent` that stand before this one."""
        sums = self._sums.get(parent)
        if sums is not None:
            return sums.before(slot)
        return sum(self._size[child] for child in self._children[parent][:slot])

    def _find(self, parent: int, row: int) -> tuple[int, int] | None:
        """The child of `parent` that has this row of theirs, and which of its own rows that is."""
        sums = self._sums.get(parent)
        if sums is not None:
            return sums.find(row)
        for slot, child in enumerate(self._children.get(parent, ())):
            if row < self._size[child]:
                return slot, row
            row -= self._size[child]
        return None

    def node_at(self, row: int) -> int:
        """The node on `row`. Raises IndexError where there is none."""
        return next(self.rows(row, 1)).node

    def rows(self, start: int, count: int) -> Iterator[Row]:
        """At most `count` rows from `start` on. Raises IndexError where `start` is no row."""
        if not 0 <= start < len(self):
            raise IndexError(start)
        path, last = self._descend(start)
        for _ in range(count):
            node = ROOT if not path else self._children[path[-1][0]][path[-1][1]]
            yield Row(node, tuple(last), node in self._folded)
            if not self._advance(node, path, last):
                return

    def _descend(self, row: int) -> tuple[list[tuple[int, int]], list[bool]]:
        """The way to a row: (parent, slot of the child taken) for each level, and which of them are last children."""
        path: list[tuple[int, int]] = []
        last: list[bool] = []
        node = ROOT
        while row > 0:
            found = self._find(node, row - 1)
            assert found is not None, "the row is there"
            slot, row = found
            self._take(node, slot, path, last)
            node = self._children[node][slot]
        return path, last

    def _take(self, parent: int, slot: int, path: list[tuple[int, int]], last: list[bool]) -> None:
        """One level down."""
        path.append((parent, slot))
        child = self._children[parent][slot]
        last.append(self._before(parent, slot) + self._size[child] == self.hidden(parent))

    def _advance(self, node: int, path: list[tuple[int, int]], last: list[bool]) -> bool:
        """Move the way on to the next row; whether there is one."""
        if node not in self._folded and (first := self._find(node, 0)) is not None:
            self._take(node, first[0], path, last)
            return True
        while path:
            parent, slot = path.pop()
            last.pop()
            child = self._children[parent][slot]
            following = self._find(parent, self._before(parent, slot) + self._size[child])
            if following is not None:
                self._take(parent, following[0], path, last)
                return True
        return False
