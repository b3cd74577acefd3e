"""Which problem a task is about: the same words ask for the same, whatever the task is called."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from reason_tui.tasks.types import GradedTask, Task


def task_key(task: Task) -> str:
    """A digest of what is asked: its words without white space.

    The id is not in it: the same problem typed again, or in another dataset, is the same task. Nor is a program to
    repair: a problem with other bugs put into its solution is the same problem, and stands on one side of every split.
    """
    return hashlib.sha256(dense(task.prompt).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def dense(text: str) -> str:
    """Its words without white space."""
    return "".join(text.split())


def problem_keys(names: Iterable[str], tasks: Iterable[GradedTask]) -> list[str]:
    """For each task of this id the problem it is about: what is resampled where tasks are not independent.

    A task that is not among `tasks` is a problem of its own.
    """
    about = {graded.task.id: task_key(graded.task) for graded in tasks}
    return [about.get(name, name) for name in names]
