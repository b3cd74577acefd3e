"""The header and the other fixed lines, as text: what the run is, what it costs, how the engine is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reason_tui.policy import PolicyInfo
from reason_tui.search.events import SearchSettings
from reason_tui.text import one_line
from reason_tui.tui.glyphs import LOOKS, State, clock, count, number, size, span, state_of, tests_of
from reason_tui.tui.ink import Line, Span, cut, join, line, spread, width, wrap
from reason_tui.tui.keymap import BY_ID, Key, key_line, shown
from reason_tui.tui.memory import resident_mb
from reason_tui.tui.session import Session

WIDE = 100
"""Columns from which the header has a third line."""


def header(session: Session, settings: SearchSettings, cells: int) -> list[Line]:
    """Two lines, three where there is room."""
    rows = [first(session, cells), spread(_figures(session, settings, cells), (), cells)]
    if cells >= WIDE:
        curves = _curves(session)
        rows.append(spread(curves, cut(_sandbox(session), cells - width(curves) - 4), cells - 1))
    return rows


PLACES = ("to_solve", "runs", "to_learn", "models", "to_jobs")
"""Where one can go, in the first line where there is room."""


def first(session: Session, cells: int, here: str = "to_solve", name: str | None = None) -> Line:
    """Where one is and can go; which model there is, and how things stand."""
    task = session.run.view.task
    if name is None:
        name = "" if task is None else one_line(task.entry_point or task.id, 40)
    left = line((" reason_tui", "title"), (f"  {name}" if name else "", ""))
    word, style = state_word(session)
    right = line((model_name(session), "dim"), "  ", (word, style), " ")
    if session.jobs:
        right = (*line((f"{session.jobs} {'job' if session.jobs == 1 else 'jobs'}  ", "running")), *right)
    extra = _places(here) if cells >= WIDE else _short_sandbox(session)
    if width(left) + width(extra) + width(right) < cells:
        left, right = ((*left, *extra), right) if cells >= WIDE else (left, (*extra, *right))
    return spread(left, right, cells)


def _places(here: str) -> Line:
    spans: list[Span] = [("   ", "")]
    for id_ in PLACES:
        key = BY_ID[id_]
        spans += [(f" {shown(key)}", "key"), (f" {key.label} ", "chosen" if id_ == here else "dim")]
    return line(*spans)


def _short_sandbox(session: Session) -> Line:
    if session.info is None:
        return ()
    mark = session.glyphs["ok" if session.info.sandbox_ok else "not ok"]
    short = session.info.sandbox.split("·")[0].split("+")[0].strip()
    return line((f"{one_line(short, 24)} {mark}  ", "dim" if session.info.sandbox_ok else "failed"))


def model_name(session: Session) -> str:
    """`model · backend`, as far as it is known; `model+adapter` where it uses one."""
    info = _policy(session)
    if info is None:
        return {"loading": "loading the model …", "dead": "no model", "none": ""}.get(session.phase, "")
    adapter = "+adapter" if info.adapter else ""
    return one_line(f"{Path(info.model).name}{adapter} · {info.backend}", 40)


def _policy(session: Session) -> PolicyInfo | None:
    if session.info is not None:
        return session.info.policy
    started = session.run.view.started
    return None if started is None or session.phase != "none" else started.policy


def state_word(session: Session) -> tuple[str, str]:
    """The state of the run or of the engine as a word, and its style."""
    view = session.run.view
    if session.replaying:
        return f"REPLAY {session.replaying}", "running"
    if session.phase == "dead":
        return ("ENGINE DIED" if session.served else "NO ENGINE"), "failed"
    if session.starting:
        return ("WAITING FOR THE MODEL" if session.phase == "loading" else "STARTING"), "running"
    if session.stopping:
        return "STOPPING", "warning"
    if session.run.lost:
        return "INTERRUPTED", "failed"
    if view.tree.question is not None and view.state == "running" and view.tree.question.waiting:
        return "ASKS YOU", "warning"
    if view.state == "running":
        return f"{session.glyphs.of('running')} RUNNING", "running"
    if view.state == "paused":
        return "PAUSED", "warning"
    if view.finished is not None:
        style = {"solved": "best", "unverified": "warning"}.get(view.finished.outcome, "failed")
        return ("FAILED" if view.finished.reason == "failed" else view.finished.outcome.upper()), style
    return {"loading": ("LOADING", "running"), "ready": ("READY", "best")}.get(session.phase, ("", ""))


def _figures(session: Session, settings: SearchSettings, cells: int) -> Line:
    run, view = session.run, session.run.view
    asked = view.settings or settings
    ledger = view.ledger
    parts: list[Line] = [line((asked.of_budget(ledger.completions), "strong"), (" nodes", "dim"))]
    best = run.best
    if best is None:
        parts.append(line(("best —", "dim")))
    else:
        style = "best" if best.status == "passed" else LOOKS[state_of(best)].style
        name = (f"{session.glyphs['best']} n{best.id} {tests_of(best)}", style)
        parts.append(line(("best ", "dim"), name, f" {number(best.reward)}"))
    parts.append(line((count(ledger.tokens), "strong"), (" tokens" if cells >= WIDE else " tok", "dim")))
    parts.append(line((f"{_speed(session):.0f}", "strong"), (" tok/s", "dim")))
    parts.append(line((span(session.elapsed).strip(), "strong"), _limit(asked.seconds), _left(session, asked)))
    if run.stale and session.going:
        parts.append(line((f"judging {run.stale} again", "warning")))
    parts.append(_memory(session))
    if cells >= WIDE:
        parts.append(line((f"{asked.strategy} · seed {asked.seed}", "dim")))
    separator = ("   " if cells >= WIDE else "  ", "")
    while len(parts) > 1 and width(join(parts, separator)) > cells - 2:
        parts.pop()
    return (*line(" "), *join(parts, separator))


def _limit(seconds: float | None) -> Span:
    return ("" if seconds is None else f"/{clock(seconds)}", "dim")


def _left(session: Session, asked: SearchSettings) -> Span:
    """How long the rest of the budget takes at the speed so far; nothing before a tenth of it is spent."""
    done, begun = session.run.view.ledger.completions, session.run.view.state == "running" and session.going
    if asked.budget is None or not begun or done < max(asked.budget / 10, 2) or done >= asked.budget:
        return ("", "")
    left = session.elapsed / done * (asked.budget - done)
    if asked.seconds is not None:
        left = min(left, asked.seconds - session.elapsed)
    return (f" (≈{clock(left)} left)", "dim")


def _speed(session: Session) -> float:
    """Tokens a second now; of a finished run, over the time of its policy calls."""
    ledger = session.run.view.ledger
    if session.run.view.finished is not None:
        return ledger.completion_tokens / ledger.model_s if ledger.model_s else 0.0
    return session.tokens_per_s


def _memory(session: Session) -> Line:
    """Of the app, and of the engine."""
    shown = size(resident_mb())
    return line(("mem ", "dim"), f"{shown}+{size(session.engine_mb)}" if session.engine_mb else shown)


def _curves(session: Session) -> Line:
    run, glyphs = session.run, session.glyphs
    parts: list[Line] = []
    if run.rewards:
        parts.append(line(("reward ", "dim"), (glyphs.spark(list(run.rewards), 16, 1.0), "passed")))
    if session.speeds:
        parts.append(line(("tok/s ", "dim"), (glyphs.spark(list(session.speeds), 16), "running")))
    shown: tuple[State, ...] = ("passed", "partial", "failed", "error", "timeout", "unverified", "cut")
    tally = [(f"{glyphs.of(each)}{many}", LOOKS[each].style) for each in shown if (many := run.counts[each])]
    parts.append(join([line(each) for each in tally], (" ", "")))
    return (*line(" "), *join(parts, ("   ", "")))


def _sandbox(session: Session) -> Line:
    if session.info is None:
        started = session.run.view.started
        return line((f"sandbox {one_line(started.sandbox)}", "dim")) if started is not None else ()
    mark = (session.glyphs["ok"], "passed") if session.info.sandbox_ok else (session.glyphs["not ok"], "failed")
    return line(("sandbox ", "dim"), mark, (f" {one_line(session.info.sandbox)}", "dim"))


def model(session: Session) -> Line:
    """The model of the next run, before its settings."""
    return line(model_name(session), "   ")


def banner(session: Session, cells: int, *, editing: bool) -> list[Line]:
    """What is wrong with the engine, and what to do; nothing where it is well."""
    if session.death is None:
        return []
    why = [row for row in session.death.why.split("\n") if row.strip()]
    said = line((" ! ", "failed"), (one_line(" ".join([session.death.what, *why[:1]])), "strong"))
    does = " starts it again and goes on with the run." if session.run.resumable else " tries again."
    first = ("   Esc, then ", "") if editing else ("   ", "")  # a letter in an editor is a letter
    todo = line(first, ("r", "key"), does, (f"  {one_line(session.death.hint)}", "dim"))
    return [*wrap(said, cells, 3)[:2], *wrap(todo, cells, 3)[:2]]


Placed = tuple[str, ...]
IN_EDITOR: Placed = ("run", "next", "leave", "help", "palette", "quit")
"""While the problem is typed: single keys do nothing there."""
IN_PROBLEM: Placed = ("run", "new", "leave", "help", "palette", "quit")
IN_RUN: Placed = tuple(
    key.id for key in key_line() if key.id not in ("run", "again", "quit", "runs", "branch", "replay")
)
_STEERING = ("pause", "step", "stop", "prune", "pin", "hint", "tests", "question", "edit", "vary", "undo", "follow")
IN_RESULT: Placed = tuple(key.id for key in key_line() if key.id not in (*_STEERING, "quit"))
"""When no run is going on."""


def keys(ids: Sequence[str], cells: int, labels: dict[str, str] | None = None) -> list[Line]:
    """The line of keys, the last ones left out where there is no room; help and palette always stay."""
    editing = ids is IN_EDITOR
    fixed = [BY_ID[id_] for id_ in ids if id_ in ("help", "palette")]
    others = [BY_ID[id_] for id_ in ids if id_ not in ("help", "palette")]
    tail = [_key(key, labels, editing=editing) for key in fixed]
    room = cells - 2 - sum(width(part) + 2 for part in tail)
    shown: list[Line] = []
    for key in others:
        part = _key(key, labels, editing=editing)
        room -= width(part) + 2
        if room < 0:
            break
        shown.append(part)
    return [(*line(" "), *join([*shown, *tail]))]


def _key(key: Key, labels: dict[str, str] | None, *, editing: bool) -> Line:
    label = (labels or {}).get(key.id, key.label)
    return line(("F1" if key.id == "help" and editing else shown(key), "key"), f" {label}")
