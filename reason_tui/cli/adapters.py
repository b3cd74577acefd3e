"""`adapters`: what was trained, in every form."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import cast

import click

from reason_tui.cli.measuring import measure
from reason_tui.cli.options import engine_options, flags_of, state_option
from reason_tui.cli.output import print_bytes
from reason_tui.cli.settings import load
from reason_tui.errors import UsageError
from reason_tui.learning.adapters.forms import form_of, require_train
from reason_tui.learning.adapters.importing import import_folder, take_back
from reason_tui.learning.adapters.manifest import Compared, Form, Manifest, base_folder, base_of, check_base
from reason_tui.learning.adapters.shelf import PEFT, Shelf
from reason_tui.learning.report import compared_words
from reason_tui.text import clean, one_line


@click.group
def adapters() -> None:
    """List, show, measure, merge, convert, import and remove adapters.

    ADAPTER is a name, the beginning of one, `last` or `promoted`.
    """


adapters.add_command(measure)


@adapters.command
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@state_option
@click.pass_context
def ls(ctx: click.Context, /, as_json: bool, **flags: object) -> None:
    """The adapters, newest first; `*` is the promoted one. Damaged ones and trainings are told as errors are."""
    shelf = _shelf(ctx, flags)
    for found in (listed := shelf.all()):
        if as_json:
            print_bytes(found.model_dump_json(ensure_ascii=True).encode() + b"\n")
        else:
            click.echo(_row(found, found.name == shelf.promoted()))
    for broken in (damaged := shelf.damaged()):
        mark = "*" if broken.name == shelf.promoted() else " "
        click.echo(clean(f"{mark} {one_line(broken.name, 36):36}  {broken.fault}. {broken.hint}"), err=True)
    unfinished = [] if as_json else shelf.unfinished()
    for name in unfinished:
        click.echo(
            clean(f"  {name:36}  not finished: the command or job that began it goes on (train: --name {name})"),
            err=True,
        )
    if not listed and not damaged and not unfinished and not as_json:
        click.echo("There are no adapters yet. Train one: reason-tui train sft", err=True)


@adapters.command
@click.argument("adapter")
@state_option
@click.pass_context
def show(ctx: click.Context, /, adapter: str, **flags: object) -> None:
    """What an adapter is, what it was trained on, how it was measured."""
    shelf = _shelf(ctx, flags)
    found = shelf.find(adapter)
    click.echo(_row(found, found.name == shelf.promoted()))
    click.echo(clean(f"base {found.base.name}, data {found.data_sha256[:16]}, from {found.start or 'the base'}"))
    if found.settings is not None:
        click.echo(clean(found.settings.model_dump_json(exclude_defaults=True)))
    click.echo(clean(", ".join(f"{name} {value:.4g}" for name, value in found.figures.items() if value is not None)))
    for one in found.evaluations:
        click.echo(compared_words(one))
    click.echo(clean(str(shelf.place(found.name))))


@adapters.command
@click.argument("adapter")
@click.argument("target", type=click.Path(path_type=Path))
@state_option
@click.pass_context
def merge(ctx: click.Context, /, adapter: str, target: Path, **flags: object) -> None:
    """Write base and adapter as one model, in the new folder TARGET."""
    shelf = _shelf(ctx, flags)
    found = shelf.find(adapter)
    require_train()
    check_base(found, found.base.name)
    from reason_tui.learning.adapters.merging import merge as merge_folders

    click.echo(clean(str(merge_folders(shelf.place(found.name) / PEFT, base_folder(found.base.name), target))))


@adapters.command
@click.argument("adapter")
@click.option("--to", "form", type=click.Choice(["gguf", "mlx"]), help="The form to convert to.")
@click.option("--base", metavar="M", help="Say that this GGUF file is the same model as the adapter's base.")
@state_option
@click.pass_context
def convert(ctx: click.Context, /, adapter: str, form: str | None, base: str | None, **flags: object) -> None:
    """Convert an adapter for llama.cpp or MLX; print where it lies. It is done by itself where it is needed."""
    shelf = _shelf(ctx, flags)
    found = shelf.find(adapter)
    if base is not None:
        other = base_of(base).sha256
        if any(other[layout] != found.base.sha256[layout] for layout in other.keys() & found.base.sha256.keys()):
            check_base(found, base)
        known = {**found.base.sha256, **other}
        found = found.model_copy(update={"base": found.base.model_copy(update={"sha256": known})})
        shelf.keep(found)
    if form is not None:
        click.echo(clean(str(form_of(shelf, found, cast("Form", form)))))
    elif base is None:
        raise UsageError("Nothing to do.", hint="Give --to gguf or --to mlx.")


@adapters.command(name="import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="Call it so.")
@engine_options
@click.pass_context
def import_(ctx: click.Context, /, path: Path, name: str | None, **flags: object) -> None:
    """Take in an adapter from another machine; --model says what it belongs to.

    PATH is an archive that `learn train-bundle` wrote, or a folder: an adapter of peft, or one of ours.
    """
    settings = load(flags_of(ctx, flags))
    shelf = Shelf(settings.state_dir)
    if path.is_dir():
        found = [import_folder(shelf, path, settings.model, name)]
    else:
        found = take_back(path, settings.model, shelf, name)
    for manifest in found:
        click.echo(manifest.name)
    click.echo(f"Measure it: reason-tui adapters measure {found[-1].name}", err=True)


@adapters.command
@click.argument("adapter")
@state_option
@click.pass_context
def rm(ctx: click.Context, /, adapter: str, **flags: object) -> None:
    """Delete an adapter, also a damaged one, or a training that is not finished, by its whole name."""
    shelf = _shelf(ctx, flags)
    whole = (*shelf.unfinished(), *(one.name for one in shelf.damaged()))
    name = adapter if adapter in whole else shelf.find(adapter).name
    shelf.remove(name)
    click.echo(f"{name} removed.", err=True)


def _shelf(ctx: click.Context, flags: dict[str, object]) -> Shelf:
    return Shelf(load(flags_of(ctx, flags)).state_dir)


def _row(found: Manifest, promoted: bool) -> str:
    made = datetime.fromtimestamp(found.created_at).strftime("%Y-%m-%d %H:%M")
    measured = _change(found.evaluations[0]) if found.evaluations else "not measured"
    mark = "*" if promoted else " "
    base = one_line(found.base.name, 40)
    return f"{mark} {one_line(found.name, 36):36}  {made}  {found.method or 'imported':8}  {base}  {measured}"


def _change(one: Compared) -> str:
    points = f"{100 * one.difference:+.1f} points"
    return f"{points} against {one_line(one.against, 36)}" if one.against else points
