"""`runs branch` and `runs import`: new runs out of recorded ones."""

from __future__ import annotations

from pathlib import Path

import click

from reason_tui.cli.ending import end, observing
from reason_tui.cli.options import engine_options, flags_of, search_options, state_option
from reason_tui.cli.session import resume_run
from reason_tui.cli.settings import changed, load, resuming_settings
from reason_tui.errors import UsageError
from reason_tui.runs import branch as branching
from reason_tui.runs.bundle import import_run
from reason_tui.runs.folders import runs_dir
from reason_tui.runs.journal import load as load_run
from reason_tui.runs.library import find_run


@click.command
@click.argument("run")
@click.option(
    "--node", type=click.IntRange(min=0), metavar="N", help="From when this node and its siblings were judged."
)
@click.option("--event", type=click.IntRange(min=0), metavar="N", help="From this event of the journal.")
@click.option("--json", "as_json", is_flag=True, help="Print the new events as JSON lines, not the program.")
@click.option("--plain", is_flag=True, help="Tell the progress in whole lines.")
@search_options
@engine_options
@click.pass_context
def branch(
    ctx: click.Context, /, run: str, node: int | None, event: int | None, as_json: bool, plain: bool, **flags: object
) -> int:
    """Go on from any point of a run in a new run, and print its program as `solve` does.

    Options that are given take the place of the run's own; its budget counts what is copied. Without --node or --event
    it goes on from the end, e.g. with a larger --budget. It needs the model and the sandbox the run was made with.
    """
    if node is not None and event is not None:
        raise UsageError("Both a node and an event were given.", hint="Give one of them.")
    given = flags_of(ctx, flags)
    settings = load(given)
    folder = find_run(settings.state_dir, run)
    own = load_run(folder)[0].settings
    search = None if own is None else changed(own, given, settings)
    name = branching.branch(settings.state_dir, folder, search, node=node, event=event)
    view, _ = load_run(runs_dir(settings.state_dir) / name)
    observer = observing(plain=plain, as_json=as_json)
    ended, interrupted = resume_run(name, view, resuming_settings(view, given, settings), observer)
    return end(ended, interrupted=interrupted, program=not as_json)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@state_option
@click.pass_context
def import_(ctx: click.Context, /, file: Path, **flags: object) -> None:
    """Take a run that was exported with `runs export --as journal` into the library, and print its name."""
    click.echo(import_run(load(flags_of(ctx, flags)).state_dir, file))
