"""Prompts that were evaluated before, kept outside the engine, piece by piece in a tree of their tokens.

A piece is what the engine computed for one chunk of a prompt. Prompts that begin alike share the pieces of that
beginning, so the longest beginning of a new prompt that any earlier one had is found by walking down from the root.
Where memory ends, the leaf of least value goes: used rarely, and long ago (as in LFU with aging: each use adds one to
a value that begins at that of the piece dropped last).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Snapshot(NamedTuple):
    """What an engine saved of `tokens` tokens; `state` is its own affair and takes `size` bytes.

    `complete`: a prompt may end here, as the logits behind the last token are there too.
    """

    tokens: int
    state: Any
    size: int
    complete: bool


@dataclass(eq=False)
class _Piece:
    saved: Snapshot
    parent: _Piece | None = None
    key: tuple[int, ...] = ()
    value: float = 0.0
    next: dict[tuple[int, ...], _Piece] = field(default_factory=dict)


_NOTHING = Snapshot(0, None, 0, complete=False)


class Snapshots:
    """At most `limit` bytes of pieces, each of `chunk` tokens but for the last of a prompt."""

    def __init__(self, limit: int, chunk: int) -> None:
        self.limit = limit
        self.size = 0
        self._chunk = chunk
        self._age = 0.0
        self._root = _Piece(_NOTHING)

    def find(self, tokens: Sequence[int]) -> list[Snapshot]:
        """The pieces, in order, of the longest beginning of `tokens` that is kept; they count as used.

        Where they are the whole of it, the last one is complete.
        """
        found = list(self._walk(tokens))
        if found and sum(len(piece.key) for piece in found) == len(tokens) and not found[-1].saved.complete:
            found.pop()
        for piece in found:
            piece.value = max(piece.value, self._age) + 1
        return [piece.saved for piece in found]

    def keep(self, tokens: Sequence[int], saved: Snapshot) -> None:
        """Keep the piece at the end of `tokens`, unless what precedes it has been dropped."""
        begin = len(tokens) - saved.tokens
        before = list(self._walk(tokens[:begin]))
        if sum(len(piece.key) for piece in before) != begin or saved.size > self.limit:
            return
        parent, key = before[-1] if before else self._root, tuple(tokens[begin:])
        if old := parent.next.get(key):
            self.size += saved.size - old.saved.size
            old.saved = saved
            newest = old
        else:
            newest = parent.next[key] = _Piece(saved, parent, key, self._age + 1)
            self.size += saved.size
        while self.size > self.limit:
            self._drop(newest)

    def clear(self) -> None:
        """Forget everything."""
        self._root, self.size, self._age = _Piece(_NOTHING), 0, 0.0

    def _walk(self, tokens: Sequence[int]) -> Iterator[_Piece]:
        piece, at = self._root, 0
        while at < len(tokens):
            after = piece.next.get(tuple(tokens[at : at + self._chunk]))
            if after is None:
                return
            yield after
            piece, at = after, at + len(after.key)

    def _drop(self, newest: _Piece) -> None:
        """Drop the leaf of least value, the newest only where there is no other."""
        leaves = [piece for piece in self._pieces() if not piece.next]
        least = min(leaves, key=lambda piece: (piece is newest, piece.value))
        assert least.parent is not None
        self._age = max(self._age, least.value)
        del least.parent.next[least.key]
        self.size -= least.saved.size

    def _pieces(self) -> Iterator[_Piece]:
        """Those kept first come first, so that of equal values the oldest goes."""
        waiting = list(self._root.next.values())
        for piece in waiting:
            yield piece
            waiting += piece.next.values()
