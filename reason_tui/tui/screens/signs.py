"""Fixed lines of the Solve screen, and which lines of the log are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from reason_tui.text import one_line
from reason_tui.tui import header
from reason_tui.tui.ink import Line, line, plain, spread, wrap
from reason_tui.tui.run import Run
from reason_tui.tui.session import Session

Chatter = Literal["all", "errors", "repairs", "you"]
CHATTER: tuple[Chatter, ...] = ("all", "errors", "repairs", "you")


def strip(front: str, *, zoomed: bool) -> list[Line]:
    """The names of the panes, where one is shown at a time."""
    names = (("tree", " Tree "), ("inspector", " Node "), ("log", " Log "))
    spans = [(label, "chosen" if name == front else "dim") for name, label in names]
    return [line(" ", *spans, ("   Tab next" + ("  _ all panes" if zoomed else ""), "dim"))]


def too_small(session: Session, least: tuple[int, int]) -> list[Line]:
    """The notice of a terminal that is too small, with the state of things."""
    word, style = header.state_word(session)
    ledger = session.run.view.ledger
    return [
        line((" reason_tui  ", "title"), (word, style)),
        line(f" {ledger.completions} nodes"),
        (),
        line((f" Too small: {least[0]}x{least[1]} at least.", "warning")),
    ]


def question(run: Run, cells: int) -> list[Line]:
    """The open question in two lines; nothing where there is none."""
    asked = run.view.tree.question
    if asked is None or run.view.finished is not None:
        return []
    task = run.view.task
    call = one_line(asked.case.call((task.entry_point if task else None) or "f"), 60)
    says = " · ".join(f"{len(each.nodes)} say {one_line(each.words(), 30)}" for each in asked.opinions)
    first = wrap(line((" ? ", "warning"), ("Which is right for ", ""), (call, "strong"), "?"), cells, 3)[:2]
    return [*first, spread(line((f"   {says}", "dim")), line(("a", "key"), " answers "), cells)]


def tree_title(run: Run, *, following: bool) -> Line:
    """How the tree is sorted and filtered, and whether it follows."""
    arranging = run.arranging
    sort = "" if arranging.sort == "age" else f"by {arranging.sort}  "
    words = f"/{' '.join(arranging.words)} {arranging.found}  " if arranging.words else ""
    follow = ("following", "running") if following else ("f follows", "dim")
    return line(("Tree", "title"), "  ", (sort, "dim"), (one_line(words, 30), "key"), follow)


def chatter(lines: Sequence[Line], which: Chatter) -> list[Line]:
    """The lines of one kind. A line that is set in belongs to the one before it."""
    if which == "all":
        return list(lines)
    found, inside = [], False
    for row in lines:
        text = plain(row)
        if not text.startswith("      "):
            inside = _is(which, row)
        if inside:
            found.append(row)
    return found


def _is(which: Chatter, row: Line) -> bool:
    """By what the line begins with, after its time."""
    styles = [style for text, style in row if text.strip()][1:3]
    words = [text.strip() for text, _ in row if text.strip()][1:2]
    if which == "you":
        return words == ["you"]
    if which == "repairs":
        return any("repairs" in text for text, _ in row)
    return any(style in ("error", "failed", "timeout") for style in styles)
