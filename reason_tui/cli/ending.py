"""What a command that searches says on standard output, and its exit code."""

from __future__ import annotations

import sys

import click

from reason_tui.cli import progress
from reason_tui.cli.edge import INTERRUPTED
from reason_tui.cli.output import print_bytes, print_program
from reason_tui.cli.session import Observer
from reason_tui.cli.words import spent, verdict_on
from reason_tui.engine.protocol import Message, RunEvent
from reason_tui.runs import lines
from reason_tui.runs.fold import RunView

SOLVED, NOT_SOLVED = 0, 1


def observing(*, plain: bool, as_json: bool) -> Observer:
    """What shows a run while it goes on; with `as_json` its events go to standard output."""
    beside = progress.observer(plain, live=not (as_json and sys.stdout.isatty()))
    return JsonLines(beside) if as_json else beside


def end(view: RunView, *, interrupted: bool, program: bool) -> int:
    """Print the answer's `program`, if it is wanted, and how the run ended; the exit code."""
    if program and view.answer is not None and view.answer.program is not None:
        print_program(view.answer.program)
    click.echo(verdict_on(view), err=True)
    if view.started is not None:
        click.echo(f"{spent(view)}. Saved as {view.started.run}.", err=True)
    if view.finished is not None and view.finished.outcome == "solved":
        return SOLVED
    return INTERRUPTED if interrupted else NOT_SOLVED


class JsonLines:
    """Prints the lines of the journal as they come; what else there is to see goes on beside it."""

    def __init__(self, beside: Observer) -> None:
        self._beside = beside
        self.ready = beside.ready
        self.stopping = beside.stopping
        self.died = beside.died
        self.question = beside.question
        self.refused = beside.refused
        self.close = beside.close

    def message(self, view: RunView, message: Message) -> None:
        """Print an event."""
        if isinstance(message, RunEvent):
            print_bytes(lines.encode(message.seq, message.event, None))
        self._beside.message(view, message)
