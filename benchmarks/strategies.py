"""Greedy, best-of-n and mcts on the embedded held-out tasks at nested budgets, as a table with intervals.

    python benchmarks/strategies.py            # prints the table and writes benchmarks/strategies.md

Only figures that do not depend on the machine: what was passed, tokens, completions, programs run. A run that was
interrupted goes on where it was when `--results FILE` names the same file again.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path

import click

from reason_tui.engine.process import quiet_threads
from reason_tui.evaluation import EvaluationSettings, Progress, evaluate, load_dataset, render_table, summarise
from reason_tui.models.catalogue import find_model
from reason_tui.models.loader import load_policy
from reason_tui.sandbox import open_sandbox
from reason_tui.search.sampling import PolicyThread

BUDGETS = (1, 4, 16, 32)
HERE = Path(__file__).resolve().parent

TEXT = """\
# Strategies at equal budgets

Made by `python benchmarks/strategies.py`{options}. A budget counts sampled completions; a search stops at the first
program that passes the visible tests, so most do not spend theirs. The smaller budgets are the beginnings of the
same searches. No figure here depends on the machine.

{table}
"""


@click.command()
@click.option("--dataset", default="embedded", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=300, show_default=True, help="Tasks, levels in turn.")
@click.option("--seed", "seeds", type=click.IntRange(min=0), multiple=True, default=(0,), show_default=True)
@click.option("--model", default="embedded", show_default=True)
@click.option("--results", type=click.Path(path_type=Path), help="Keep single results here, and go on from them.")
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "strategies.md", help="Where the table goes.")
def main(dataset: str, limit: int, seeds: tuple[int, ...], model: str, results: Path | None, out: Path) -> None:
    """Run the comparison, print it and write it."""
    settings = EvaluationSettings(strategies=("greedy", "best-of-n", "mcts"), budgets=BUDGETS, seeds=seeds)
    table = asyncio.run(_measure(dataset, limit, settings, model, results))
    given = {"--dataset": (dataset, "embedded"), "--limit": (limit, 300), "--model": (model, "embedded")}
    options = [f"{name} {value}" for name, (value, default) in given.items() if value != default]
    options += [f"--seed {seed}" for seed in seeds] if seeds != (0,) else []
    text = TEXT.format(options=f" with `{' '.join(options)}`" if options else "", table=table)
    click.echo(text)
    out.write_text(text, encoding="utf-8")


async def _measure(dataset: str, limit: int, settings: EvaluationSettings, model: str, results: Path | None) -> str:
    tasks = load_dataset(dataset, limit)
    quiet_threads()
    digest = hashlib.sha256(find_model(model).read_bytes()).hexdigest()
    sandbox = await open_sandbox(slots=2)
    sampler = PolicyThread(load_policy(model))
    try:
        kept = await evaluate(
            tasks,
            settings,
            sampler=sampler,
            sandbox=sandbox,
            dataset=dataset,
            model_sha256=digest,
            results=results,
            progress=_show,
        )
    finally:
        await sampler.close()
        await sandbox.close()
    return render_table(summarise(kept.header, kept.found), "markdown")


def _show(progress: Progress) -> None:
    if not sys.stderr.isatty() and progress.done < progress.total:
        return
    end = "\n" if progress.done == progress.total else "\r"
    sys.stderr.write(f"{progress.done}/{progress.total} searches{end}")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
