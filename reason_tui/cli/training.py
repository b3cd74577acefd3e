"""Options of a training, shared by `train` and `learn`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from reason_tui.errors import ConfigError
from reason_tui.learning.training import Method, TrainSettings
from reason_tui.learning.training.trackers import check_trackers

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

RATE = click.FloatRange(min=0, min_open=True)
"""What a learning rate, and a number of epochs, may be."""

_MACHINE = (
    click.option("--micro-batch", type=int, metavar="N", help="Lessons computed at a time: less memory.  [default: 4]"),
    click.option("--quantise", type=click.Choice(["none", "nf4"]), help="nf4 is QLoRA, on CUDA."),
    click.option("--device", type=click.Choice(["auto", "cpu", "mps", "cuda"]), help="Where to compute."),
)
"""Options that say how to compute, not what to learn."""

_OPTIONS = (
    click.option("--epochs", type=RATE, metavar="N", help="How often each lesson is seen.  [default: 1]"),
    click.option("--steps", type=int, metavar="N", help="Stop after so many steps."),
    click.option("--batch", type=int, metavar="N", help="Lessons of one step.  [default: 16]"),
    *_MACHINE[:1],
    click.option("--rank", type=int, metavar="R", help="Rank of the LoRA; its alpha is twice that.  [default: 32]"),
    click.option("--beta", type=float, metavar="B", help="DPO: how far from the reference.  [default: 0.1]"),
    click.option("--nll", type=float, metavar="W", help="DPO: weight of the chosen side's own loss.  [default: 0.2]"),
    click.option("--max-length", type=int, metavar="N", help="Longer lessons are left out.  [default: 1024]"),
    click.option(
        "--patience", type=int, metavar="N", help="Stop after N looks without a better validation loss; 0 never."
    ),
    click.option("--no-checkpointing", "checkpoints", flag_value=False, default=None, help="Faster, with more memory."),
    *_MACHINE[1:],
    click.option("--report-to", multiple=True, metavar="TRACKER", help="Tell a tracker that is installed, e.g. wandb."),
)


def training_options(command: Decorated) -> Decorated:
    """All of them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def machine_options(command: Decorated) -> Decorated:
    """--micro-batch, --quantise, --device."""
    for option in reversed(_MACHINE):
        command = option(command)
    return command


NAMES = frozenset(
    ("epochs", "steps", "batch", "micro_batch", "rank", "beta", "nll", "max_length", "patience", "checkpoints")
) | {"quantise", "device", "report_to"}


def take_training(flags: dict[str, object]) -> dict[str, object]:
    """Take the options of the training out of all that were given."""
    return {name: flags.pop(name) for name in list(flags) if name in NAMES}


def train_settings(method: Method, given: dict[str, object], **more: object) -> TrainSettings:
    """The settings; options that were not given have their defaults. Raises ConfigError."""
    values = {name: value for name, value in {**given, **more}.items() if value is not None}
    if rank := values.get("rank"):
        values["lora_alpha"] = 2 * int(str(rank))
    try:
        settings = TrainSettings.model_validate({"method": method, **values})
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise ConfigError(f"--{option} cannot be {first['input']!r}.", why=f"{first['msg']}.") from None
    check_trackers(settings.report_to)
    return settings
