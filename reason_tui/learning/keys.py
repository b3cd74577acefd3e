"""Which task is which, whatever it is called, and on which side of a split it stands."""

from __future__ import annotations

import hashlib
from typing import Literal

from reason_tui.tasks.types import GradedTask, Task

Split = Literal["train", "valid"]
HELD_OUT, FOR_TRAINING = "heldout", "train"
_VALID_IN = 10


def task_key(task: Task) -> str:
    """A digest of what is asked: its words without white space.

    The id is not in it: the same problem typed again, or in another dataset, is the same task. Nor is a program to
    repair: a problem with other bugs put into its solution is the same problem, and stands on one side of every split.
    """
    return hashlib.sha256(dense(task.prompt).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def dense(text: str) -> str:
    """Its words without white space."""
    return "".join(text.split())


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
