"""The difference between two programs, line by line."""

from __future__ import annotations

import difflib
from dataclasses import dataclass


@dataclass(frozen=True)
class Diff:
    """Lines of a unified diff, without the two file names; how many lines came (+) and went (−)."""

    lines: tuple[str, ...]
    added: int
    removed: int

    @property
    def summary(self) -> str:
        """E.g. `+3 −1`."""
        return f"+{self.added} −{self.removed}"


def diff(old: str, new: str, context: int = 3) -> Diff:
    """What must be done to `old` to get `new`."""
    unified = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=context)
    lines = tuple(unified)[2:]
    return Diff(
        lines=lines,
        added=sum(line.startswith("+") for line in lines),
        removed=sum(line.startswith("-") for line in lines),
    )
