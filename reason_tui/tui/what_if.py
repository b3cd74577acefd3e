"""What plain best-of-n would have done with the samples of a run: no model, no sandbox."""

from __future__ import annotations

import asyncio
from pathlib import Path

from reason_tui.runs.fold import RunView
from reason_tui.runs.journal import read_events
from reason_tui.runs.research import Research, research
from reason_tui.search.events import Event
from reason_tui.text import one_line
from reason_tui.tui.glyphs import count, number
from reason_tui.tui.ink import Line, line


async def what_if(folder: Path) -> list[Line]:
    """The run and the other one side by side, in words. Raises what reading the journal raises."""
    past = await asyncio.to_thread(lambda: list(read_events(folder)))
    found = await asyncio.to_thread(_again, past)
    recorded, other = RunView.of(past), RunView.of(found.events)
    rows = [line((f"{'':12}{'completions':>12}{'programs':>10}{'tokens':>9}{'best':>7}   outcome", "dim"))]
    rows += [_row("this run", recorded), _row("best-of-n", other), ()]
    if found.ran_out:
        rows.append(line(one_line(found.ran_out)))
    rows.append(line((_verdict(recorded, other), "strong")))
    rows.append(line(("Tokens of prompts are those that were charged when the samples were made.", "dim")))
    return rows


def _again(past: list[Event]) -> Research:
    started = RunView.of(past).started
    assert started is not None, "a journal that can be read begins with it"
    return asyncio.run(research(past, started.settings.model_copy(update={"strategy": "best-of-n"})))


def _row(name: str, view: RunView) -> Line:
    ledger, best = view.ledger, view.answer
    outcome = view.finished.outcome if view.finished is not None else "unfinished"
    reward = number(None if best is None else best.reward)
    figures = f"{ledger.completions:>12}{ledger.programs:>10}{count(ledger.tokens):>9}{reward:>7}"
    style = {"solved": "best", "unverified": "warning"}.get(outcome, "failed")
    return line((f"{name:12}", "strong"), figures, "   ", (outcome, style))


def _verdict(recorded: RunView, other: RunView) -> str:
    mine, its = _solved_after(recorded), _solved_after(other)
    if mine is None and its is None:
        return "Neither solves it with these samples."
    if mine is None or its is None:
        return (
            "Best-of-n would have solved it." if its is not None else "Best-of-n would not have solved it with these."
        )
    if mine == its:
        return f"Both solve it after {mine} completions."
    sooner = "Best-of-n" if its < mine else "This run"
    return f"{sooner} solves it sooner: after {min(mine, its)} completions, not {max(mine, its)}."


def _solved_after(view: RunView) -> int | None:
    solved = view.finished is not None and view.finished.outcome == "solved"
    return view.ledger.completions if solved else None
