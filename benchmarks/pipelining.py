"""What it gains to sample the next expansion while programs run: the same searches with one and two in flight.

    python benchmarks/pipelining.py         # writes benchmarks/pipelining.md

The two take turns, task by task, so that whatever else the machine does falls on both. The searches want more passes
than their budget has, so that none ends early and all sample and run as much as they may.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import click

from reason_tui.engine.process import quiet_threads
from reason_tui.evaluation import load_dataset
from reason_tui.evaluation.statistics import bootstrap, mean
from reason_tui.models.loader import load_policy
from reason_tui.sandbox import Sandbox, open_sandbox
from reason_tui.search.driver import search
from reason_tui.search.events import Event, RunFinished, SearchSettings
from reason_tui.search.ledger import Ledger
from reason_tui.search.sampling import PolicyThread
from reason_tui.tasks.types import Task

HERE = Path(__file__).resolve().parent
IN_FLIGHT = (1, 2)

TEXT = """\
# Pipelining

Made by `python benchmarks/pipelining.py{options}`: {tasks} searches of the embedded held-out tasks with each number
of expansions in flight, {strategy}, budget {budget}, in turn; means of one search. {cores} cores, load {load:.0f}.

| in flight | wall | model | sandbox | controller | completions | programs |
|---:|---:|---:|---:|---:|---:|---:|
{rows}

Wall time with 2 over that with 1: {ratio:.2f}, 95% interval [{low:.2f}, {high:.2f}] over tasks. It is of these tasks
on this machine at this time.
"""


@click.command()
@click.option("--tasks", "limit", type=click.IntRange(min=2), default=40, show_default=True)
@click.option("--budget", type=click.IntRange(min=1), default=32, show_default=True)
@click.option("--strategy", default="mcts", show_default=True)
@click.option("--model", default="embedded", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "pipelining.md", help="Where the table goes.")
def main(limit: int, budget: int, strategy: str, model: str, out: Path) -> None:
    """Measure, print the table and write it."""
    tasks = [graded.task for graded in load_dataset("embedded", limit)]
    settings = SearchSettings.model_validate({"strategy": strategy, "budget": budget, "confirm": budget + 1})
    found = asyncio.run(_measure(tasks, settings, model))
    ratios = [two[0] / one[0] for one, two in zip(found[1], found[2], strict=True)]
    low, high = bootstrap(ratios)
    given = {"--tasks": (limit, 40), "--budget": (budget, 32), "--strategy": (strategy, "mcts")}
    given |= {"--model": (Path(model).name, "embedded")}
    text = TEXT.format(
        options="".join(f" {name} {value}" for name, (value, default) in given.items() if value != default),
        tasks=len(tasks),
        strategy=strategy,
        budget=budget,
        cores=os.cpu_count(),
        load=os.getloadavg()[0],
        rows="\n".join(_row(number, found[number]) for number in IN_FLIGHT),
        ratio=mean(ratios),
        low=low,
        high=high,
    )
    click.echo(text)
    out.write_text(text, encoding="utf-8")


async def _measure(tasks: list[Task], settings: SearchSettings, model: str) -> dict[int, list[tuple[float, Ledger]]]:
    """Wall seconds and ledger of each search, by how many expansions were in flight."""
    quiet_threads()
    sandbox = await open_sandbox(slots=2)
    sampler = PolicyThread(load_policy(model))
    found: dict[int, list[tuple[float, Ledger]]] = {number: [] for number in IN_FLIGHT}
    try:
        for at, task in enumerate(tasks):
            for number in IN_FLIGHT if at % 2 else reversed(IN_FLIGHT):
                changed = settings.model_copy(update={"in_flight": number, "seed": at})
                found[number].append(await _one(task, changed, sampler, sandbox))
    finally:
        await sampler.close()
        await sandbox.close()
    return found


async def _one(task: Task, settings: SearchSettings, sampler: PolicyThread, sandbox: Sandbox) -> tuple[float, Ledger]:
    events: list[Event] = []
    begun = time.monotonic()
    await search(task, run="r", settings=settings, sampler=sampler, sandbox=sandbox, emit=events.append)
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    return time.monotonic() - begun, finished.ledger


def _row(number: int, found: list[tuple[float, Ledger]]) -> str:
    ledgers = [ledger for _, ledger in found]
    seconds = [mean([wall for wall, _ in found])]
    seconds += [mean([getattr(each, name) for each in ledgers]) for name in ("model_s", "sandbox_s", "controller_s")]
    counts = [mean([getattr(each, name) for each in ledgers]) for name in ("completions", "programs")]
    cells = [str(number), *(f"{value:.2f} s" for value in seconds), *(f"{value:.1f}" for value in counts)]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
