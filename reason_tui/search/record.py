"""What a model has shown so far: how often its drafts and repairs led to a pass, and what they cost.

A snapshot goes into the settings of a run, and so into its journal: a strategy that reads it decides the same again.
"""

from __future__ import annotations

from pydantic import Field

from reason_tui.tasks.types import Frozen


class Cell(Frozen):
    """What one kind of completion gave. `tokens` are of prompts and completions; rewards are in [0, 1].

    `fresh` counts those whose program was new in its search; of its first passes, `passed`.
    """

    tried: int = Field(default=0, ge=0)
    fresh: int = Field(default=0, ge=0)
    passed: int = Field(default=0, ge=0)
    tokens: int = Field(default=0, ge=0)
    total: float = Field(default=0.0, ge=0)
    squares: float = Field(default=0.0, ge=0)

    def __add__(self, other: Cell) -> Cell:
        return Cell(**{name: getattr(self, name) + getattr(other, name) for name in Cell.model_fields})


class Record(Frozen):
    """Cells by kind and by how many of the kind there were before (`bucket`), of as many searches as `runs`."""

    runs: int = 0
    cells: dict[str, Cell] = Field(default_factory=dict)

    def __add__(self, other: Record) -> Record:
        names = sorted(self.cells.keys() | other.cells.keys())
        return Record(runs=self.runs + other.runs, cells={n: self.cell(n) + other.cell(n) for n in names})

    def cell(self, name: str) -> Cell:
        """An empty one where nothing was recorded."""
        return self.cells.get(name, Cell())

    def of(self, kind: str) -> Cell:
        """All cells of the kinds that begin so, as one."""
        found = Cell()
        for name, cell in self.cells.items():
            if name.startswith(kind):
                found += cell
        return found


BUCKETS = 9


def bucket(before: int) -> int:
    """0, 1, 2-3, 4-7, 8-15, …, 128 and more: what is left after many failures is harder."""
    return min(before.bit_length(), BUCKETS - 1)
