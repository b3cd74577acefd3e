"""What is promised of a run that was disturbed, checked on its journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from reason_tui.errors import JournalError
from reason_tui.runs.decisions import decisions, without_void
from reason_tui.runs.journal import read_events
from reason_tui.search import events as ev
from reason_tui.search.tree import Tree


@dataclass
class Tally:
    """What was counted, and every promise that was broken."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def check(self, holds: bool, promise: str) -> None:
        """Note a promise that does not hold."""
        self.counts["checks"] += 1
        if not holds:
            self.broken.append(promise)
            click.echo(f"BROKEN: {promise}", err=True)


def events_of(folder: Path, tally: Tally) -> list[ev.Event]:
    try:
        return list(read_events(folder))
    except JournalError as error:
        tally.check(False, str(error))
        return []


def judge(folder: Path, expected: Sequence[ev.Event], tally: Tally) -> None:
    """Compare a run that was disturbed with the one that was not."""
    events = events_of(folder, tally)
    tally.counts["runs"] += 1
    tally.counts["parts"] += 1 + sum(isinstance(event, ev.RunContinued) for event in events)
    _once(folder.name, events, tally)
    ends = [event for event in events if isinstance(event, ev.RunFinished)]
    is_same = _outline(events) == _outline(expected)
    tally.check(is_same, f"{folder.name} ended with another tree")
    tally.counts["runs with the same tree"] += is_same
    if len(ends) == 1:
        tally.check(decisions(events) == decisions(expected), f"{folder.name} decided otherwise")
        tally.counts["of these never stopped: the same events"] += 1


def _end(events: Sequence[ev.Event]) -> tuple[Any, ...]:
    last = events[-1] if events else None
    return (last.reason, last.outcome, last.answer) if isinstance(last, ev.RunFinished) else ()


def _once(run: str, events: Sequence[ev.Event], tally: Tally) -> None:
    """Nothing that was journalled was sampled or executed again, and each kill cost one policy call at most."""
    tree = Tree()
    for event in events:
        match event:
            case ev.RunContinued():
                again = 0
            case ev.ExpansionSampled():
                nodes = tree.of(tree.expansions[event.expansion])
                tally.check(any(n.completion is None for n in nodes), f"{run}: {event.expansion} sampled twice")
                if tree.expansions[event.expansion].sampled:
                    again += 1
                    tally.counts["calls made again for a part of their samples"] += 1
                    tally.check(again == 1, f"{run}: more than the expansion in flight was lost")
            case ev.NodeAdded():
                tally.check(tree.nodes[event.node].completion is None, f"{run}: {event.node} added twice")
            case ev.NodeJudged():
                tally.check(tree.nodes[event.node].reward is None, f"{run}: {event.node} executed twice")
            case _:
                pass
        tree.apply(event)


def _outline(events: Sequence[ev.Event]) -> list[Any]:
    """The tree at the end of a run: what was asked, what came of it, and the answer.

    Without what was in flight when a program passed: how much of that was sampled is a matter of time.
    """
    tree = Tree()
    for event in without_void(list(events)):
        tree.apply(event)
    asked = [
        (e.id, e.parent, e.nodes, e.started.seed, e.started.temperature, e.started.messages)
        for e in tree.expansions.values()
    ]
    nodes = [
        (n.id, n.parent, n.completion, n.program, n.status, n.reward, n.duplicate_of, n.visits, n.total, n.pending)
        for n in tree.nodes.values()
    ]
    return [asked, nodes, tree.ledger.completions, _end(events)]
