"""`promote`: which adapter is used. A person decides, having seen how it was measured."""

from __future__ import annotations

import click

from reason_tui.cli.options import flags_of, state_option
from reason_tui.cli.settings import load
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.report import compared_words
from reason_tui.text import clean, one_line


@click.command
@click.argument("adapter", required=False)
@click.option("--rollback", is_flag=True, help="Take the last promotion back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@state_option
@click.pass_context
def promote(ctx: click.Context, /, adapter: str | None, rollback: bool, yes: bool, **flags: object) -> None:
    """Use an adapter from now on, after a look at how it was measured; `base` is none."""
    shelf = Shelf(load(flags_of(ctx, flags)).state_dir)
    if rollback:
        click.echo(f"Now used: {shelf.roll_back() or 'the base alone'}", err=True)
        return
    if adapter is None:
        click.echo(f"Used: {shelf.promoted() or 'the base alone'}")
        for damaged in (one for one in shelf.damaged() if one.name == shelf.promoted()):
            click.echo(clean(f"{damaged.words}\nUntil then the base alone is used."), err=True)
        return
    if adapter == "base":
        shelf.promote(None)
        click.echo("Now used: the base alone", err=True)
        return
    found = shelf.find(adapter)
    for one in found.evaluations:
        click.echo(compared_words(one), err=True)
    if not found.evaluations:
        click.echo(f"It was never measured. Do so: reason-tui adapters measure {found.name}", err=True)
    if yes or click.confirm(f"Use {found.name} from now on?", err=True):
        shelf.promote(found.name)
        click.echo(
            f"Now used with {one_line(found.base.name)}: {found.name}. Take it back: reason-tui promote --rollback",
            err=True,
        )
