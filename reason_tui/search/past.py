"""What a run that goes on has behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reason_tui.errors import UsageError
from reason_tui.search import events as ev
from reason_tui.search.tree import Tree


@dataclass(frozen=True)
class Past:
    """The first event of a run, and the tree after the last one that is known. Whoever goes on changes the tree."""

    started: ev.RunStarted
    tree: Tree

    @classmethod
    def of(cls, events: Iterable[ev.Event]) -> Past:
        """Fold the events of a run. Raises UsageError where there is nothing to go on with."""
        tree, started, last = Tree(), None, None
        for last in events:
            tree.apply(last)
            started = last if isinstance(last, ev.RunStarted) else started
        if started is None:
            raise UsageError("The run has not begun.", why="Its journal is empty.", hint="Start a new one.")
        if isinstance(last, ev.RunFinished) and last.final:
            raise UsageError(
                f"The run {started.run} is over.", why=f"It ended: {last.reason}.", hint="Start a new one."
            )
        return cls(started, tree)
