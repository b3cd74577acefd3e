"""`adapters measure`: what an adapter changes, on tasks that nothing was learned from. It can be a job."""

from __future__ import annotations

import asyncio

import click

from reason_tui.cli.detached import detach as begin
from reason_tui.cli.detached import detach_option, job_of
from reason_tui.cli.options import engine_options, flags_of
from reason_tui.cli.settings import engine_settings, load, search_settings
from reason_tui.config import Settings
from reason_tui.engine.jobs import Job
from reason_tui.evaluation import load_dataset
from reason_tui.learning import Store
from reason_tui.learning.adapters.manifest import Compared, Manifest, base_of, check_base
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.measure import compare, measurable
from reason_tui.learning.measure import measure as measure_tasks
from reason_tui.learning.plan import weights_of
from reason_tui.learning.report import compared_words
from reason_tui.learning.training.dataset import learned
from reason_tui.learning.workshop import workshop
from reason_tui.tasks.types import GradedTask


@click.command
@click.argument("adapter")
@click.option(
    "--dataset", default="embedded", show_default=True, metavar="D", help="Held-out tasks, as `eval` reads them."
)
@click.option("--limit", type=click.IntRange(min=1), default=120, show_default=True, help="Tasks at most.")
@click.option("--samples", type=click.IntRange(min=1), default=8, show_default=True, help="Samples of each task.")
@detach_option
@engine_options
@click.pass_context
def measure(
    ctx: click.Context, /, adapter: str, dataset: str, limit: int, samples: int, detach: bool, **flags: object
) -> int:
    """pass@1 with and without the adapter, task by task, with the interval of the difference.

    Tasks that the adapter was trained on are left out.
    """
    settings = load(flags_of(ctx, flags))
    shelf = Shelf(settings.state_dir)
    found = shelf.find(adapter)
    check_base(found, settings.model)
    chosen = _tasks(dataset, limit, shelf, found, Store(settings.state_dir))
    if detach:
        return begin(ctx, settings, "eval", f"{found.name} on {dataset}")
    with job_of(ctx, settings, "eval") as job:
        with job.model(settings.model):
            one = asyncio.run(_compare(job, settings, found, chosen, dataset, samples))
        shelf.note(found.name, one)
        job.result(compared_words(one), data={"difference": one.difference, "low": one.low, "high": one.high})
    click.echo(compared_words(one))
    return 0


def _tasks(dataset: str, limit: int, shelf: Shelf, adapter: Manifest, store: Store) -> list[GradedTask]:
    tasks = load_dataset(dataset)
    found = measurable(tasks, learned(shelf, adapter), store.held_out())
    return list(load_dataset(dataset, limit)) if len(found) == len(tasks) else found[:limit]


async def _compare(
    job: Job, settings: Settings, adapter: Manifest, tasks: list[GradedTask], dataset: str, samples: int
) -> Compared:
    base = base_of(settings.model)
    kept = Shelf(settings.state_dir).place(adapter.name) / "measured.jsonl"
    shares = []
    for one in (None, adapter):
        async with workshop(engine_settings(settings), one) as shop:
            shares.append(
                await measure_tasks(
                    tasks,
                    samples,
                    search_settings(settings),
                    weights=weights_of(base, one),
                    shop=shop,
                    kept=kept,
                    told=job.progress,
                )
            )
    before, after = shares
    return compare(dataset, samples, before, after, tasks)
