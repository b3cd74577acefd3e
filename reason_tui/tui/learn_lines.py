"""What the Learn screen says below its table: curves, figures, before and after, and what Enter does or why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from reason_tui.engine.jobs.records import Record
from reason_tui.learning.adapters.manifest import Compared, Manifest
from reason_tui.learning.adapters.shelf import Damaged
from reason_tui.learning.report import compared_words
from reason_tui.text import one_line
from reason_tui.tui.board import going
from reason_tui.tui.curves import drawn
from reason_tui.tui.glyphs import Glyphs, many
from reason_tui.tui.ink import Line, fit, line, lines
from reason_tui.tui.job_rows import ending_lines, record_line
from reason_tui.tui.lore import Lore
from reason_tui.tui.steps import Step

_DOES = {
    "collect": "takes in your runs that are over; t searches a task set for more",
    "train": "begins a training: the command can be changed first",
    "measure": "measures the adapter below on held-out tasks, with and without it",
    "promote": "uses the adapter below from now on; z takes the last promotion back",
}
_LAST = 6


def step_lines(step: Step, lore: Lore, told: Sequence[Record], glyphs: Glyphs, cells: int, height: int) -> list[Line]:
    """All there is to say of a step. `told` is what its job told."""
    rows = [_does(step), *(lines(lore.problem, "failed") if lore.problem else [])]
    match step.name:
        case "collect":
            rows += _collected(lore)
        case "train":
            rows += drawn(told, glyphs, cells, height)
        case "measure":
            rows += [line(compared_words(one)) for found in lore.adapters[:1] for one in found.evaluations]
        case "promote":
            rows += _promoted(lore)
    if step.job is not None and (step.name != "promote"):
        rows += [(), line((f"{step.job.spec.id}  ", "strong"), ("a follows it", "dim"))]
        rows += [record_line(record) for record in told[-_LAST:]]
        rows += ending_lines(None if going(step.job) else step.job.ended)
    return rows


def _does(step: Step) -> Line:
    if step.job is not None and going(step.job):
        return line((step.why, "running"))
    if step.why:
        return line(("Not now: ", "warning"), step.why)
    return line(("Enter ", "key"), _DOES[step.name])


def _collected(lore: Lore) -> list[Line]:
    rows = [line((many(lore.own, "run"), "strong"), " of yours in the state folder.")]
    if lore.samples:
        kinds = f"{lore.examples:,} verified for SFT, {many(lore.pairs, 'pair')} for DPO"
        rows.append(line((f"{lore.samples:,}", "strong"), f" judged replies were taken in: {kinds}."))
    rows.append(line(("Tasks that adapters are measured on are left out, always.", "dim")))
    return rows


def _promoted(lore: Lore) -> list[Line]:
    if not lore.history:
        return [line(("Nothing was promoted yet: the base alone is used.", "dim"))]
    before = ["the base alone", *("the base alone" if name is None else one_line(name) for name in lore.history)]
    return [
        line((f"{at}. ", "dim"), (name, "best" if at == len(lore.history) else ""))
        for at, name in reversed(list(enumerate(before)))
    ]


def adapter_row(found: Manifest, lore: Lore, glyphs: Glyphs) -> Line:
    """Name, how it was made, and what it changes."""
    used = (f"{glyphs['best']} ", "best") if found.name == lore.promoted else ("  ", "")
    made = datetime.fromtimestamp(found.created_at).strftime("%m-%d %H:%M")
    measured = _change(found.evaluations[0]) if found.evaluations else line(("not measured", "dim"))
    method = found.method or "imported"
    return line(used, (fit(one_line(found.name), 26), "strong"), "  ", *measured, (f"  {method}, {made}", "dim"))


def damaged_row(found: Damaged, lore: Lore, glyphs: Glyphs) -> Line:
    """Name, and where more is said."""
    used = (f"{glyphs['best']} ", "best") if found.name == lore.promoted else ("  ", "")
    return line(
        used, (fit(one_line(found.name), 26), "strong"), "  ", ("damaged", "failed"), ("  Enter says how", "dim")
    )


def _change(one: Compared) -> Line:
    style = "warning" if not one.sure else "best" if one.low > 0 else "failed"
    interval = f" [{100 * one.low:+.1f}, {100 * one.high:+.1f}]"
    return line((f"{100 * one.difference:+.1f} points", style), (interval, "dim"))


def compared(lore: Lore, glyphs: Glyphs) -> list[Line]:
    """Every adapter before and after, dataset by dataset."""
    rows: list[Line] = []
    for found in lore.adapters:
        start = "the base" if found.start is None else one_line(found.start)
        rows += [adapter_row(found, lore, glyphs), line((f"    from {start}, base {one_line(found.base.name)}", "dim"))]
        rows += [line("    ", compared_words(one)) for one in found.evaluations]
        rows.append(())
    rows += lines("Paired by task, the same prompts, seeds and samples; the interval is of 95 %.", "dim")
    return rows
