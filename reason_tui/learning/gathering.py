"""Taking in the user's own runs: all that are over, or one, and what they give to learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from reason_tui.errors import JournalError, TrainingError, UsageError
from reason_tui.learning.pairs import PairRules
from reason_tui.learning.store import Store
from reason_tui.learning.training.dataset import LEAST, enough
from reason_tui.learning.training.settings import Method
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


def method_for(store: Store, folder: Path) -> Method:
    """Take the run in this folder in; how one can train on it alone: SFT where it has verified replies enough.

    Raises UsageError for a held-out task, TrainingError where it gives too little; what it gave stays taken in.
    """
    store.take_in(folder)
    rules = PairRules()
    if not store.samples([folder.name]):
        raise UsageError(
            "Nothing can be learned from this run.",
            why="No reply of it was judged, or adapters are measured on its task.",
            hint="Search another task, or a task set: reason-tui collect --tasks FILE",
        )
    examples, pairs = store.examples(rules, [folder.name]), store.pairs(rules, [folder.name])
    if enough(examples):
        return "sft"
    if enough(pairs):
        return "dpo"
    raise TrainingError(
        "This run alone gives too little to train on.",
        why=f"It has {len(examples)} verified replies and {len(pairs)} pairs; {LEAST} are the least, of a task that is "
        "not among the tenth that only validates.",
        hint="It was taken in: train on all that was collected, in Learn or by `reason-tui train sft`.",
    )
