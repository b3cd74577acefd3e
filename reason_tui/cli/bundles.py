"""`learn bundle` and `learn train-bundle`: search on one machine, train on another."""

from __future__ import annotations

from pathlib import Path

import click

from reason_tui.cli.detached import detach as begin
from reason_tui.cli.detached import detach_option, job_of
from reason_tui.cli.options import engine_options, flags_of
from reason_tui.cli.settings import load
from reason_tui.cli.training import RATE, machine_options, take_training, train_settings, training_options
from reason_tui.cli.words import plural
from reason_tui.learning import Store
from reason_tui.learning.adapters.forms import require_train
from reason_tui.learning.adapters.manifest import base_folder
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.archives import open_archive
from reason_tui.learning.bundled import train_packed
from reason_tui.learning.bundles import command, pack
from reason_tui.learning.training import Method
from reason_tui.text import clean


@click.command
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--method",
    type=click.Choice(["sft", "dpo", "both"]),
    default="both",
    show_default=True,
    help="What to train there; `both` is SFT, then DPO from it.",
)
@click.option("--sft-lr", type=RATE, metavar="R", help="Learning rate of SFT.  [default: 1e-4]")
@click.option("--dpo-lr", type=RATE, metavar="R", help="Learning rate of DPO.  [default: 5e-6]")
@click.option("--from", "start", metavar="ADAPTER", help="Go on from this adapter; it goes into the archive too.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@training_options
@engine_options
@click.pass_context
def bundle(
    ctx: click.Context,
    /,
    path: Path,
    method: str,
    sft_lr: float | None,
    dpo_lr: float | None,
    start: str | None,
    force: bool,
    **flags: object,
) -> None:
    """Pack what was found into one archive, to train on another machine.

    It holds the lessons, how to train on them, and which weights they belong to, but no model. Prompts, programs and
    what tests said of them are in it: look with `pairs ls` before you give it to others.
    """
    given = take_training(flags)
    settings = load(flags_of(ctx, flags))
    given["seed"] = settings.seed
    rates: dict[Method, float | None] = {"sft": sft_lr, "dpo": dpo_lr}
    stages = [
        train_settings(each, given, learning_rate=rate) for each, rate in rates.items() if method in (each, "both")
    ]
    shelf = Shelf(settings.state_dir)
    head, counts = pack(
        path,
        settings.model,
        stages,
        store=Store(settings.state_dir),
        shelf=shelf,
        start=None if start is None else shelf.find(start),
        force=force,
    )
    packed = {stage.method for stage in head.stages}
    for each, count in counts.items():
        left = "" if each in packed else ": too few, left out"
        click.echo(f"{each}: {plural(count, 'lesson')}{left}", err=True)
    click.echo(clean(str(path)))
    click.echo(clean(f"On the other machine: {command(path.name, head.base)}"), err=True)


@click.command(name="train-bundle")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="The archive to write.  [default: beside PATH]"
)
@click.option("--same-base", is_flag=True, help="Say that the lessons' model was made from the weights of --model.")
@machine_options
@detach_option
@engine_options
@click.pass_context
def train_bundle(
    ctx: click.Context, /, path: Path, out: Path | None, same_base: bool, detach: bool, **flags: object
) -> int:
    """Train what an archive of `learn bundle` asks for, and write an archive of adapters to take back.

    Stopped or killed, it goes on with the same command.
    """
    machine = take_training(flags)
    settings = load(flags_of(ctx, flags))
    require_train()
    base_folder(settings.model)
    with open_archive(path, "lessons") as archive:
        for stage in archive.head.stages:
            train_settings(stage.method, machine)
    if detach:
        return begin(ctx, settings, "train", f"{path.name} with {settings.model}")
    target = out or path.with_name(f"{path.name.removesuffix('.zip')}.adapters.zip")
    given = {name: value for name, value in machine.items() if value is not None}
    with job_of(ctx, settings, "train", polls=True) as job:
        with job.model(settings.model):
            found = train_packed(
                path, target, settings.model, given, shelf=Shelf(settings.state_dir), job=job, same_base=same_base
            )
        text = f"{target}\nOn the first machine: reason-tui adapters import {target.name}"
        job.result(text, data={"adapter": found[-1].name})
    click.echo(clean(text))
    return 0
