"""A job as a list shows it: a fold over what it told, and whether a process is at work on it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from reason_tui.engine.jobs.folder import is_alive, read_records, read_spec
from reason_tui.engine.jobs.records import Begun, Ended, JobSpec, Note, Progress, Record, Waiting, Working
from reason_tui.tasks.types import Frozen

JobState = Literal["starting", "waiting", "running", "done", "stopped", "failed", "interrupted"]
"""`starting`: it has a process and no model yet; `interrupted`: unfinished, and no process works on it."""

_ENOUGH = 64 * 1024
"""Bytes from the end of what a job told in which a list finds all it shows."""


class JobView(Frozen):
    """What is known of a job now. `behind`: who has the model and who waits before it."""

    spec: JobSpec
    state: JobState = "interrupted"
    behind: tuple[str, ...] = ()
    progress: Progress | None = None
    notes: tuple[str, ...] = ()
    ended: Ended | None = None
    pid: int | None = None
    began_at: float | None = None
    last_at: float | None = None

    @classmethod
    def of(cls, folder: Path, *, whole: bool = False) -> JobView:
        """The job now; from all it told, if `whole`, else from the end of it. Raises StateError."""
        spec, alive = read_spec(folder), is_alive(folder)  # first: an end that comes in between is read
        return fold(spec, read_records(folder, None if whole else _ENOUGH), alive=alive)

    @property
    def seconds(self) -> float:
        """How long its last process worked, as far as it told."""
        return max((self.last_at or 0.0) - (self.began_at or self.last_at or 0.0), 0.0)


def fold(spec: JobSpec, records: Iterable[Record], *, alive: bool) -> JobView:
    """The view after all of `records`."""
    view = JobView(spec=spec)
    for record in records:
        view = view.model_copy(update={"last_at": record.at, **_changed(view, record)})
    if view.ended is not None or alive:
        return view
    return view.model_copy(update={"state": "interrupted", "pid": None, "behind": ()})


def _changed(view: JobView, record: Record) -> dict[str, object]:
    match record:
        case Begun():
            return {"state": "starting", "pid": record.pid, "began_at": record.at, "ended": None, "behind": ()}
        case Waiting():
            return {"state": "waiting", "behind": record.behind}
        case Working():
            return {"state": "running", "behind": ()}
        case Progress():
            return {"state": "running", "progress": record}
        case Note():
            return {"notes": (*view.notes, record.text)}
        case Ended():
            return {"state": record.outcome, "ended": record, "pid": None, "behind": ()}
