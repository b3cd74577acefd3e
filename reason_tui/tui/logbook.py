"""What happens in a run, told in lines for the log: exceptions, and the diff of each repair."""

from __future__ import annotations

from reason_tui.programs.diff import diff
from reason_tui.prompts.feedback import describe
from reason_tui.sandbox.types import TestRecord, Verdict
from reason_tui.search import events as ev
from reason_tui.search.node import Node
from reason_tui.text import one_line
from reason_tui.tui.glyphs import LOOKS, Glyphs, count, span, state_of, tests_of
from reason_tui.tui.ink import Line, Span, line
from reason_tui.tui.run import Run
from reason_tui.tui.steered import acted

MAX_CHANGED = 8
"""Changed lines of a repair that are shown."""
_INDENT = " " * 6

REASONS: dict[ev.FinishReason, str] = {
    "solved": "all visible tests pass",
    "budget": "the budget is spent",
    "exhausted": "there is nothing left to try",
    "stopped": "stopped",
    "failed": "failed",
}


def told(event: ev.Event, run: Run, glyphs: Glyphs) -> list[Line]:
    """The lines that tell `event`, which `run` has already folded in."""
    stamp: Span = (span(run.view.elapsed), "faint")
    return [
        (stamp, (" ", ""), *first) if number == 0 else first for number, first in enumerate(_body(event, run, glyphs))
    ]


def _body(event: ev.Event, run: Run, glyphs: Glyphs) -> list[Line]:
    match event:
        case ev.RunStarted():
            return [_started(event)]
        case ev.ExpansionStarted():
            return [_asked(event, glyphs)]
        case ev.ExpansionFailed():
            return [line(("! ", "error"), ("the model gave nothing: ", "error"), one_line(event.message))]
        case ev.NodeAdded():
            return _added(event, run, glyphs)
        case ev.NodeJudged() if not event.executed or event.verdict is None:
            return []  # a duplicate, or no program: told when it was added
        case ev.NodeJudged():
            return [_judged(run.node(event.node), run, glyphs)]
        case ev.CandidatesCompared():
            sizes = " · ".join(str(len(group.nodes)) for group in event.groups) or "none"
            alike = "behave alike" if all(group.passed is None for group in event.groups) else "pass the same tests"
            return [line(f"no visible tests; programs that {alike}: ", (sizes, "strong"))]
        case ev.TestsWritten():
            entry = (run.view.task.entry_point if run.view.task else None) or "f"
            tests = " · ".join(one_line(case.describe(entry), 40) for case in event.tests) or "none that can be read"
            return [line((f"the model wrote {len(event.tests)} tests: ", "dim"), (one_line(tests, 240), "dim"))]
        case ev.RunPaused():
            return [line(("paused", "warning"))]
        case ev.RunResumed():
            return [line(("going on", "running"))]
        case ev.RunContinued():
            return [line(("going on where it ended", "running"))]
        case ev.RunFinished():
            return [_finished(event, glyphs)]
        case _:
            return acted(event, run, glyphs)


def _started(event: ev.RunStarted) -> Line:
    tests = len(event.task.visible)
    asked = event.settings
    return line(
        ("run ", "strong"),
        f"{asked.strategy} · budget {'none' if asked.budget is None else asked.budget} · seed {asked.seed} · ",
        f"{tests} visible {'test' if tests == 1 else 'tests'}",
    )


def _asked(event: ev.ExpansionStarted, glyphs: Glyphs) -> Line:
    first, last = event.nodes[0], event.nodes[-1]
    nodes = f"n{first}" if first == last else f"n{first}–n{last}"
    what = f"repairing n{event.parent}" if event.origin == "repair" else "drafting"
    return line((f"{glyphs.of('running')} {nodes} ", "running"), (f"{what}  T {event.temperature:g}", "dim"))


def _added(event: ev.NodeAdded, run: Run, glyphs: Glyphs) -> list[Line]:
    node = run.view.tree.nodes[event.node]
    name: Span = (f"n{node.id} ", "strong")
    if event.completion.finish == "cancelled":
        return [line((f"{glyphs.of('cut')} ", "pruned"), name, ("cut short", "dim"))]
    if event.program is None:
        return [line(("! ", "error"), name, ("no program: ", "error"), one_line(event.rejection))]
    if event.duplicate_of is not None:
        return [line(("= ", "dim"), name, (f"the same program as n{event.duplicate_of}", "dim"))]
    if node.origin != "repair" or node.parent is None:
        return []
    before = run.node(node.parent).program or ""
    change = diff(before, event.program, context=0)
    head = line(
        (f"{glyphs['repair']} ", "running"), name, (f"repairs n{node.parent}  ", "dim"), (change.summary, "strong")
    )
    changed = [row for row in change.lines if row[:1] in "+-"]
    body = [line(_INDENT, (row, "added" if row[0] == "+" else "removed")) for row in changed[:MAX_CHANGED]]
    if len(changed) > MAX_CHANGED:
        body.append(line(_INDENT, (f"… {len(changed) - MAX_CHANGED} more lines", "dim")))
    return [head, *body]


def _judged(node: Node, run: Run, glyphs: Glyphs) -> Line:
    state = state_of(node)
    style = LOOKS[state].style
    spans: list[Span | str] = [
        (f"{glyphs.of(state)} ", style),
        (f"n{node.id} ", "strong"),
        (f"{tests_of(node)}  ", style),
    ]
    if node.verdict is not None:
        entry = (run.view.task.entry_point if run.view.task else None) or ""
        spans.append(first_failure(node.verdict, entry) or (f"in {node.verdict.ms:.0f} ms", "dim"))
    return line(*spans)


def first_failure(verdict: Verdict, entry_point: str = "") -> str:
    """Why a program does not pass, in one line; empty where it does."""
    if not verdict.loaded:
        return describe(verdict.failure) if verdict.failure is not None else f"does not load ({verdict.status})"
    if not verdict.has_entry_point:
        return f"defines no {entry_point}" if entry_point else "defines no function to call"
    failing = next((record for record in verdict.records if not record.ok), None)
    return "" if failing is None else failed(failing)


def failed(record: TestRecord) -> str:
    """What a failing test showed, in one line."""
    call = one_line(record.call or record.test)
    if record.timed_out:
        return f"{call} does not end in time"
    if record.failure is not None and record.failure.type != "AssertionError":
        return f"{call} raised {describe(record.failure)}"
    if record.got is not None and record.expected is not None:
        return f"{call} gave {one_line(record.got)}, not {one_line(record.expected)}"
    return f"{one_line(record.test)} is false"


def _finished(event: ev.RunFinished, glyphs: Glyphs) -> Line:
    style = {"solved": "best", "unverified": "warning"}.get(event.outcome, "failed")
    answer = (
        ""
        if event.answer is None
        else f" by n{event.answer}"
        if event.outcome == "solved"
        else f", best n{event.answer}"
    )
    spent = f"{event.ledger.completions} completions, {count(event.ledger.tokens)} tokens"
    why = event.message or REASONS[event.reason]
    return line((f"{glyphs['done']} {event.outcome}{answer}", style), f": {one_line(why)}  ", (spent, "dim"))
