"""The four steps of learning, folded out of the jobs and of what there is: where each stands, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reason_tui.engine.jobs import JobView
from reason_tui.learning.report import compared_words
from reason_tui.text import one_line
from reason_tui.tui.board import going
from reason_tui.tui.glyphs import Glyphs, many
from reason_tui.tui.ink import Line, fit, line
from reason_tui.tui.job_rows import mark, said
from reason_tui.tui.lore import Lore

StepName = Literal["collect", "train", "measure", "promote"]
STEPS: tuple[StepName, ...] = ("collect", "train", "measure", "promote")


@dataclass(frozen=True)
class Step:
    """`job` is the newest one that is, or last was, at this step. `why`: why it cannot be done now."""

    name: StepName
    job: JobView | None = None
    why: str = ""


def step_of(view: JobView) -> StepName | None:
    """At which step a job is; None for one that does not learn."""
    match view.spec.kind:
        case "collect" | "train":
            return view.spec.kind
        case "eval" if view.spec.arguments[:2] == ("adapters", "measure"):
            return "measure"
        case "learn":
            return _of_rounds(view)
        case _:
            return None


def _of_rounds(view: JobView) -> StepName:
    """By what it told last: `learn` goes through the steps over and over."""
    if view.progress is None:
        return "collect"
    if "stage" in view.progress.data:
        return "train"
    return "measure" if view.progress.text.startswith("measuring") else "collect"


def steps(jobs: Sequence[JobView], lore: Lore) -> list[Step]:
    """All four, in their order. `jobs` are newest first."""
    at: dict[StepName, JobView] = {}
    for view in sorted(jobs, key=lambda view: not going(view)):
        name = step_of(view)
        if name is not None and name not in at:
            at[name] = view
    return [Step(name, at.get(name), _why_not(name, at.get(name), lore)) for name in STEPS]


def _why_not(name: StepName, job: JobView | None, lore: Lore) -> str:
    if job is not None and going(job):
        return "It is going on: x stops it."
    match name:
        case "collect":
            return "" if lore.own else "There is no run of yours yet: 1 to search, or t for a task set."
        case "train":
            return lore.no_training or lore.too_few
        case "measure" | "promote":
            return "" if lore.adapters else "There is no adapter yet: train one."


def step_row(step: Step, number: int, lore: Lore, glyphs: Glyphs) -> Line:
    """A row of the table: which step, how its last job is, what there is."""
    head = [(f"{number} ", "dim"), (f"{step.name.capitalize():<9}", "strong")]
    if step.job is not None and (going(step.job) or step.job.state in ("failed", "interrupted", "stopped")):
        return line(*head, mark(step.job, glyphs), "  ", *said(step.job, glyphs))
    word, words = _standing(step, lore)
    mark_ = (f"{glyphs['ok']} {word:<11}", "passed") if word else (f"{glyphs.of('queued')} {fit('', 11)}", "dim")
    return line(*head, mark_, (f"  {words}", "" if word else "dim"))


def _standing(step: Step, lore: Lore) -> tuple[str, str]:
    """What there is of a step at which no job works: a word for it where it is done, and more words."""
    newest = lore.adapters[0] if lore.adapters else None
    match step.name:
        case "collect" if lore.samples:
            words = f"{lore.samples:,} replies of {many(lore.runs, 'run')}, {many(lore.tasks, 'task')}"
            return "ready", f"{words} · {lore.examples:,} verified · {many(lore.pairs, 'pair')}"
        case "collect" if lore.own:
            return "", f"{many(lore.own, 'run')} of yours to take in"
        case "train" if newest is not None:
            return "done", f"{one_line(newest.name)}  {_figures(newest.figures)}"
        case "train" if not step.why:
            return "", "there is something to train on"
        case "measure" if newest is not None and newest.evaluations:
            return "done", compared_words(newest.evaluations[0])
        case "measure" if newest is not None:
            return "", f"{one_line(newest.name)} was not measured yet"
        case "promote":
            used = "the base alone" if lore.promoted is None else one_line(lore.promoted)
            return "in use" if lore.promoted else "", f"used: {used}"
        case _:
            return "", one_line(step.why)


def _figures(figures: dict[str, float | None]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in figures.items() if value is not None)
