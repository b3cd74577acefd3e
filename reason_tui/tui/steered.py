"""What a person did to the run, told in lines for the log."""

from __future__ import annotations

from reason_tui.programs.diff import diff
from reason_tui.search import events as ev
from reason_tui.tasks.types import TestCase
from reason_tui.text import one_line
from reason_tui.tui.glyphs import LOOKS, Glyphs
from reason_tui.tui.ink import Line, Span, line
from reason_tui.tui.run import Run


def acted(event: ev.Event, run: Run, glyphs: Glyphs) -> list[Line]:
    """The lines that tell an act, which `run` has folded in already; none for other events."""
    by: Span = ("you ", "key")
    match event:
        case ev.NodePruned():
            return [line(by, ("pruned ", LOOKS["pruned"].style), (f"n{event.node}", "strong"), " and what is below")]
        case ev.NodeRestored():
            return [line(by, "took the pruning of ", (f"n{event.node}", "strong"), " back")]
        case ev.NodePinned():
            what = f"{glyphs['pinned']} pinned " if event.pinned else "unpinned "
            return [line(by, what, (f"n{event.node}", "strong"))]
        case ev.HintGiven():
            where = "" if event.node == ev.ROOT else f" below n{event.node}"
            return [line(by, (f"hint{where}: ", "strong"), one_line(event.text))]
        case ev.HintWithdrawn():
            return [line(by, "took a hint back")]
        case ev.HandEdited():
            return [_edited(event, run, glyphs, by)]
        case ev.SettingsChanged():
            now = event.settings
            budget = "none" if now.budget is None else now.budget
            told = f"{now.strategy} · budget {budget} · width {now.width} · T {now.temperature:g}"
            return [line(by, "changed settings: ", (told, "strong"))]
        case _:
            return _tests(event, run, by)


def _edited(event: ev.HandEdited, run: Run, glyphs: Glyphs, by: Span) -> Line:
    before = run.node(event.parent).program or ""
    summary = diff(before, event.program, context=0).summary if before else ""
    name = f"{glyphs['edit']} n{event.node} "
    return line(by, "wrote ", (name, "strong"), (f"from n{event.parent}  ", "dim"), (summary, "strong"))


def _tests(event: ev.Event, run: Run, by: Span) -> list[Line]:
    again: Span = (f"  judging {run.stale} again" if run.stale else "", "dim")
    match event:
        case ev.TestAdded():
            return [line(by, "added a test: ", (_said(event.test, run), "strong"), again)]
        case ev.TestEdited():
            return [line(by, f"changed test {event.index + 1}: ", (_said(event.test, run), "strong"), again)]
        case ev.TestRemoved():
            return [line(by, f"removed test {event.index + 1}", again)]
        case ev.QuestionAsked():
            call = one_line(event.case.call(_entry(run)), 80)
            says = " · ".join(f"{len(each.nodes)} say {one_line(each.words(), 40)}" for each in event.opinions)
            return [line(("? ", "warning"), (f"what is {call}? ", "strong"), (says, "dim"))]
        case ev.QuestionAnswered():
            answer = "it does not matter" if event.test is None else _said(event.test, run)
            return [line(by, "answered: ", (answer, "strong"), again)]
        case _:
            return []


def _said(case: TestCase, run: Run) -> str:
    return one_line(case.describe(_entry(run)))


def _entry(run: Run) -> str:
    return (run.view.task.entry_point if run.view.task else None) or "f"
