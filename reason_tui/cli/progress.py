"""What `solve` shows on standard error while it works: a line that changes, lines that stay, or nothing."""

from __future__ import annotations

import time

import click

from reason_tui.cli import asking
from reason_tui.cli.live import Line, can_redraw
from reason_tui.cli.words import clock, plural, tests_passed
from reason_tui.engine.protocol import Message, Metrics, Note, Ready, Refused, RunEvent
from reason_tui.errors import EngineError
from reason_tui.runs.fold import RunView
from reason_tui.search import events as ev
from reason_tui.search.tree import Node
from reason_tui.text import one_line


class Quiet:
    """Shows nothing but that it is stopping."""

    def ready(self, ready: Ready) -> None:
        """The model is loaded."""

    def message(self, view: RunView, message: Message) -> None:
        """Something happened."""

    def stopping(self) -> None:
        """Say that the stop was heard."""
        click.echo("Stopping; Ctrl+C again leaves at once.", err=True)

    def question(self, view: RunView, asked: ev.QuestionAsked) -> None:
        """Put it."""
        for line in asking.question(view, asked):
            click.echo(line, err=True)

    def refused(self, refusal: Refused) -> None:
        """Say why, and how to answer."""
        click.echo(one_line(f"{refusal.what} {refusal.why} {refusal.hint or asking.HOW}"), err=True)

    def died(self, death: EngineError) -> None:
        """Say what happened; the run's events say the rest."""
        click.echo(f"{death.what} {one_line(death.why)} Going on in a new one.", err=True)

    def close(self) -> None:
        """Nothing to put back."""


class Plain(Quiet):
    """One line for each candidate: for screen readers, and for logs."""

    def ready(self, ready: Ready) -> None:
        """Say what works."""
        click.echo(
            one_line(f"Model {ready.policy.model} ({ready.policy.backend}). Sandbox: {ready.sandbox}."), err=True
        )

    def message(self, view: RunView, message: Message) -> None:
        """A line for each verdict, for each expansion that failed, and for what the backend says."""
        line = told(view, message.event) if isinstance(message, RunEvent) else ""
        if isinstance(message, Note):
            line = one_line(message.text)
        if line:
            click.echo(line, err=True)


class Live(Quiet):
    """One line on a terminal, drawn again about ten times a second."""

    def __init__(self) -> None:
        self._speed = 0.0
        self._line = Line()
        self._line.draw("loading the model …", at_once=True)

    def ready(self, ready: Ready) -> None:
        """Say what was loaded."""
        self._line.draw(f"{ready.policy.model} · {ready.sandbox}", at_once=True)

    def message(self, view: RunView, message: Message) -> None:
        """Draw, if it is time."""
        if isinstance(message, Metrics):
            self._speed = message.tokens_per_s
        elif isinstance(message, Note):
            self._line.wipe()
            click.echo(one_line(message.text), err=True)
        if view.started is not None and (view.tree.question is None or not view.tree.question.waiting):
            self._line.draw(progress(view, self._speed, time.time()))

    def stopping(self) -> None:
        """On a line of its own."""
        self._line.wipe()
        super().stopping()

    def question(self, view: RunView, asked: ev.QuestionAsked) -> None:
        """On lines of their own; nothing is drawn over what is being typed."""
        self._line.wipe()
        super().question(view, asked)

    def died(self, death: EngineError) -> None:
        """On a line of its own."""
        self._line.wipe()
        super().died(death)

    def close(self) -> None:
        """Wipe the line."""
        self._line.wipe()


def observer(plain: bool, live: bool = True) -> Quiet:
    """The one that fits: lines if asked for; a live line on a terminal, unless something else is printed there."""
    if plain:
        return Plain()
    return Live() if live and can_redraw() else Quiet()


def progress(view: RunView, tokens_per_s: float, now: float) -> str:
    """A run in one line, e.g. `mcts 12/32 · best 4/5 tests · 840 tokens · 41 tok/s · 00:08`."""
    if view.settings is None:
        return ""
    settings, best = view.settings, view.answer
    parts = [
        f"{settings.strategy} {settings.of_budget(view.ledger.completions)}",
        f"best {tests_passed(best)}" if best is not None else "no program yet",
        f"{view.ledger.tokens} tokens",
        f"{tokens_per_s:.0f} tok/s",
        clock(view.elapsed_at(now)),
    ]
    return " · ".join(parts)


def told(view: RunView, event: ev.Event) -> str:
    """An event that was just folded into `view`, as a line; empty for those that say nothing to a reader."""
    match event:
        case ev.RunStarted():
            return one_line(f"{clock(0)} searching with {event.settings.strategy}, seed {event.settings.seed}")
        case ev.RunContinued():
            return f"{clock(view.elapsed)} going on"
        case ev.NodeJudged():
            return one_line(f"{clock(view.elapsed)} {_judged(view, event)}")
        case ev.QuestionAnswered() | ev.TestAdded() | ev.TestEdited() if event.test is not None:
            entry = (view.task.entry_point if view.task is not None else None) or "?"
            return one_line(f"{clock(view.elapsed)} visible test: {event.test.describe(entry)}")
        case ev.ExpansionStarted() if event.cut:
            return one_line(f"{clock(view.elapsed)} left out of the prompt: {', '.join(event.cut)}")
        case ev.TestsWritten():
            return f"{clock(view.elapsed)} the model wrote {plural(len(event.tests), 'test')} to choose by"
        case ev.ExpansionFailed():
            return one_line(f"{clock(view.elapsed)} the model failed: {event.message}")
        case _:
            return ""


def _judged(view: RunView, judged: ev.NodeJudged) -> str:
    node = view.tree.nodes[judged.node]
    if node.parent is None:
        origin = "given program"
    else:
        origin = f"{node.origin} of node {node.parent}" if node.parent else node.origin
    return f"node {node.id}, {origin}: {tests_passed(node)}, reward {judged.reward:.2f}{_why(node)}"


def _why(node: Node) -> str:
    """What went wrong first, where something did."""
    if node.duplicate_of is not None:
        return f", same as node {node.duplicate_of}"
    if node.verdict is None:
        return f", {node.rejection}" if node.rejection else ""
    failure = node.verdict.failure
    if failure is not None:
        return f", {failure.type}: {failure.message}"
    missed = next((record for record in node.verdict.records if not record.ok), None)
    return f", {missed.test} gave {missed.got}" if missed is not None and missed.got is not None else ""
