"""Running sums over a list of sizes that change one at a time (a Fenwick tree)."""

from __future__ import annotations

from array import array
from collections.abc import Sequence


class Sums:
    """Sizes by slot. Adding, summing up and finding take a step per doubling of their number."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._tree = array("i", [0, *sizes])
        for at in range(1, len(self._tree)):
            above = at + (at & -at)
            if above < len(self._tree):
                self._tree[above] += self._tree[at]
        self.total = sum(sizes)

    def __len__(self) -> int:
        return len(self._tree) - 1

    def append(self, size: int) -> None:
        """One more slot."""
        at = len(self._tree)
        self._tree.append(size)
        below, step = at - 1, 1
        while step < (at & -at):
            self._tree[at] += self._tree[below]
            step = at - (below - (below & -below))
            below -= below & -below
        self.total += size

    def add(self, slot: int, by: int) -> None:
        """Change the size of a slot."""
        at = slot + 1
        while at < len(self._tree):
            self._tree[at] += by
            at += at & -at
        self.total += by

    def before(self, slot: int) -> int:
        """The sum of all slots before this one."""
        found, at = 0, slot
        while at > 0:
            found += self._tree[at]
            at -= at & -at
        return found

    def find(self, row: int) -> tuple[int, int] | None:
        """The slot that has the row (of all rows, from 0), and which of its own it is; None past the end."""
        if not 0 <= row < self.total:
            return None
        at, step = 0, 1 << len(self).bit_length()
        while step:
            following = at + step
            if following < len(self._tree) and self._tree[following] <= row:
                at, row = following, row - self._tree[following]
            step >>= 1
        return at, row
