"""All strategies on held-out tasks at equal budgets of tokens, as a table with intervals.

    python benchmarks/strategies.py                       # every task, three seeds; writes benchmarks/strategies.md
    nice python benchmarks/strategies.py --tasks 60 --seeds 1 --out /tmp/table.md

Every fifth task is for tuning: on those the settings are fixed, and the record is made from which `auto` and `ab-mcts`
know the model. The table is of the others. Completions and verdicts are kept in --work, so that the command goes on
where it was interrupted, a sample serves every strategy that asks for it, and a changed strategy costs only the prompts
that nobody sent before: with all of them kept neither model nor sandbox does anything. Only figures that do not depend
on the machine: what was passed, tokens, completions, programs run.

Searching a journal again (`runs research`) would not do here: a journal has the prompts that its own strategy sent, in
the order in which it sent them, and what was charged depends on what was in the cache. It is sound for strategies
that only draft, and for the strategy that was recorded.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, get_args

import click
import platformdirs

from reason_tui.engine.process import quiet_threads
from reason_tui.evaluation import EvaluationSettings, Progress, evaluate, load_dataset, render_table, summarise
from reason_tui.evaluation.results import Results
from reason_tui.evaluation.samples import KeptPolicy, KeptSandbox, Store
from reason_tui.models.catalogue import find_model
from reason_tui.models.loader import load_policy
from reason_tui.sandbox import open_sandbox
from reason_tui.search.events import Event, SearchSettings, StrategyName
from reason_tui.search.record import Record
from reason_tui.search.recording import record_of
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import GradedTask

Tried = TypeVar("Tried")

HERE = Path(__file__).resolve().parent
BUDGETS = (200, 500, 1000, 2000)
EVERY = 5
STRATEGIES: tuple[StrategyName, ...] = get_args(StrategyName)
RECORDED: tuple[StrategyName, ...] = ("best-of-n", "mcts", "random-tree")
"""Whose searches make the record: drafts and repairs of every kind."""
GRID: dict[StrategyName, tuple[dict[str, float | int | str], ...]] = {
    "best-of-n": ({}, {"temperature": 1.0}),
    "mcts": ({}, {"exploration": 0.5}, {"width": 2}),
    "ab-mcts": ({}, {"prior": "beta"}, {"width": 2}),
    "auto": ({}, {"temperature": 1.0}),
    "linear": ({}, {"temperature": 0.4}),
    "random-tree": ({}, {"width": 2}),
}
"""What is tried on the tuning tasks, for one strategy after the other."""

TEXT = """\
# Strategies at equal budgets

Made by `python benchmarks/strategies.py{options}`. A budget counts tokens: of prompts, as far as no earlier prompt of
the search begins with them, and of completions. A search ends when {confirm}; the smaller budgets are the beginnings of
the same searches. All strategies see the same samples of the same prompts. Settings were fixed on {tuning} tuning
tasks, which are not in the table. No figure here depends on the machine.

{table}

On the tuning tasks, share passed at each budget, the settings that were taken marked:

