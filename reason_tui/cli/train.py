"""`train`: an adapter from the pairs and the verified programs there are. It can be a job."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import cast

import click

from reason_tui.cli.detached import detach as begin
from reason_tui.cli.detached import detach_option, job_of
from reason_tui.cli.options import engine_options, flags_of
from reason_tui.cli.output import print_bytes
from reason_tui.cli.settings import engine_settings, load
from reason_tui.cli.training import RATE, take_training, train_settings, training_options
from reason_tui.config import Settings
from reason_tui.engine.jobs import Job
from reason_tui.errors import UsageError
from reason_tui.evaluation import load_dataset
from reason_tui.learning import PairRules, Store
from reason_tui.learning.adapters.forms import require_train
from reason_tui.learning.adapters.manifest import Manifest, base_folder
from reason_tui.learning.adapters.shelf import Shelf, check_name
from reason_tui.learning.collect import divide
from reason_tui.learning.problems import problems_of, says_what_is_right
from reason_tui.learning.training import Method, TrainSettings
from reason_tui.learning.training.ranks import agreed, is_first, world
from reason_tui.learning.training.rewarding import Rewarding
from reason_tui.learning.training.train import train as train_adapter
from reason_tui.runs.library import find_run
from reason_tui.text import one_line

_OWN = ("learning_rate", "group", "reply_length")
"""Options of the training that no other command has."""


@click.command
@click.argument("method", type=click.Choice(["sft", "dpo", "grpo"]))
@click.option(
    "--lr", "learning_rate", type=RATE, metavar="R", help="Learning rate.  [default: 1e-4 SFT, 5e-6 DPO, 1e-5 GRPO]"
)
@click.option("--tasks", "dataset", metavar="D", help="GRPO: the dataset whose tasks are sampled and rewarded.")
@click.option(
    "--replies",
    "group",
    type=click.IntRange(min=2),
    metavar="N",
    help="GRPO: replies that are compared with each other.  [default: 8]",
)
@click.option(
    "--reply-length", type=click.IntRange(min=8), metavar="N", help="GRPO: tokens of a reply at most.  [default: 256]"
)
@click.option("--run", "runs", multiple=True, metavar="RUN", help="Learn from this run alone; may be given again.")
@click.option("--from", "start", metavar="ADAPTER", help="Go on from this adapter; for DPO it is the reference.")
@click.option("--name", metavar="NAME", help="Call the adapter so; a training of that name goes on.")
@training_options
@detach_option
@engine_options
@click.pass_context
def train(
    ctx: click.Context,
    /,
    method: str,
    dataset: str | None,
    start: str | None,
    name: str | None,
    runs: tuple[str, ...],
    detach: bool,
    **flags: object,
) -> int:
    """Train a LoRA adapter on what was found.

    METHOD is `sft`, behaviour cloning of verified programs, `dpo`, preference pairs, or `grpo`, which samples the tasks
    of a dataset anew and rewards the visible tests that a program passes, or the steps and the answer of a math
    problem; without tests or answer, agreement. Nothing uses the adapter before it is promoted.

    On several devices: accelerate launch --multi_gpu --num_processes N -m reason_tui train METHOD
    """
    given, own = take_training(flags), {name: flags.pop(name) for name in _OWN}
    settings = load(flags_of(ctx, flags))
    chosen = train_settings(cast("Method", method), given, **own, seed=settings.seed)
    if (method == "grpo") != (dataset is not None):
        raise UsageError("GRPO, and nothing else, needs --tasks.", hint="reason-tui train grpo --tasks FILE")
    if name is not None:
        check_name(name)
    only = [find_run(settings.state_dir, run).name for run in runs] or None
    require_train()
    base_folder(settings.model)
    found = None if start is None else Shelf(settings.state_dir).find(start)
    if detach and world() > 1:
        raise UsageError("Under a launcher there is no --detach.", hint="Put the launcher itself into the background.")
    if detach:
        return begin(ctx, settings, "train", f"{method} of {settings.model}")
    return _work(ctx, settings, chosen, name, found, dataset, only)


def _work(
    ctx: click.Context,
    settings: Settings,
    chosen: TrainSettings,
    name: str | None,
    start: Manifest | None,
    dataset: str | None,
    only: list[str] | None,
) -> int:
    """Train, as the job that this process may be, and print the adapter's name."""
    with _job(ctx, settings) as job:
        if name is None:
            name = Shelf(settings.state_dir).new_name(chosen.method) if job.folder is None else job.folder.name
        try:
            with job.model(settings.model) if is_first() else nullcontext():
                name = agreed(name, chosen)
                kept = _train(job, settings, chosen, name, start, dataset, only)
        finally:
            if job.folder is None and is_first() and name in Shelf(settings.state_dir).unfinished():
                click.echo(
                    f"Not finished: the same command with --name {name} goes on from the last checkpoint.", err=True
                )
        text = f"{kept.name}\nMeasure it: reason-tui adapters measure {kept.name}"
        job.result(text, data={"adapter": kept.name})
    if is_first():
        print_bytes(f"{text}\n".encode())
    return 0


def _job(ctx: click.Context, settings: Settings) -> AbstractContextManager[Job]:
    """The first of several processes is the one that tells how it goes."""
    return job_of(ctx, settings, "train", polls=True) if is_first() else Job.open(settings.state_dir, "train")


def _train(
    job: Job,
    settings: Settings,
    chosen: TrainSettings,
    name: str,
    start: Manifest | None,
    dataset: str | None,
    runs: list[str] | None,
) -> Manifest:
    store, shelf, rules = Store(settings.state_dir), Shelf(settings.state_dir), PairRules()
    if dataset is None:
        lessons = store.pairs(rules, runs) if chosen.method == "dpo" else store.examples(rules, runs)
        models = sorted({one_line(lesson.model, 60) for lesson in lessons if lesson.model})
        if len(models) > 1:
            job.note(f"What is learned from are replies of {len(models)} models: {', '.join(models)}.")
        return train_adapter(name, settings.model, lessons, chosen, shelf=shelf, job=job, start=start)
    training, held = divide(load_dataset(dataset))
    store.hold_out((one.task for one in held), dataset)
    problems = problems_of(training, store.held_out())
    if untold := sum(not says_what_is_right(problem.problem) for problem in problems):
        job.note(
            f"{untold} of {len(problems)} tasks have no tests and no answer: agreement between replies rewards them."
        )
    rewarding = Rewarding(engine_settings(settings))
    try:
        return train_adapter(
            name, settings.model, problems, chosen, shelf=shelf, job=job, start=start, rewarding=rewarding
        )
    finally:
        rewarding.close()
