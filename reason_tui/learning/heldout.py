"""Tasks that nothing may be learned from, because adapters are measured on them."""

from __future__ import annotations

from functools import cache

from reason_tui.assets import asset
from reason_tui.learning.keys import is_held_out
from reason_tui.tasks.own import read_own
from reason_tui.tasks.problem import dense, task_key
from reason_tui.tasks.types import GradedTask

_ALL = ("heldout", "tuning")
_BY_GROUP = "reserved"
_SUFFIXES = (".jsonl", ".jsonl.gz")


@cache
def shipped() -> frozenset[str]:
    """The keys of the held-out tasks that come with the app. Raises DatasetError for a damaged file."""
    keys = {task_key(graded.task) for name in _ALL for graded in shipped_tasks(name)}
    return frozenset(keys | {task_key(graded.task) for graded in shipped_tasks(_BY_GROUP) if is_held_out(graded)})


def shipped_tasks(name: str) -> tuple[GradedTask, ...]:
    """The tasks of `assets/embedded/NAME`; none where it is not there. Raises DatasetError."""
    for suffix in _SUFFIXES:
        path = asset(f"embedded/{name}{suffix}")
        if path.is_file():
            return tuple(read_own(path))
    return ()


@cache
def _words() -> frozenset[str]:
    kept = [graded for name in _ALL for graded in shipped_tasks(name)]
    kept += [graded for graded in shipped_tasks(_BY_GROUP) if is_held_out(graded)]
    return frozenset(dense(graded.task.prompt) for graded in kept)


def quotes_held_out(text: str) -> bool:
    """Whether a shipped held-out task stands in this text: for prompts of which nothing else is known."""
    within = dense(text)
    return any(words in within for words in _words())
