"""What a job tells, in a line for people; what a job said itself is cleaned."""

from __future__ import annotations

from reason_tui.engine.jobs.records import Note, Progress, Record, Waiting
from reason_tui.text import one_line


def told(record: Record) -> str:
    """A record in a line; empty for those that say nothing to a reader. Notes are as they were given."""
    match record:
        case Progress():
            count = f"{record.done}" if record.total is None else f"{record.done}/{record.total}"
            return one_line(f"{count} {record.text}")
        case Waiting():
            return one_line(waiting_for(record.behind))
        case Note():
            return record.text
        case _:
            return ""


def waiting_for(behind: tuple[str, ...]) -> str:
    """Who has the model, and how many are before us."""
    others = f", and {len(behind) - 1} more before this" if len(behind) > 1 else ""
    return f"waiting for {behind[0]}{others}: one process has a model at a time" if behind else "waiting"
