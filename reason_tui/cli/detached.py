"""What a command needs to be a job: `--detach`, the job around its work, and what a person is shown of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from reason_tui.cli.live import Line, can_redraw
from reason_tui.config import Settings
from reason_tui.engine import jobs
from reason_tui.engine.jobs.records import Note, Progress, Record, Waiting
from reason_tui.engine.jobs.words import told
from reason_tui.text import clean

detach_option = click.option(
    "--detach", is_flag=True, help="Do it in the background, as a job; print the job's name (see `jobs`)."
)


class JobLine:
    """Shows what a job tells: one line that changes; waiting and notes are told off a terminal too."""

    def __init__(self) -> None:
        self._line = Line()

    def __call__(self, record: Record) -> None:
        """Show it, if it is one to show."""
        match record:
            case Progress():
                self._line.draw(told(record))
            case Waiting() if can_redraw():
                self._line.draw(told(record), at_once=True)
            case Note() | Waiting():
                self._line.wipe()
                click.echo(clean(told(record)), err=True)
            case _:
                pass

    def wipe(self) -> None:
        """Leave nothing."""
        self._line.wipe()


@contextmanager
def job_of(ctx: click.Context, settings: Settings, kind: jobs.Kind, *, polls: bool = False) -> Iterator[jobs.Job]:
    """The job that this process is, or is not: see `engine.jobs`. What it tells is shown on standard error."""
    line = JobLine()
    folder, begun = ctx.meta.get("job"), ctx.meta.get("job_begun")
    try:
        with jobs.Job.open(settings.state_dir, kind, folder, show=line, polls=polls, begun=begun) as job:
            yield job
    finally:
        line.wipe()


def detach(ctx: click.Context, settings: Settings, kind: jobs.Kind, title: str) -> int:
    """Begin this very command line as a job, and print its name. Raises StateError, EngineError."""
    arguments = [argument for argument in ctx.meta["arguments"] if argument != "--detach"]
    fixed = settings.model_dump(mode="json", exclude={"preset"})
    name = jobs.start(settings.state_dir, kind, arguments, title=title, settings=fixed)
    click.echo(name)
    click.echo(f"It goes on in the background. Look: reason-tui jobs attach {name}", err=True)
    return 0
