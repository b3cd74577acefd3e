"""A run as its journal tells it: the state that every screen, `--json`, `runs show` and `runs replay` share.

Pure: the same events give the same view, live or from disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from reason_tui.search import events as ev
from reason_tui.search.answer import best
from reason_tui.search.ledger import Ledger
from reason_tui.search.tree import Node, Tree
from reason_tui.tasks.types import Task

RunState = Literal["empty", "running", "paused", "finished"]


class RunView:
    """The fold. `apply` takes events in the order of the journal; everything else only reads."""

    def __init__(self) -> None:
        self.tree = Tree()
        self.started: ev.RunStarted | None = None
        self.finished: ev.RunFinished | None = None
        self.state: RunState = "empty"
        self.events = 0

    def apply(self, event: ev.Event) -> None:
        """Fold one event in."""
        self.events += 1
        match event:
            case ev.RunStarted():
                self.started = event
                self.state = "running"
            case ev.RunPaused():
                self.state = "paused"
            case ev.RunResumed():
                self.state = "running"
            case ev.RunContinued():
                self.finished = None
                self.state = "running"
            case ev.RunFinished():
                self.finished = event
                self.state = "finished"
        self.tree.apply(event)

    @classmethod
    def of(cls, events: Iterable[ev.Event]) -> RunView:
        """The view after all of `events`."""
        view = cls()
        for event in events:
            view.apply(event)
        return view

    @property
    def task(self) -> Task | None:
        """What is being solved, with the visible tests as they are now; None before the run has started."""
        return self.tree.task

    @property
    def settings(self) -> ev.SearchSettings | None:
        """How it is searched now: a person may have changed what the run was started with."""
        return self.tree.settings

    @property
    def ledger(self) -> Ledger:
        """What was spent so far."""
        return self.tree.ledger

    @property
    def elapsed(self) -> float:
        """Seconds from the first event to the last, without the time between an end and a RunContinued."""
        return self.tree.seconds

    def elapsed_at(self, now: float) -> float:
        """`elapsed` of a run that is going on at the Unix time `now`."""
        last = self.tree.last_at
        return self.elapsed if last is None or self.finished is not None else self.elapsed + max(now - last, 0.0)

    @property
    def answer(self) -> Node | None:
        """The answer of a finished run, or the best candidate so far."""
        if self.finished is not None:
            return None if self.finished.answer is None else self.tree.nodes.get(self.finished.answer)
        return best(self.tree)
