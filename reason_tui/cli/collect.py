"""`collect`: searches over a task set whose findings are kept to learn from. It can be a job."""

from __future__ import annotations

import asyncio

import click

from reason_tui.cli.detached import detach as begin
from reason_tui.cli.detached import detach_option, job_of
from reason_tui.cli.options import engine_options, flags_of, search_options
from reason_tui.cli.output import print_bytes
from reason_tui.cli.settings import engine_settings, load, search_settings
from reason_tui.cli.words import plural
from reason_tui.config import Settings
from reason_tui.engine.jobs import Job
from reason_tui.evaluation import load_dataset
from reason_tui.learning import Store
from reason_tui.learning.adapters.manifest import Manifest, base_of
from reason_tui.learning.adapters.use import chosen, chosen_once
from reason_tui.learning.collect import SHARE, Collected, divide
from reason_tui.learning.collect import collect as collect_samples
from reason_tui.learning.plan import weights_of
from reason_tui.learning.workshop import workshop
from reason_tui.tasks.types import Task


@click.command
@click.option("--tasks", "dataset", required=True, metavar="D", help="A dataset, as `eval` reads it.")
@click.option("--rounds", type=click.IntRange(min=1), default=1, show_default=True, help="Searches of each task.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first tasks.")
@click.option("--group", default="", metavar="G", help="Only tasks whose group begins so.")
@click.option(
    "--hold-out",
    type=click.FloatRange(0, 0.9),
    default=SHARE,
    show_default=True,
    help="Share of the tasks kept apart for measuring, where the dataset does not say it itself.",
)
@click.option(
    "--with",
    "adapter",
    metavar="ADAPTER",
    help="Search with this adapter, or with `base`.  [default: the promoted one]",
)
@detach_option
@search_options
@engine_options
@click.pass_context
def collect(
    ctx: click.Context,
    /,
    dataset: str,
    rounds: int,
    limit: int | None,
    group: str,
    hold_out: float,
    adapter: str | None,
    detach: bool,
    **flags: object,
) -> int:
    """Search a task set, to learn from.

    The searches that were made already are not made again: what was cut off goes on. Held-out tasks are not touched.
    For your own runs: reason-tui pairs collect.
    """
    settings = load(flags_of(ctx, flags))
    graded = [one for one in load_dataset(dataset) if one.group.startswith(group)]
    training, held = divide(graded, hold_out)
    chosen(settings.state_dir, settings.model, adapter)
    if detach:
        return begin(ctx, settings, "collect", f"{dataset} with {settings.model}")
    store = Store(settings.state_dir)
    store.hold_out((one.task for one in held), dataset)
    with job_of(ctx, settings, "collect") as job:
        found = chosen_once(job.folder, settings.state_dir, settings.model, adapter)
        with job.model(settings.model):
            done = asyncio.run(_collect(job, training[:limit], settings, rounds, store, found))
        text = _words(done, store)
        job.result(text)
    print_bytes(f"{text}\n".encode())
    return 0


async def _collect(
    job: Job, tasks: list[Task], settings: Settings, rounds: int, store: Store, adapter: Manifest | None
) -> Collected:
    weights = weights_of(base_of(settings.model), adapter)
    async with workshop(engine_settings(settings), adapter) as shop:
        return await collect_samples(
            tasks, search_settings(settings), rounds, weights=weights, store=store, shop=shop, told=job.progress
        )


def _words(done: Collected, store: Store) -> str:
    samples = store.samples(done.runs)
    return (
        f"{len(done.runs)} searches ({done.made} of them now), {plural(len(samples), 'sample')}, "
        f"{plural(len(done.solved), 'task')} solved; {plural(done.ledger.tokens, 'token')}.\n"
        "See what it gives: reason-tui pairs ls"
    )