{tuned}
"""


@dataclass(frozen=True)
class Bench:
    """What everything is measured with."""

    sampler: PolicyThread
    kept: KeptPolicy
    sandbox: KeptSandbox
    digest: str
    dataset: str

    async def run(
        self, tasks: Sequence[GradedTask], settings: EvaluationSettings, results: Path | None, seen: list[Record] | None
    ) -> Results:
        """Evaluate; what the searches show of the model goes to `seen`."""

        def watch(events: Sequence[Event]) -> None:
            if seen is not None:
                seen.append(_record(events))

        return await evaluate(
            tasks,
            settings,
            sampler=self.sampler,
            sandbox=self.sandbox,
            dataset=self.dataset,
            model_sha256=self.digest,
            results=results,
            progress=_show,
            begin=self.kept.begin,
            watch=watch,
        )


@click.command()
@click.option("--dataset", default="embedded", show_default=True)
@click.option("--tasks", "limit", type=click.IntRange(min=EVERY), help="So many, levels in turn; all by default.")
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--budget", "budgets", type=click.IntRange(min=1), multiple=True, default=BUDGETS, show_default=True)
@click.option("--model", default="embedded", show_default=True)
@click.option("--work", type=click.Path(path_type=Path), help="The folder of kept samples; in your cache by default.")
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "strategies.md", help="Where the table goes.")
def main(
    dataset: str, limit: int | None, seeds: int, budgets: tuple[int, ...], model: str, work: Path | None, out: Path
) -> None:
    """Tune, measure, print the table and write it."""
    work = work or platformdirs.user_cache_path("reason_tui", appauthor=False) / "strategies"
    given = {"--dataset": (dataset, "embedded"), "--tasks": (limit, None), "--seeds": (seeds, 3)}
    given |= {"--model": (model, "embedded")}
    options = [f" {name} {value}" for name, (value, default) in given.items() if value != default]
    options += [f" --budget {budget}" for budget in budgets if budgets != BUDGETS]
    text = asyncio.run(_measure(load_dataset(dataset, limit), dataset, seeds, budgets, model, work))
    text = text.replace("{options}", "".join(options))
    click.echo(text)
    out.write_text(text, encoding="utf-8")


async def _measure(
    tasks: Sequence[GradedTask], dataset: str, seeds: int, budgets: tuple[int, ...], model: str, work: Path
) -> str:
    quiet_threads()
    digest = hashlib.sha256(find_model(model).read_bytes()).hexdigest()
    store = Store(work / f"{digest[:16]}.sqlite")
    sandbox = KeptSandbox(await open_sandbox(slots=1), store)
    kept = KeptPolicy(load_policy(model), store, digest)
    bench = Bench(PolicyThread(kept), kept, sandbox, digest, dataset)
    tuning = [task for at, task in enumerate(tasks) if at % EVERY == 0]
    rest = [task for at, task in enumerate(tasks) if at % EVERY]
    try:
        settings, tuned = await _tune(bench, tuning, budgets)
        table = settings.model_copy(update={"strategies": STRATEGIES, "seeds": tuple(range(seeds))})
        name = hashlib.sha256(f"{table.model_dump_json()}{[task.task.id for task in rest]}".encode()).hexdigest()[:12]
        found = await bench.run(rest, table, work / f"{digest[:16]}-{name}.jsonl", None)
    finally:
        await bench.sampler.close()
        await sandbox.close()
        store.close()
    click.echo(f"{kept.asked} completions were sampled, {sandbox.ran} jobs run; the others were kept.", err=True)
    pairs = [("auto", each) for each in STRATEGIES if each != "auto"]
    pairs += [(each, base) for base in ("best-of-n", "linear") for each in ("mcts", "ab-mcts") if each != base]
    report = render_table(summarise(found.header, found.found, pairs), "markdown")
    confirm = settings.search.confirm
    ends = "a program passes the visible tests" if confirm == 1 else f"{confirm} samples that pass behave alike"
    return (TEXT.replace("{confirm}", ends).replace("{tuning}", str(len(tuning))).replace("{tuned}", tuned)).replace(
        "{table}", report
    )


async def _tune(bench: Bench, tasks: Sequence[GradedTask], budgets: tuple[int, ...]) -> tuple[EvaluationSettings, str]:
    """The settings of the table, and how they were found: confirm by best-of-n, then the record, then the grid."""
    lines: list[str] = []
    base = SearchSettings(in_flight=1)

    async def tried(strategy: StrategyName, search: SearchSettings, changes: dict[str, float | int | str]) -> float:
        plan = EvaluationSettings(
            strategies=(strategy,), budgets=budgets, search=search, unit="tokens", own={strategy: changes}
        )
        found = (await bench.run(tasks, plan, None, None)).found
        shares = [100 * _mean([each.passed for each in found if each.budget == budget]) for budget in sorted(budgets)]
        told = ", ".join(f"{name} {value}" for name, value in changes.items()) or "as they are"
        lines.append(f"* {strategy}, confirm {search.confirm}, {told}: {', '.join(f'{each:.1f}' for each in shares)}")
        return _mean(shares)

    candidates = [base.model_copy(update={"confirm": confirm}) for confirm in (1, 2)]
    search = await _best([(each, tried("best-of-n", each, {})) for each in candidates], lines)
    seen: list[Record] = []
    plan = EvaluationSettings(strategies=RECORDED, budgets=budgets, search=base, unit="tokens")
    await bench.run(tasks, plan, None, seen)
    search = search.model_copy(update={"record": sum(seen, Record())})
    own = {}
    for strategy, grid in GRID.items():
        own[strategy] = await _best([(changes, tried(strategy, search, changes)) for changes in grid], lines)
    settings = EvaluationSettings(
        strategies=STRATEGIES, budgets=budgets, search=search, unit="tokens", own={k: v for k, v in own.items() if v}
    )
    return settings, "\n".join(lines)


async def _best(candidates: Sequence[tuple[Tried, Awaitable[float]]], lines: list[str]) -> Tried:
    """The first of those with the highest share; its line is marked."""
    at = len(lines)
    shares = [await share for _, share in candidates]
    best = max(range(len(shares)), key=lambda number: shares[number])
    lines[at + best] += " **taken**"
    return candidates[best][0]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(len(values), 1)


def _record(events: Sequence[Event]) -> Record:
    tree = Tree()
    for event in events:
        tree.apply(event)
    return record_of(tree)


def _show(progress: Progress) -> None:
    """A line for a terminal, and one now and then for a log."""
    last = progress.done == progress.total
    if sys.stderr.isatty() or last or progress.done % 500 == 0:
        end = "\n" if last or not sys.stderr.isatty() else "\r"
        sys.stderr.write(f"{progress.done}/{progress.total} searches{end}")
        sys.stderr.flush()


if __name__ == "__main__":
    main()
