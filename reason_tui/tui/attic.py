"""Where the texts of nodes go that nobody looks at: a temporary file without a name. So a long run fits into memory.

A node in the attic keeps its figures; its program, its reply, its verdict and its prompt come back when it is looked
at. The journal has all of it too, but would have to be read from the beginning.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from array import array
from collections import deque
from io import FileIO

from reason_tui.sandbox.types import Verdict
from reason_tui.search import events as ev
from reason_tui.search.node import Expansion, Node
from reason_tui.search.tree import Tree

KEPT = 2000
"""Nodes whose texts stay in memory: more than are ever looked at together."""
_LENGTH = 8
"""Bytes before a record that say how long it is."""
_EMPTY = ev.ExpansionStarted(
    at=0, expansion=0, parent=0, origin="draft", nodes=(), messages=(), prefix="", temperature=0, seed=0
)


class Attic:
    """Takes the texts of a tree's nodes up and down. A disk that is full costs memory, nothing else."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._warm: deque[int] = deque()
        self._cold: dict[int, str] = {}
        """The nodes in the file, each with what its row says of its tests."""
        self._notes: dict[int, str] = {}
        self._words: dict[str, str] = {}
        """Rows say the same few things over and over."""
        self._at = array("q")
        self._asked = array("q")
        self._file: FileIO | None = None
        self._broken = False

    def __contains__(self, node: int) -> bool:
        return node in self._cold

    def judged(self, node: int) -> None:
        """The node has all its texts."""
        self._warm.append(node)

    def tests(self, node: int) -> str:
        """What the row of a node in the attic says of its tests."""
        return self._cold[node]

    def note(self, node: int) -> str:
        """What it says why it does not pass."""
        return self._notes.get(node, "")

    def due(self) -> list[int]:
        """The nodes that should go up now."""
        if self._broken or len(self._warm) <= self._kept:
            return []
        due = {self._warm.popleft() for _ in range(len(self._warm) - self._kept)}
        return [node for node in due if node not in self._cold]

    def up(self, node: Node, tree: Tree, tests: str, note: str) -> None:
        """Put the texts of a judged node into the file."""
        verdict = None if node.verdict is None else node.verdict.model_dump_json()
        at = self._write([node.completion, node.program, verdict])
        if at is None:
            return
        self._place(self._at, node.id, at)
        self._cold[node.id] = self._words.setdefault(tests, tests)
        if note:
            self._notes[node.id] = self._words.setdefault(note, note)
        node.completion = "" if node.completion is not None else None
        node.program = "" if node.program is not None else None
        node.verdict = None
        if node.expansion is not None:
            self._put_away(tree.expansions[node.expansion])

    def _put_away(self, expansion: Expansion) -> None:
        """The prompt, once no node of it is in memory."""
        if expansion.started is _EMPTY or not all(node in self._cold for node in expansion.nodes):
            return
        at = self._write([expansion.started.model_dump_json()])
        if at is not None:
            self._place(self._asked, expansion.id, at)
            expansion.started = _EMPTY

    def down(self, node: Node, tree: Tree) -> None:
        """Give a node its texts back. Does nothing where it has them."""
        if node.id not in self._cold:
            return
        completion, program, verdict = self._read(self._at[node.id])
        node.completion, node.program = completion, program
        node.verdict = None if verdict is None else Verdict.model_validate_json(verdict)
        del self._cold[node.id]
        self._notes.pop(node.id, None)
        self._warm.append(node.id)
        expansion = None if node.expansion is None else tree.expansions[node.expansion]
        if expansion is not None and expansion.started is _EMPTY:
            [started] = self._read(self._asked[expansion.id])
            expansion.started = ev.ExpansionStarted.model_validate_json(started or "")

    def program(self, node: int) -> str:
        """The program of a node in the attic, which stays there."""
        return self._read(self._at[node])[1] or ""

    def _write(self, texts: list[str | None]) -> int | None:
        """Where in the file they stand; None where the disk did not take them."""
        record = json.dumps(texts).encode()
        try:
            if self._file is None:
                # Without a buffer: the texts leave memory only when the disk has them. It lives as long as the run.
                self._file = tempfile.TemporaryFile(prefix="reason-tui-", buffering=0)  # noqa: SIM115
            at = self._file.seek(0, os.SEEK_END)
            if self._file.write(len(record).to_bytes(_LENGTH, "big") + record) < _LENGTH + len(record):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            self._broken = True
            return None
        return at

    def _read(self, at: int) -> list[str | None]:
        assert self._file is not None, "something was written"
        self._file.seek(at)
        length = int.from_bytes(self._file.read(_LENGTH), "big")
        found: list[str | None] = json.loads(self._file.read(length))
        return found

    @staticmethod
    def _place(column: array[int], number: int, at: int) -> None:
        missing = number + 1 - len(column)
        if missing > 0:
            column.extend([0] * missing)
        column[number] = at

    def close(self) -> None:
        """The file goes with it."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
