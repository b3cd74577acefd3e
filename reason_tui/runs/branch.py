"""A new run that begins with the tree of another one as it was at some event, and goes on with other settings."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from reason_tui import __version__
from reason_tui.errors import JournalError, UsageError
from reason_tui.runs.folders import new_run_id, runs_dir
from reason_tui.runs.journal import read_events, write_journal
from reason_tui.search import events as ev
from reason_tui.search.rules import OutOfPlaceError, Rules
from reason_tui.search.tree import Node, Tree


def branch(
    state_dir: Path,
    folder: Path,
    settings: ev.SearchSettings | None = None,
    *,
    node: int | None = None,
    event: int | None = None,
) -> str:
    """Make the journal of a new run out of that of the run in `folder`; the new run's name, to be resumed.

    It has everything up to the `event` of this number, or up to the verdicts of the expansion that made `node`, or all
    there is; what was in flight then is left out. `settings` are those of the run, if none are given; its budget
    counts what was copied. Of a damaged journal the good part is used. Raises UsageError where there is no such node
    or event, JournalError where nothing can be read or written.
    """
    past = _good(folder)
    last = len(past) - 1 if event is None else event
    if node is not None:
        last = _after(past, node)
    if not 0 <= last < len(past):
        raise UsageError(f"There is no event {last}.", why=f"The run has the events 0 to {len(past) - 1}.")
    copied = list(_cut(past[: last + 1], settings, last))
    started = copied[0]
    assert isinstance(started, ev.RunStarted), "every journal begins so"
    write_journal(runs_dir(state_dir) / started.run, copied)
    return started.run


def _good(folder: Path) -> list[ev.Event]:
    """The events as far as they can be read. Raises JournalError where there are none."""
    good: list[ev.Event] = []
    try:
        for event in read_events(folder):
            good.append(event)
    except JournalError:
        if not good:
            raise
    if not good:
        raise UsageError("The run has not begun.", why="Its journal is empty.")
    return good


def _after(past: Sequence[ev.Event], node: int) -> int:
    """The last verdict of the expansion that made `node`; of the root, its own, or the beginning."""
    siblings = {node}
    for event in past:
        if isinstance(event, ev.ExpansionStarted) and node in event.nodes:
            siblings.update(event.nodes)
    judged = [at for at, event in enumerate(past) if isinstance(event, ev.NodeJudged) and event.node in siblings]
    if judged:
        return judged[-1]
    if node == ev.ROOT:
        return 0
    raise UsageError(f"There is no node {node} to branch from.", why="It is not there, or it was never judged.")


def _cut(past: Sequence[ev.Event], settings: ev.SearchSettings | None, last: int) -> Iterator[ev.Event]:
    """The new journal: without ends, pauses, and the expansions that were in flight, and what was done to those."""
    tree = Tree()
    for event in past:
        tree.apply(event)
    begun = [each.id for each in tree.expansions.values() if any(_open(node) for node in tree.of(each))]
    in_flight = [each for each in tree.expansions.values() if begun and each.id >= begun[0]]
    dropped = {each.id for each in in_flight}
    nodes = {node for each in in_flight for node in each.nodes}
    rules = Rules()  # an act upon what is left out is left out too
    for event in past:
        kept = _kept(event, settings, last)
        if kept is None or _concerns(kept, dropped, nodes):
            continue
        with contextlib.suppress(OutOfPlaceError):
            rules.apply(kept)
            yield kept


def _kept(event: ev.Event, settings: ev.SearchSettings | None, last: int) -> ev.Event | None:
    """The event as it is in the new journal, None where it has no place there."""
    match event:
        case ev.RunStarted():
            changes = {
                "at": time.time(),
                "run": new_run_id(event.task),
                "settings": settings or event.settings,
                "app_version": __version__,
                "branched_from": ev.Branch(run=event.run, event=last),
            }
            return event.model_copy(update=changes)
        case ev.RunPaused() | ev.RunResumed() | ev.RunFinished():
            return None
        case ev.SettingsChanged() if settings is not None:
            return None
        case _:
            return event


def _concerns(event: ev.Event, dropped: set[int], nodes: set[int]) -> bool:
    if isinstance(event, ev.ExpansionStarted | ev.ExpansionSampled | ev.ExpansionFailed | ev.NodeAdded):
        return event.expansion in dropped
    return isinstance(event, ev.NodeJudged) and event.node in nodes


def _open(node: Node) -> bool:
    return node.reward is None or node.cancelled
