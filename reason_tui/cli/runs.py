"""`runs`: what was saved, straight from the journals."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime
from pathlib import Path
from typing import cast

import click

from reason_tui.cli.branch import branch, import_
from reason_tui.cli.options import flags_of, state_option
from reason_tui.cli.output import print_bytes, print_program
from reason_tui.cli.progress import told
from reason_tui.cli.research import research
from reason_tui.cli.resume import resume
from reason_tui.cli.settings import load
from reason_tui.cli.words import plural, spent, verdict_on
from reason_tui.errors import JournalError
from reason_tui.runs import export as exporting
from reason_tui.runs.fold import RunView
from reason_tui.runs.journal import load as load_run
from reason_tui.runs.journal import read_events
from reason_tui.runs.library import RunSummary, find_run, list_runs, reindex
from reason_tui.runs.replay import replay as paced
from reason_tui.runs.report import report
from reason_tui.text import clean, one_line

LONGEST_PAUSE_S = 5.0


@click.group
def runs() -> None:
    """List, show, replay, resume, branch, export and import runs.

    RUN is a run's name, the beginning of one, or `last`.
    """


runs.add_command(resume)
runs.add_command(branch)
runs.add_command(import_)
runs.add_command(research)


@runs.command
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the newest.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@state_option
@click.pass_context
def ls(ctx: click.Context, /, limit: int | None, as_json: bool, **flags: object) -> None:
    """The runs, newest first."""
    found = list_runs(load(flags_of(ctx, flags)).state_dir)[:limit]
    if as_json:
        for run in found:
            print_bytes(run.model_dump_json(ensure_ascii=True).encode() + b"\n")
        return
    if not found:
        click.echo("There are no runs yet.", err=True)
    for run in found:
        click.echo(_row(run))


@runs.command("reindex")
@state_option
@click.pass_context
def reindex_(ctx: click.Context, /, **flags: object) -> None:
    """Make the library's index again, from the journals."""
    found = reindex(load(flags_of(ctx, flags)).state_dir)
    click.echo(f"{plural(len(found), 'run')}.", err=True)


@runs.command
@click.argument("run")
@click.option("--program", is_flag=True, help="Print the answer's program alone.")
@state_option
@click.pass_context
def show(ctx: click.Context, /, run: str, program: bool, **flags: object) -> None:
    """The task, the answer, the tree and the cost of a run, as Markdown."""
    view = _view(_folder(ctx, run, flags))
    if program:
        print_program(exporting.solution(view))
    else:
        click.echo(clean(report(view)))


@runs.command
@click.argument("run")
@click.option("--speed", type=click.FloatRange(min=0), default=1.0, metavar="X", help="2 is twice as fast, 0 at once.")
@state_option
@click.pass_context
def replay(ctx: click.Context, /, run: str, speed: float, **flags: object) -> None:
    """Tell a run again, at its own pace, without a model."""
    asyncio.run(_replay(_folder(ctx, run, flags), speed))


@runs.command
@click.argument("run")
@click.option(
    "--as",
    "kind",
    type=click.Choice(exporting.KINDS),
    default="solution",
    help="The program, the program with its visible tests, the report, or the journal in one file.",
)
@click.option("--to", type=click.Path(path_type=Path), default=".", metavar="PATH", help="A file, or a folder.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@state_option
@click.pass_context
def export(ctx: click.Context, /, run: str, kind: str, to: Path, force: bool, **flags: object) -> None:
    """Write what a run found to a file, and print the file's path."""
    folder = _folder(ctx, run, flags)
    written = exporting.export(_view(folder), cast("exporting.ExportKind", kind), to, folder=folder, force=force)
    click.echo(clean(str(written)))


def _folder(ctx: click.Context, run: str, flags: dict[str, object]) -> Path:
    return find_run(load(flags_of(ctx, flags)).state_dir, run)


def _view(folder: Path) -> RunView:
    """The run as far as its journal is good. Raises JournalError where nothing of it is."""
    view, damage = load_run(folder)
    if damage is not None:
        _say_damage(damage, view)
    return view


def _say_damage(damage: JournalError, view: RunView) -> None:
    if view.started is None:
        raise damage
    click.echo(f"Warning: {clean(str(damage))}", err=True)


async def _replay(folder: Path, speed: float) -> None:
    view = RunView()
    pace = speed if speed > 0 else math.inf
    try:
        async for event in paced(read_events(folder), pace, longest=LONGEST_PAUSE_S):
            view.apply(event)
            line = told(view, event)
            if line:
                click.echo(line)
    except JournalError as damage:
        _say_damage(damage, view)
    click.echo(verdict_on(view))
    click.echo(f"{spent(view)}.")


def _row(run: RunSummary) -> str:
    ended = run.outcome if run.state == "finished" and run.outcome is not None else run.state
    when = datetime.fromtimestamp(run.started_at).strftime("%Y-%m-%d %H:%M")
    cost = f"{run.nodes:>4} nodes {run.seconds:>6.1f} s"
    return f"{one_line(run.id):44}  {when}  {ended:11}  {run.strategy:9}  {cost}  {one_line(run.title)}".rstrip()
