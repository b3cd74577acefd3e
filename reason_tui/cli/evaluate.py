"""`eval`: strategies on a dataset, side by side. It can be a job, and holds the model and the sandbox itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast, get_args

import click

from reason_tui.cli.detached import detach as begin
from reason_tui.cli.detached import detach_option, job_of
from reason_tui.cli.digest import sha256
from reason_tui.cli.live import Line
from reason_tui.cli.options import engine_options, flags_of
from reason_tui.cli.output import print_text
from reason_tui.cli.settings import engine_settings, load, search_settings
from reason_tui.engine.jobs import Job
from reason_tui.engine.process import quiet_threads
from reason_tui.engine.protocol import EngineSettings
from reason_tui.engine.walls import proved_sandbox
from reason_tui.errors import UsageError
from reason_tui.evaluation import (
    EvaluationSettings,
    Format,
    Progress,
    check_dataset,
    evaluate,
    load_dataset,
    render_table,
    summarise,
)
from reason_tui.evaluation.charging import Charging
from reason_tui.evaluation.runner import Begin
from reason_tui.models.catalogue import find_model
from reason_tui.models.loader import load_policy
from reason_tui.sandbox import Sandbox
from reason_tui.search.events import StrategyName
from reason_tui.search.sampling import PolicyThread
from reason_tui.tasks.types import GradedTask

UNSOUND = 1
DEFAULT_BUDGET = 32
RESULTS = "results.jsonl"
"""In the folder of a job that was given no other place."""


@click.command(name="eval")
@click.option("--dataset", default="embedded", metavar="D", show_default=True, help="`embedded`, or a path.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first tasks.")
@click.option("--check-dataset", "check", is_flag=True, help="Only check that references pass and stubs fail.")
@click.option("--strategy", "strategies", metavar="S[,S]", help="The strategies to compare.")
@click.option("--budget", "budgets", metavar="N[,N]", help="Completions: nested budgets of the same searches.")
@click.option("--seed", "seeds", metavar="N[,N]", help="Seeds: every task is searched with each.")
@click.option("--width", type=int, metavar="K", help="Siblings of one expansion.")
@click.option("--temperature", type=float, metavar="T", help="0 is greedy; higher is more varied.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Keep the results; go on where they end.")
@click.option("--json", "form", flag_value="json", help="Print the figures as JSON.")
@click.option("--markdown", "form", flag_value="markdown", help="Print the figures as Markdown.")
@detach_option
@engine_options
@click.pass_context
def evaluate_(
    ctx: click.Context,
    /,
    dataset: str,
    limit: int | None,
    check: bool,
    strategies: str | None,
    budgets: str | None,
    seeds: str | None,
    out: Path | None,
    form: Format | None,
    detach: bool,
    **flags: object,
) -> int:
    """Measure strategies on a dataset, or check the dataset.

    D is `embedded`, or the path of a HumanEval, MBPP or own JSON-lines file, or of its folder. A task counts as passed
    when the one answer of its search passes the hidden tests, which no search sees. Intervals are over problems: tasks
    with the same words, such as the bugs put into one program, are not independent and count as one.
    """
    settings = load(flags_of(ctx, flags))
    engine, search = engine_settings(settings), search_settings(settings)
    tasks = load_dataset(dataset, limit)
    if check:
        return asyncio.run(_check(tasks, engine))
    plan = EvaluationSettings(
        strategies=_strategies(strategies) or (search.strategy,),
        budgets=_numbers("--budget", budgets, 1) or (search.budget or DEFAULT_BUDGET,),
        seeds=_numbers("--seed", seeds, 0) or (search.seed,),
        search=search,
    )
    if detach:
        find_model(engine.model)
        return begin(ctx, settings, "eval", f"{dataset}: {', '.join(plan.strategies)} with {engine.model}")
    with job_of(ctx, settings, "eval") as job:
        if out is None and job.folder is not None:
            out = job.folder / RESULTS
        text = _measure(job, tasks, plan, engine, dataset, out, form or "text")
        job.result(text)
    print_text(text)
    return 0


def _measure(
    job: Job,
    tasks: Sequence[GradedTask],
    plan: EvaluationSettings,
    engine: EngineSettings,
    dataset: str,
    out: Path | None,
    form: Format,
) -> str:
    """The table. What `out` holds already is not measured again."""
    try:
        with job.model(engine.model):
            return asyncio.run(_evaluate(job, tasks, plan, engine, dataset, out, form))
    except KeyboardInterrupt:
        if out is not None and job.folder is None:
            click.echo(f"Stopped. The results so far are in {out}; the same command goes on from there.", err=True)
        raise


async def _check(tasks: Sequence[GradedTask], engine: EngineSettings) -> int:
    with Line() as line:
        async with _walls(engine) as sandbox:
            found = await check_dataset(
                tasks, sandbox, lambda done, total: line.draw(f"{done}/{total} tasks checked"), at_once=engine.slots
            )
    print_text(found.text())
    return 0 if found.ok else UNSOUND


async def _evaluate(
    job: Job,
    tasks: Sequence[GradedTask],
    plan: EvaluationSettings,
    engine: EngineSettings,
    dataset: str,
    out: Path | None,
    form: Format,
) -> str:
    def show(progress: Progress) -> None:
        result = progress.result
        word = "passed" if result.passed else "failed"
        job.progress(progress.done, progress.total, f"{result.strategy} {result.task}: {word}")

    async with _walls(engine) as sandbox, _model(engine) as (sampler, begin_search):
        kept = await evaluate(
            tasks,
            plan,
            sampler=sampler,
            sandbox=sandbox,
            dataset=dataset,
            model_sha256=await asyncio.to_thread(sha256, find_model(engine.model)),
            results=out,
            progress=show,
            begin=begin_search,
        )
    return render_table(summarise(kept.header, kept.found, tasks=tasks), form)


@asynccontextmanager
async def _walls(engine: EngineSettings) -> AsyncIterator[Sandbox]:
    """The sandbox, attacked before it is trusted. Raises SandboxError."""
    sandbox = await proved_sandbox(engine)
    try:
        yield sandbox
    finally:
        await sandbox.close()


@asynccontextmanager
async def _model(engine: EngineSettings) -> AsyncIterator[tuple[PolicyThread, Begin]]:
    quiet_threads()
    policy = Charging(load_policy(engine.model, engine.backend, **engine.model_options()))
    sampler = PolicyThread(policy)
    try:
        yield sampler, policy.begin
    finally:
        await sampler.close()


def _strategies(text: str | None) -> tuple[StrategyName, ...]:
    known: tuple[StrategyName, ...] = get_args(StrategyName)
    found = [name.strip() for name in text.split(",")] if text else []
    wrong = [name for name in found if name not in known]
    if wrong:
        raise UsageError(f"There is no strategy `{wrong[0]}`.", hint=f"There are: {', '.join(known)}.")
    return tuple(cast("StrategyName", name) for name in dict.fromkeys(found))


def _numbers(option: str, text: str | None, least: int) -> tuple[int, ...]:
    try:
        numbers = tuple(sorted({int(part) for part in text.split(",")})) if text else ()
    except ValueError:
        raise UsageError(f"{option} {text} is not a list of whole numbers.", hint=f"E.g. {option} 1,4,16") from None
    if numbers and numbers[0] < least:
        raise UsageError(f"{option} cannot be {numbers[0]}.", hint=f"The least is {least}.")
    return numbers
