"""On which side of a split a task stands."""

from __future__ import annotations

from typing import Literal

from reason_tui.tasks.problem import task_key
from reason_tui.tasks.types import GradedTask

Split = Literal["train", "valid"]
HELD_OUT, FOR_TRAINING = "heldout", "train"
_VALID_IN = 10


def split_of(key: str) -> Split:
    """`valid`, one task in ten: what training stops early by. The same in every store, for ever."""
    return "valid" if int(key[:8], 16) % _VALID_IN == 0 else "train"


def is_held_out(graded: GradedTask, share: float = 0.0) -> bool:
    """Whether a task of a dataset is for measuring only.

    A group that ends in `/train` or `/heldout` says so itself; of other tasks a `share` is, by their words.
    """
    mark = graded.group.rpartition("/")[2]
    if mark in (HELD_OUT, FOR_TRAINING):
        return mark == HELD_OUT
    return int(task_key(graded.task)[8:16], 16) / 0xFFFFFFFF < share
