"""A job as a row of a list, and what it told as lines. What a job says itself may come from anywhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from reason_tui.engine.jobs.records import Begun, Ended, Note, Progress, Record, Working
from reason_tui.engine.jobs.view import JobState, JobView
from reason_tui.engine.jobs.words import told, waiting_for
from reason_tui.text import one_line
from reason_tui.tui.board import going
from reason_tui.tui.glyphs import Glyphs, State, clock
from reason_tui.tui.ink import Line, Span, fit, line, lines

_LOOKS: dict[JobState, tuple[State, str]] = {
    "starting": ("queued", "queued"),
    "waiting": ("queued", "warning"),
    "running": ("running", "running"),
    "done": ("passed", "passed"),
    "stopped": ("pruned", "warning"),
    "failed": ("failed", "failed"),
    "interrupted": ("error", "error"),
}
_BAR = 10


def mark(view: JobView, glyphs: Glyphs) -> Span:
    """The glyph of its state and its word."""
    state, style = _LOOKS[view.state]
    return f"{glyphs.of(state)} {view.state:<11}", style


def job_row(view: JobView, glyphs: Glyphs) -> Line:
    """State, kind, how long, title, how far."""
    return line(
        mark(view, glyphs),
        (f" {view.spec.kind:<7}", "strong"),
        (f" {clock(ran(view)):>7}  ", "dim"),
        fit(one_line(view.spec.title, 60), 26),
        "  ",
        *said(view, glyphs),
    )


def ran(view: JobView) -> float:
    """Seconds that its last process worked; until now, where it does."""
    if not going(view):
        return view.seconds
    return time.time() - (view.began_at or view.spec.created_at)


def said(view: JobView, glyphs: Glyphs) -> list[Span]:
    """How far it is, or how it ended, in a line."""
    if view.state == "waiting":
        return [(one_line(waiting_for(view.behind)), "warning")]
    if view.state == "failed" and view.ended is not None:
        return [(one_line(view.ended.what), "failed")]
    if view.state == "done" and view.ended is not None and view.ended.result:
        return [(one_line(view.ended.result.split("\n")[0]), "")]
    if view.progress is None:
        return []
    return [*bar(view.progress, glyphs), (told(view.progress), "")]


def bar(progress: Progress, glyphs: Glyphs) -> list[Span]:
    """A bar of ten cells where the whole is known."""
    if not progress.total:
        return []
    full = min(_BAR * progress.done // progress.total, _BAR)
    return [(glyphs["done"] * full, "running"), (glyphs.of("queued") * (_BAR - full), "faint"), ("  ", "")]


def job_head(view: JobView) -> list[Line]:
    """What the job is."""
    command = " ".join(map(one_line, view.spec.arguments))
    begun = datetime.fromtimestamp(view.spec.created_at).strftime("%m-%d %H:%M")
    return [
        line(("$ ", "dim"), (f"reason-tui {command}", "strong")),
        line((f"in {view.spec.cwd}, begun {begun}", "dim")),
    ]


def record_line(record: Record) -> Line:
    """A record in a line; nothing for one that says nothing to a reader."""
    at = (f"{datetime.fromtimestamp(record.at).strftime('%H:%M:%S')}  ", "dim")
    match record:
        case Begun():
            return line(at, (f"process {record.pid} began", "dim"))
        case Working():
            return line(at, ("has the model ", "dim"), record.model)
        case Note():
            return line(at, (one_line(record.text), "warning"))
        case Ended():
            return line(at, *_ending(record))
        case _:
            return line(at, told(record))


def _ending(record: Ended) -> tuple[Span, ...]:
    match record.outcome:
        case "done":
            return (("done", "passed"),)
        case "stopped":
            return ((f"stopped {one_line(record.why)}".strip(), "warning"), ("   r goes on with it", "dim"))
        case "failed":
            return ((one_line(record.what), "failed"),)


def ending_lines(ended: Ended | None) -> list[Line]:
    """What came of it: the result, or why it failed and what to do."""
    if ended is None:
        return []
    if ended.outcome == "done":
        return [(), *lines(ended.result)] if ended.result else []
    reasons: Sequence[str] = [part for part in (ended.why, ended.hint) if part]
    return [row for part in reasons for row in lines(part)] if ended.outcome == "failed" else []
