"""Options that several commands share. Values are checked by the settings, so that a flag, a variable and a file
are held to the same rules and told off in the same words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Flags = dict[str, object]
"""Settings given on the command line, by the name of the setting."""


def engine_options(command: Decorated) -> Decorated:
    """--model, --backend, --preset, --state-dir, --sandbox, --unsafe-local."""
    for option in reversed(_ENGINE):
        command = option(command)
    return command


def search_options(command: Decorated) -> Decorated:
    """--strategy, --budget, --tokens, --time, --programs, --confirm, --width, --temperature, --seed."""
    for option in reversed(_SEARCH):
        command = option(command)
    return command


def collect(values: Mapping[str, object]) -> Flags:
    """The options that were given."""
    return {name: value for name, value in values.items() if value is not None}


def flags_of(ctx: click.Context, values: Mapping[str, object]) -> Flags:
    """The options given to this command, over those given before its name."""
    given: Flags = ctx.meta.get("flags", {})
    return {**given, **collect(values)}


state_option = click.option("--state-dir", metavar="DIR", help="The folder of journals, logs and the library.")

_ENGINE = (
    click.option("--model", metavar="M", help="`embedded`, or the path of a GGUF file or a model folder."),
    click.option("--backend", metavar="B", help="The engine that runs the model; `auto` picks one."),
    click.option("--preset", metavar="NAME", help="Start from the settings of a preset, e.g. `cpu`."),
    state_option,
    click.option("--sandbox", metavar="LEVEL", help="`auto`, `docker`, `bubblewrap`, `landlock` or `seatbelt`."),
    click.option(
        "--unsafe-local",
        is_flag=True,
        default=None,
        help="Run programs without a sandbox where there is none. They can read your files.",
    ),
)

_SEARCH = (
    click.option(
        "--strategy",
        metavar="S",
        help="`auto` (the default), `mcts`, `ab-mcts`, `best-of-n`, `linear`, `revise`, `random-tree` or `greedy`.",
    ),
    click.option("--budget", type=int, metavar="N", help="Completions to sample at most; 32 if no budget is given."),
    click.option("--tokens", type=int, metavar="N", help="Tokens to compute at most."),
    click.option("--time", "seconds", type=float, metavar="S", help="Seconds to search at most."),
    click.option("--programs", type=int, metavar="N", help="Programs to run at most."),
    click.option("--confirm", type=int, metavar="N", help="End when N samples that pass behave alike; 1 by default."),
    click.option("--width", type=int, metavar="K", help="Siblings of one expansion."),
    click.option("--temperature", type=float, metavar="T", help="0 is greedy; higher is more varied."),
    click.option("--seed", type=int, metavar="N", help="The same seed gives the same search."),
)
