"""`models`: which models and backends there are, and what one would take of memory."""

from __future__ import annotations

import click

from reason_tui.cli.options import engine_options, flags_of
from reason_tui.cli.settings import engine_settings, load
from reason_tui.text import one_line


@click.group
def models() -> None:
    """List models and backends, and say what a model would take of memory."""


@models.command("list")
def list_() -> None:
    """The models that need no path, and the backends, installed or not."""
    from reason_tui.models.catalogue import find_model, known_models
    from reason_tui.models.loader import known_backends, missing_packages

    for name in known_models():
        click.echo(f"model    {name:12} {one_line(str(find_model(name)))}")
    for name in known_backends():
        missing = missing_packages(name)
        click.echo(f"backend  {name:12} {'needs ' + ', '.join(missing) if missing else 'installed'}")


@models.command()
@engine_options
@click.pass_context
def show(ctx: click.Context, /, **flags: object) -> None:
    """What the chosen model (--model) would be run by, and what it would take of memory. Loads nothing."""
    from reason_tui.models.loader import AUTO, choose_backend, forecast_memory

    settings = engine_settings(load(flags_of(ctx, flags)))
    backend = choose_backend(settings.model) if settings.backend == AUTO else settings.backend
    planned = forecast_memory(settings.model, backend, **settings.model_options())
    click.echo(f"model     {one_line(settings.model)}")
    click.echo(f"backend   {backend}")
    if planned is None:
        click.echo("memory    not known beforehand with this backend")
        return
    click.echo(f"context   {planned.context_length} tokens")
    click.echo(f"siblings  {planned.width} at a time" + _fewer(planned.width, settings.width, settings.serial))
    click.echo(f"memory    {_mb(planned.total)}")
    for name in ("weights", "caches", "buffers"):
        click.echo(f"          {_mb(getattr(planned, name))}  {name}")
    if planned.kept:
        click.echo(f"          {_mb(planned.kept)}  besides, at most, for prompts of earlier nodes")
    click.echo(f"room      {_mb(planned.room) if planned.room else 'not known'}")


def _fewer(width: int, wanted: int, serial: bool) -> str:
    if width >= wanted:
        return ""
    return " (serial)" if serial else f" ({wanted} do not fit)"


def _mb(size: int) -> str:
    return f"{size / 1e6:10,.1f} MB"
