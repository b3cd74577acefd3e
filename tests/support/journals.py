"""Journals on disk for tests to read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reason_tui.runs.folders import runs_dir
from reason_tui.runs.journal import JournalWriter
from reason_tui.search.events import Event


def write_journal(folder: Path, events: Iterable[Event]) -> Path:
    """A run's folder that holds these events; the folder."""
    writer = JournalWriter(folder)
    for event in events:
        writer.append(event)
    writer.close()
    return folder


def keep_run(state: Path, name: str, events: Iterable[Event], at: float) -> None:
    """A run of a state folder, as of that time."""
    changes = {"run_started": {"at": at, "run": name}}
    write_journal(
        runs_dir(state) / name, (event.model_copy(update=changes.get(event.type, {"at": at + 1})) for event in events)
    )
