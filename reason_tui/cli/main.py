"""The group of all commands, and the edge of the process. `--help` imports click and nothing heavy."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reason_tui import __version__
from reason_tui.cli.edge import exit_code_of
from reason_tui.cli.options import Flags, collect, engine_options, search_options

if TYPE_CHECKING:
    from reason_tui.config import Settings
    from reason_tui.engine.protocol import EngineSettings
    from reason_tui.search.events import SearchSettings

StartApp = Callable[["EngineSettings", "SearchSettings", "Settings"], int]

COMMANDS = {
    "solve": ("reason_tui.cli.solve:solve", "Solve one problem and print the program."),
    "runs": ("reason_tui.cli.runs:runs", "List, show, replay, resume, branch, export and import runs."),
    "eval": ("reason_tui.cli.evaluate:evaluate_", "Measure strategies on a dataset, or check the dataset."),
    "doctor": ("reason_tui.cli.doctor:doctor", "Say what works on this machine, and what to do about the rest."),
    "collect": ("reason_tui.cli.collect:collect", "Search a task set, to learn from."),
    "pairs": ("reason_tui.cli.pairs:pairs", "See, drop, export and import what is learned from."),
    "train": ("reason_tui.cli.train:train", "Train a LoRA adapter on what was found."),
    "learn": ("reason_tui.cli.learn:learn", "Collect, train and measure, in rounds."),
    "adapters": ("reason_tui.cli.adapters:adapters", "List, measure, merge, convert and import adapters."),
    "promote": ("reason_tui.cli.promote:promote", "Decide which adapter is used, or go back to the one before."),
    "jobs": ("reason_tui.cli.jobs:jobs", "List, watch, stop, resume and remove jobs in the background."),
    "sandbox": ("reason_tui.cli.sandbox:sandbox", "Attack the sandbox on this machine."),
    "models": ("reason_tui.cli.models:models", "List models and backends; what a model would take of memory."),
    "config": ("reason_tui.cli.config:config", "Show the settings and where each comes from."),
}
"""Name: where it is, and its line in the help, kept here so that the help imports none of them."""

NO_TERMINAL = 2


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import it, if there is one of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The lines of `COMMANDS`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="reason-tui")
@engine_options
@search_options
@click.option("--job", type=click.Path(), hidden=True, help="Be the process of the job in this folder.")
@click.option("--job-begun", type=int, hidden=True, help="A descriptor to close once the job has begun.")
@click.pass_context
def cli(ctx: click.Context, /, job: str | None, job_begun: int | None, **flags: object) -> None:
    """A small local model solves coding problems by search.

    Alone, on a terminal, it starts the app. Options given before a command hold for that command too.
    """
    given = collect(flags)
    if job is not None:
        ctx.meta.update(job=job, job_begun=job_begun)
        given = _settings_of(job) | given
    if ctx.invoked_subcommand is not None:
        ctx.meta["flags"] = given
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo(ctx.get_help(), err=True)
        click.echo("\nThe app needs a terminal; `reason-tui solve` does not.", err=True)
        ctx.exit(NO_TERMINAL)
    ctx.exit(_app(given, ctx.obj))


def _settings_of(job: str) -> Flags:
    """The settings a job was started with, whatever the files and variables say by now."""
    from reason_tui.config import Settings
    from reason_tui.engine.jobs.folder import read_spec

    found = read_spec(Path(job)).settings
    return {name: value for name, value in found.items() if name in Settings.model_fields}


def _app(flags: Flags, start_app: StartApp) -> int:
    from reason_tui.cli.settings import engine_settings, load, search_settings

    settings = load(flags)
    return start_app(engine_settings(settings), search_settings(settings), settings)


def run(arguments: Sequence[str], start_app: StartApp) -> int:
    """Run one command line and return the exit code. `start_app` is handed in: nothing here may import the app."""
    return exit_code_of(lambda: _invoke(arguments, start_app))


def _invoke(arguments: Sequence[str], start_app: StartApp) -> object:
    """Without `Command.main`, which would take a broken pipe for its own."""
    with cli.make_context("reason-tui", list(arguments), obj=start_app) as ctx:
        ctx.meta["arguments"] = tuple(arguments)
        return cli.invoke(ctx)
