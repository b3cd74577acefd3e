"""All strategies on held-out tasks at equal budgets of tokens, as a table with intervals.

    python benchmarks/strategies.py                       # every task, three seeds; writes benchmarks/strategies.md
    python benchmarks/strategies.py --minutes 90          # as far as that goes; the same command goes on another time
    nice python benchmarks/strategies.py --tasks 60 --seeds 1 --workers 1 --out /tmp/table.md

Settings are fixed, and the record is made from which `auto` and `ab-mcts` know the model, on tasks that the table does
not have: those of --tuning, by default the tuning tasks that ship with the model; where none do, every fifth task.

It can be stopped at any time (Ctrl+C, --minutes) and goes on where it was; the table then says which part of the tasks
and seeds it covers. One seed after the other, levels in turn, so that any part is of all levels. Two processes by
default. Completions and verdicts are kept in --work, so a sample serves every strategy that asks for it, and a changed
strategy costs only the prompts that nobody sent before. Only figures that do not depend on the machine are written.

Searching a journal again (`runs research`) would not do here: a journal has the prompts that its own strategy sent, in
the order in which it sent them, and what was charged depends on what was in the cache. It is sound for strategies
that only draft, and for the strategy that was recorded.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import click
import platformdirs
from agreement import in_turn
from strategies_report import Coverage, report
from strategies_workers import Workers, read

from reason_tui.assets import asset
from reason_tui.evaluation import EvaluationSettings, load_dataset
from reason_tui.search.events import SearchSettings, StrategyName
from reason_tui.tasks.types import GradedTask

HERE = Path(__file__).resolve().parent
BUDGETS = (200, 500, 1000, 2000)
EVERY = 5
STRATEGIES: tuple[StrategyName, ...] = get_args(StrategyName)
RECORDED: tuple[StrategyName, ...] = ("best-of-n", "mcts", "random-tree")
"""Whose searches make the record: drafts and repairs of every kind."""
Changes = dict[str, float | int | str]
GRID: dict[StrategyName, tuple[Changes, ...]] = {
    "best-of-n": ({}, {"temperature": 1.0}),
    "mcts": ({}, {"exploration": 0.5}, {"width": 2}),
    "ab-mcts": ({}, {"prior": "beta"}, {"width": 2}),
    "auto": ({}, {"temperature": 1.0}),
    "linear": ({}, {"temperature": 0.4}),
    "random-tree": ({}, {"width": 2}),
}
"""What is tried on the tuning tasks, for one strategy after the other."""


@click.command()
@click.option("--dataset", default="embedded", show_default=True)
@click.option("--tasks", "limit", type=click.IntRange(min=EVERY), help="So many, levels in turn; all by default.")
@click.option("--tuning", type=click.Path(path_type=Path), help="A dataset to fix settings on.")
@click.option("--tuning-tasks", type=click.IntRange(min=1), default=150, show_default=True, help="So many of it.")
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--budget", "budgets", type=click.IntRange(min=1), multiple=True, default=BUDGETS, show_default=True)
@click.option("--model", default="embedded", show_default=True)
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes.")
@click.option("--minutes", type=click.FloatRange(min=0), help="Stop after so many, with the table of what is done.")
@click.option("--work", type=click.Path(path_type=Path), help="The folder of what is kept; in your cache by default.")
@click.option("--keep-record", "kept", type=click.Path(path_type=Path), help="Write the record of the model here too.")
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "strategies.md", help="Where the table goes.")
@click.pass_context
def main(
    ctx: click.Context,
    dataset: str,
    limit: int | None,
    tuning: Path | None,
    tuning_tasks: int,
    seeds: int,
    budgets: tuple[int, ...],
    model: str,
    workers: int,
    minutes: float | None,
    work: Path | None,
    kept: Path | None,
    out: Path,
) -> None:
    """Tune, measure, print the table and write it."""
    work = work or platformdirs.user_cache_path("reason_tui", appauthor=False) / "strategies"
    until = float("inf") if minutes is None else time.time() + 60 * minutes
    pool = Workers(model, work, workers, until)
    try:
        apart, table = _divided(load_dataset(dataset, limit), dataset, tuning, tuning_tasks)
        plan = _Tuning(pool, apart, dataset, budgets).settings()
        if plan is None:
            click.echo("Stopped while settings were fixed: there is no table yet. The same command goes on.", err=True)
            sys.exit(1)
        settings, tuned = plan
        if kept is not None:
            assert settings.search.record is not None, "made while settings were fixed"
            kept.write_text(settings.search.record.model_dump_json(), encoding="utf-8")
        whole = settings.model_copy(update={"strategies": STRATEGIES, "seeds": tuple(range(seeds))})
        files = pool.results(table, whole, dataset, "table")
    finally:
        pool.close()
    found = [read(path) for path in files]
    done = pool.tally
    click.echo(
        f"{done.searches} searches now: {done.completions} completions sampled, {done.jobs} jobs run, the others were "
        f"kept; {done.cpu_s:.0f} CPU seconds of the workers.",
        err=True,
    )
    if not found:
        click.echo("Nothing was measured yet.", err=True)
        sys.exit(1)
    text = report(found, whole, table, Coverage(dataset=dataset, tuning=len(apart), tuned=tuned, options=_options(ctx)))
    click.echo(text)
    out.write_text(text, encoding="utf-8")


def _options(ctx: click.Context) -> str:
    """Those that decide what the table shows, as they were given."""
    told = ""
    for parameter in ctx.command.params:
        name = parameter.name or ""
        given = ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
        if given and name not in ("work", "out", "workers", "minutes", "kept"):
            value = ctx.params[name]
            values = value if isinstance(value, tuple) else (value,)
            told += "".join(f" {parameter.opts[0]} {each}" for each in values)
    return told


def _divided(
    tasks: Sequence[GradedTask], dataset: str, tuning: Path | None, most: int
) -> tuple[list[GradedTask], list[GradedTask]]:
    """The tasks to fix settings on, and those of the table, levels in turn."""
    shipped = asset("embedded/tuning.jsonl")
    if tuning is None and dataset == "embedded" and shipped.is_file():
        tuning = shipped
    if tuning is not None:
        apart = in_turn(load_dataset(str(tuning)))[:most]
        words = {graded.task.prompt for graded in apart}
        return apart, [graded for graded in in_turn(tasks) if graded.task.prompt not in words]
    ordered = in_turn(tasks)
    apart = [graded for at, graded in enumerate(ordered) if at % EVERY == 0][:most]
    return apart, [graded for at, graded in enumerate(ordered) if at % EVERY]


@dataclass
class _Tuning:
    """Fixes settings: `confirm` by best-of-n, then the record, then one strategy after the other by its grid."""

    pool: Workers
    tasks: Sequence[GradedTask]
    dataset: str
    budgets: tuple[int, ...]

    def settings(self) -> tuple[EvaluationSettings, str] | None:
        """The settings of the table, and how they were found; None where it was stopped before."""
        self._lines: list[str] = []
        base = SearchSettings(in_flight=1)
        search = base.model_copy(
            update={"confirm": self._best("best-of-n", base, ({"confirm": 1}, {"confirm": 2}))["confirm"]}
        )
        plan = self._plan(RECORDED, base)
        search = search.model_copy(update={"record": self.pool.record(self.tasks, plan, self.dataset, "record")})
        own = {strategy: self._best(strategy, search, grid) for strategy, grid in GRID.items()}
        if self.pool.stopped:
            return None
        settings = self._plan(STRATEGIES, search).model_copy(update={"own": {k: v for k, v in own.items() if v}})
        return settings, "\n".join(self._lines)

    def _plan(self, strategies: tuple[StrategyName, ...], search: SearchSettings) -> EvaluationSettings:
        return EvaluationSettings(strategies=strategies, budgets=self.budgets, search=search, unit="tokens")

    def _best(self, strategy: StrategyName, search: SearchSettings, grid: Sequence[Changes]) -> Changes:
        """The changes with the highest share of passes, over all budgets; its line is marked."""
        at, shares = len(self._lines), []
        for changes in grid:
            means = self._shares(strategy, search.model_copy(update=changes))
            told = ", ".join(f"{name} {value}" for name, value in changes.items()) or "as they are"
            self._lines.append(f"* {strategy}, {told}: {', '.join(f'{100 * each:.1f}' for each in means)}")
            shares.append(sum(means))
        best = max(range(len(grid)), key=lambda number: shares[number])
        self._lines[at + best] += " **taken**"
        return grid[best]

    def _shares(self, strategy: StrategyName, search: SearchSettings) -> list[float]:
        files = self.pool.results(self.tasks, self._plan((strategy,), search), self.dataset, f"tuning {strategy}")
        found = [result for path in files for result in read(path)[1]]
        passed = [[each.passed for each in found if each.budget == budget] for budget in sorted(self.budgets)]
        return [sum(each) / max(len(each), 1) for each in passed]


if __name__ == "__main__":
    main()
