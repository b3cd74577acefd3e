"""Taking in the user's own runs: all that are over, or one, and what they give to learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from reason_tui.errors import JournalError
from reason_tui.learning.pairs import Example, Pair, PairRules
from reason_tui.learning.store import Store
from reason_tui.runs.library import is_written


@dataclass
class Gathered:
    """How many runs were new or changed, how many of those are of held-out tasks, and the judged replies of all."""

    runs: int = 0
    held_out: int = 0
    samples: int = 0


def gather(store: Store, folders: Iterable[Path], left_out: Callable[[str], None]) -> Gathered:
    """Take in the runs in these folders; `left_out` hears of those that are going on or damaged. Raises StateError."""
    found = Gathered()
    for folder in folders:
        if is_written(folder):
            left_out(f"{folder.name} is going on and is left out.")
            continue
        try:
            taken = store.take_in(folder)
        except JournalError as damage:
            left_out(str(damage))
            continue
        if taken.fresh:
            found.runs += 1
            found.held_out += taken.held_out
            found.samples += taken.samples
    return found


def lessons_of(store: Store, run: str) -> tuple[list[Example], list[Pair]]:
    """What a run that was taken in gives: verified replies, and pairs."""
    rules = PairRules()
    return store.examples(rules, [run]), store.pairs(rules, [run])
