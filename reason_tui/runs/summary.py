"""A run as a list shows it, read from its journal."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import Literal

from pydantic import Field

from reason_tui.errors import JournalError
from reason_tui.runs import lines
from reason_tui.runs.blobs import Store
from reason_tui.runs.fold import RunView
from reason_tui.runs.folders import JOURNAL
from reason_tui.runs.journal import load, read_events
from reason_tui.runs.locks import is_held
from reason_tui.runs.upgrade import NewerSchemaError, Upgrade
from reason_tui.search.events import SCHEMA, Outcome, RunFinished, RunStarted
from reason_tui.tasks.types import Frozen, Task
from reason_tui.text import one_line

SummaryState = Literal["running", "paused", "finished", "interrupted", "damaged"]
_TITLE_WIDTH = 72
_TAIL = 2 * lines.MAX_LINE


class RunSummary(Frozen):
    """A run as a list shows it. `interrupted`: unfinished, and no process writes it.

    `nodes` counts sampled candidates, `tokens` those computed, `seconds` how long was searched.
    """

    id: str
    title: str = ""
    state: SummaryState
    outcome: Outcome | None = None
    strategy: str = ""
    nodes: int = 0
    tokens: int = 0
    seconds: float = 0.0
    started_at: float = Field(default=0.0, description="Unix time")


def title(task: Task) -> str:
    """A task on one line: its entry point's name and the beginning of what was asked."""
    prompt = one_line(task.prompt, _TITLE_WIDTH)
    return f"{task.entry_point}: {prompt}" if task.entry_point else prompt


def summarise(folder: Path) -> RunSummary:
    """What a list says of one run now."""
    return at_present(folder, from_journal(folder))


def at_present(folder: Path, told: RunSummary) -> RunSummary:
    """What the journal told of a run, and whether anyone goes on with it."""
    if told.state in ("running", "paused") and not is_written(folder):
        return told.model_copy(update={"state": "interrupted"})
    return told


def from_journal(folder: Path) -> RunSummary:
    """What the journal alone says: from its first and last line where it is finished, else from all of it."""
    try:
        first = next(islice(read_events(folder), 1), None)
    except JournalError:
        return RunSummary(id=folder.name, state="damaged", started_at=_modified(folder))
    if not isinstance(first, RunStarted):
        return RunSummary(id=folder.name, state="running", started_at=_modified(folder))
    last = _finish(folder)
    if last is None:
        return _unfinished(folder, first)
    return RunSummary(
        id=folder.name,
        title=title(first.task),
        state="finished",
        outcome=last.outcome,
        strategy=first.settings.strategy,
        nodes=last.ledger.completions,
        tokens=last.ledger.tokens,
        seconds=max(last.at - first.at, 0.0) if last.seconds is None else last.seconds,
        started_at=first.at,
    )


def _unfinished(folder: Path, first: RunStarted) -> RunSummary:
    view, damage = load(folder)
    return RunSummary(
        id=folder.name,
        title=title(first.task),
        state="damaged" if damage else _state(view),
        outcome=None if damage or view.finished is None else view.finished.outcome,
        strategy=first.settings.strategy,
        nodes=view.ledger.completions,
        tokens=view.ledger.tokens,
        seconds=view.elapsed,
        started_at=first.at,
    )


def _state(view: RunView) -> SummaryState:
    if view.state == "finished":  # it ended while we looked, or is of an older format
        return "finished"
    return "paused" if view.state == "paused" else "running"


def is_written(folder: Path) -> bool:
    """Whether some process has the journal open for writing."""
    return is_held(folder / JOURNAL)


def _finish(folder: Path) -> RunFinished | None:
    """The last event, if it ends the run: read from the journal's end. None for journals of an older format too."""
    upgrade = Upgrade()
    try:
        with (folder / JOURNAL).open("rb") as file:
            lines.decode(file.readline(_TAIL), 0, Store(folder), upgrade)
            if upgrade.schema != SCHEMA:
                return None
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            complete = [line for line in file.read().splitlines(keepends=True) if line.endswith(b"\n")]
        event = lines.decode(complete[-1], None, Store(folder), upgrade) if complete else None
    except (OSError, lines.DamagedLineError, NewerSchemaError):
        return None
    return event if isinstance(event, RunFinished) else None


def _modified(folder: Path) -> float:
    try:
        return (folder / JOURNAL).stat().st_mtime
    except OSError:
        return 0.0
