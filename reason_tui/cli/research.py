"""`runs research`: what another strategy would have done with the samples of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from reason_tui.cli.options import flags_of, search_options, state_option
from reason_tui.cli.output import print_bytes
from reason_tui.cli.settings import changed, load
from reason_tui.cli.words import plural, verdict_on
from reason_tui.runs import lines
from reason_tui.runs.decisions import decisions
from reason_tui.runs.fold import RunView
from reason_tui.runs.journal import read_events
from reason_tui.runs.library import find_run
from reason_tui.runs.research import Research
from reason_tui.runs.research import research as search_again
from reason_tui.search.events import Event
from reason_tui.text import clean


@click.command
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print the events of the new search as JSON lines.")
@search_options
@state_option
@click.pass_context
def research(ctx: click.Context, /, run: str, as_json: bool, **flags: object) -> None:
    """Search again with the samples of a run: no model, no sandbox.

    Options that are given take the place of the run's own. Where the run has no sample that the search asks for, it
    ends and says so; nothing is made up. Samples of another temperature are not used.
    """
    given = flags_of(ctx, flags)
    settings = load(given)
    past = list(read_events(find_run(settings.state_dir, run)))
    started = RunView.of(past).started
    wanted = None if started is None else changed(started.settings, given, settings)
    found = asyncio.run(search_again(past, wanted))
    if as_json:
        for seq, event in enumerate(found.events):
            print_bytes(lines.encode(seq, event, None))
        return
    _tell(past, found)


def _tell(past: Sequence[Event], found: Research) -> None:
    for name, view in (("recorded", RunView.of(past)), ("again", RunView.of(found.events))):
        click.echo(f"{name:8}  {_row(view)}")
    if found.ran_out:
        click.echo(found.ran_out)
    elif decisions(found.events) == decisions(past):
        click.echo("The same decisions, event by event.")


def _row(view: RunView) -> str:
    started, ledger = view.started, view.ledger
    strategy = started.settings.strategy if started is not None else ""
    spent = f"{plural(ledger.completions, 'completion'):15}  {plural(ledger.programs, 'program')} run"
    return clean(f"{strategy:9}  {spent:32}  {verdict_on(view)}")
