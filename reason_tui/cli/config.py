"""`config`: the settings as they hold here, and the files they come from."""

from __future__ import annotations

from collections.abc import Mapping

import click

from reason_tui.cli.options import engine_options, flags_of, search_options
from reason_tui.cli.settings import warn
from reason_tui.config import Loaded, Settings, load_settings, project_file, user_file
from reason_tui.text import one_line


@click.group
def config() -> None:
    """Show the settings and where each comes from.

    A flag wins over a variable REASON_TUI__NAME, that over `.reason-tui.toml` in this folder or above it, that over
    your own config.toml, that over a preset.
    """


@config.command
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@engine_options
@search_options
@click.pass_context
def show(ctx: click.Context, /, origin: bool, **flags: object) -> None:
    """Every setting with its value, as TOML."""
    loaded = load_settings(flags_of(ctx, flags))
    warn(loaded)
    for name, field in Settings.model_fields.items():
        click.echo(f"# {field.description}")
        click.echo(_line(loaded, name, origin))


@config.command
def path() -> None:
    """The files that are read, if they are there."""
    project = project_file()
    for label, file in (("project", project), ("user", user_file())):
        if file is None:
            click.echo(f"{label:8} none in this folder or above it")
        else:
            click.echo(f"{label:8} {one_line(str(file))}{'' if file.is_file() else '  (not there)'}")


def _line(loaded: Loaded, name: str, origin: bool) -> str:
    value = getattr(loaded.settings, name)
    text = f"# {name} is not set" if value is None else f"{name} = {_toml(value)}"
    return f"{text}  # {one_line(loaded.origins.get(name, 'default'))}" if origin else text


def _toml(value: object) -> str:
    import tomli_w

    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_toml(key)} = {_toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    plain = value if isinstance(value, bool | int | float | str) else str(value)
    return one_line(tomli_w.dumps({"x": plain}).removeprefix("x = "))
