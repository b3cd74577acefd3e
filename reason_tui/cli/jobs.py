"""`jobs`: what goes on in the background, and what came of it."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import click

from reason_tui.cli.detached import JobLine
from reason_tui.cli.edge import INTERNAL, print_error
from reason_tui.cli.options import flags_of, state_option
from reason_tui.cli.output import print_bytes
from reason_tui.cli.settings import load
from reason_tui.cli.words import clock
from reason_tui.engine import jobs as job_api
from reason_tui.engine.jobs.folder import LOG
from reason_tui.engine.jobs.records import Ended
from reason_tui.engine.jobs.view import JobView
from reason_tui.engine.jobs.words import told, waiting_for
from reason_tui.errors import StateError
from reason_tui.text import clean, one_line

_LOG_LINES = 20


@click.group
def jobs() -> None:
    """List, watch, stop, resume and remove jobs.

    JOB is a job's name, the beginning of one, or `last`. A job is a command given --detach: it goes on when the app or
    the terminal is closed. One process has a model at a time; other jobs wait for it.
    """


@jobs.command
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@state_option
@click.pass_context
def ls(ctx: click.Context, /, as_json: bool, **flags: object) -> None:
    """The jobs, newest first."""
    found = job_api.list_jobs(load(flags_of(ctx, flags)).state_dir)
    if not found and not as_json:
        click.echo("There are no jobs. One is begun by --detach, e.g. `reason-tui eval --detach`.", err=True)
    for folder in found:
        try:
            view = JobView.of(folder)
        except StateError as damage:
            click.echo(clean(str(damage)), err=True)
            continue
        if as_json:
            print_bytes(view.model_dump_json(ensure_ascii=True).encode() + b"\n")
        else:
            click.echo(_row(view))


@jobs.command
@click.argument("job")
@state_option
@click.pass_context
def show(ctx: click.Context, /, job: str, **flags: object) -> None:
    """What a job is, how far it is, what it gave, and the end of its log."""
    folder = _find(ctx, job, flags)
    view = JobView.of(folder, whole=True)
    click.echo(_row(view))
    click.echo(f"reason-tui {' '.join(map(one_line, view.spec.arguments))}")
    click.echo(f"in {clean(view.spec.cwd)}, begun {_moment(view.spec.created_at)}; {clean(str(folder))}")
    for note in view.notes:
        click.echo(clean(note))
    if view.ended is not None:
        _tell_end(view.ended)
    log = _log(folder)
    if log and (view.ended is None or view.ended.outcome != "done"):
        click.echo(f"\nThe end of its log:\n{clean(log)}")


@jobs.command
@click.argument("job")
@state_option
@click.pass_context
def attach(ctx: click.Context, /, job: str, **flags: object) -> int:
    """Watch a job until it ends and print what it gave. Ctrl+C leaves it alone.

    The exit code is that of the job.
    """
    folder = _find(ctx, job, flags)
    ended = _follow(folder)
    if ended is not None:
        _tell_end(ended)
        return ended.exit_code
    if job_api.is_alive(folder):
        click.echo(f"{folder.name} goes on.", err=True)
        return 0
    print_error("The job was interrupted.", "Its process is gone and told no end.", _how_to_resume(folder))
    return INTERNAL


@jobs.command
@click.argument("job")
@state_option
@click.pass_context
def stop(ctx: click.Context, /, job: str, **flags: object) -> None:
    """Ask a job to end, and kill it if it does not. It can be resumed."""
    folder = _find(ctx, job, flags)
    how = job_api.stop(folder)
    words = {"stopped": "stopped.", "killed": "did not end in time and was killed.", "was over": "was over already."}
    click.echo(f"{folder.name} {words[how]}", err=True)
    if how != "was over":
        click.echo(_how_to_resume(folder), err=True)


@jobs.command
@click.argument("job")
@state_option
@click.pass_context
def resume(ctx: click.Context, /, job: str, **flags: object) -> None:
    """Go on with a job that was stopped, interrupted, or failed. What it has done is not done again."""
    folder = _find(ctx, job, flags)
    job_api.resume(folder)
    click.echo(folder.name)
    click.echo(f"It goes on in the background. Look: reason-tui jobs attach {folder.name}", err=True)


@jobs.command
@click.argument("job")
@state_option
@click.pass_context
def rm(ctx: click.Context, /, job: str, **flags: object) -> None:
    """Delete the folder of a job that is over, with its results."""
    folder = _find(ctx, job, flags)
    job_api.remove(folder)
    click.echo(f"{folder.name} removed.", err=True)


def _find(ctx: click.Context, job: str, flags: dict[str, object]) -> Path:
    return job_api.find_job(load(flags_of(ctx, flags)).state_dir, job)


def _follow(folder: Path) -> Ended | None:
    """Show what a job tells until it is over, and how it ended; None after Ctrl+C, or where it told no end."""
    line, last = JobLine(), None
    try:
        for record in job_api.follow(folder):
            if record is not None:
                line(record)
                last = record
    except KeyboardInterrupt:
        return None
    finally:
        line.wipe()
    return last if isinstance(last, Ended) else None


def _tell_end(ended: Ended) -> None:
    if ended.outcome == "done" and ended.result:
        print_bytes(clean(ended.result).encode() + b"\n")
    elif ended.outcome == "stopped":
        click.echo(clean(f"Stopped. {ended.why}".strip()), err=True)
    elif ended.outcome == "failed":
        print_error(ended.what, ended.why, ended.hint)


def _how_to_resume(folder: Path) -> str:
    return f"Go on with it: reason-tui jobs resume {folder.name}"


def _row(view: JobView) -> str:
    ran = (time.time() if view.pid else view.last_at or 0.0) - (view.began_at or time.time())
    words = ""
    if view.state == "waiting":
        words = waiting_for(view.behind)
    elif view.progress is not None:
        words = told(view.progress)
    return f"{one_line(view.spec.id):32}  {view.state:11}  {clock(ran)}  {one_line(view.spec.title)}  {words}".rstrip()


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M")


def _log(folder: Path) -> str:
    try:
        return "\n".join((folder / LOG).read_text("utf-8", "replace").splitlines()[-_LOG_LINES:])
    except OSError:
        return ""
