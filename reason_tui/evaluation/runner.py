"""Runs strategies over a dataset, one task after the other, in the process that owns policy and sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reason_tui import __version__
from reason_tui.errors import PromptTooLongError
from reason_tui.evaluation.grade import Grader
from reason_tui.evaluation.nested import cut
from reason_tui.evaluation.outcome import EvaluationSettings, Header, TaskResult
from reason_tui.evaluation.results import Results
from reason_tui.runs.records import shipped_record
from reason_tui.sandbox.types import Sandbox
from reason_tui.search.driver import search
from reason_tui.search.events import Event, SearchSettings, StrategyName
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.strategies import BY_RECORD
from reason_tui.tasks.types import GradedTask


@dataclass(frozen=True)
class Progress:
    """One more search is over: how many are, of how many, and the result with the largest budget."""

    done: int
    total: int
    result: TaskResult


OnProgress = Callable[[Progress], None]


Begin = Callable[[int], None]


Watch = Callable[[Sequence[Event]], None]


def _unwatched(events: Sequence[Event]) -> None:
    """For those who want the results alone."""


def _nothing(seed: int) -> None:
    """For policies that need not know when a search begins."""


def _quiet(progress: Progress) -> None:
    """For callers that show no progress."""


def describe(
    tasks: Sequence[GradedTask],
    settings: EvaluationSettings,
    sampler: PolicyThread,
    *,
    dataset: str = "",
    model_sha256: str = "",
) -> Header:
    """What an evaluation is: its results can be compared with those of an equal one only."""
    digest = hashlib.sha256()
    for graded in tasks:
        digest.update(graded.model_dump_json().encode("utf-8", "surrogatepass"))
    return Header(
        dataset=dataset,
        dataset_sha256=digest.hexdigest(),
        tasks=len(tasks),
        settings=settings,
        policy=sampler.info,
        model_sha256=model_sha256,
        app_version=__version__,
    )


async def evaluate(
    tasks: Sequence[GradedTask],
    settings: EvaluationSettings,
    *,
    sampler: PolicyThread,
    sandbox: Sandbox,
    dataset: str = "",
    model_sha256: str = "",
    results: Path | None = None,
    progress: OnProgress = _quiet,
    begin: Begin = _nothing,
    watch: Watch = _unwatched,
) -> Results:
    """Search every task with every strategy and seed; grade each answer once by its hidden tests.

    Searches that `results` already holds are not made again. A task whose prompt does not fit the model's context
    counts as failed, with the reason. `begin` is called with the seed before each search,
    `watch` with its events after it. Raises what the policy or the sandbox raises otherwise; what was found until
    then is in the file.
    """
    header = describe(tasks, settings, sampler, dataset=dataset, model_sha256=model_sha256)
    evaluation = _Evaluation(settings, sampler, sandbox, begin, watch)
    plan = [(graded, strategy, seed) for seed in settings.seeds for graded in tasks for strategy in settings.strategies]
    with Results(header, results) as kept:
        done = kept.done()
        for at, (graded, strategy, seed) in enumerate(plan, 1):
            if (graded.task.id, strategy, seed) in done:
                continue
            found = await evaluation.one(graded, strategy, seed)
            kept.add(found)
            progress(Progress(at, len(plan), found[-1]))
    return kept


class _Evaluation:
    def __init__(
        self, settings: EvaluationSettings, sampler: PolicyThread, sandbox: Sandbox, begin: Begin, watch: Watch
    ) -> None:
        self._begin = begin
        self._watch = watch
        self._settings = settings
        self._sampler = sampler
        self._sandbox = sandbox
        self._grade = Grader(sandbox)

    async def one(self, graded: GradedTask, strategy: StrategyName, seed: int) -> list[TaskResult]:
        """One search, and what it gave within each budget, the largest last."""
        events: list[Event] = []
        error = ""
        self._begin(seed)
        try:
            await search(
                graded.task,
                run=f"{graded.task.id}:{strategy}:{seed}",
                settings=self._known(self._settings.run_settings(strategy, seed)),
                sampler=self._sampler,
                sandbox=self._sandbox,
                emit=events.append,
            )
        except PromptTooLongError as refused:
            error = str(refused)
        self._watch(events)
        return [
            await self._within(budget, events, graded, strategy, seed, error)
            for budget in sorted(self._settings.budgets)
        ]

    def _known(self, settings: SearchSettings) -> SearchSettings:
        """With what ships of the model, for strategies that go by it: not with what this user's runs have shown."""
        if settings.record is not None or settings.strategy not in BY_RECORD:
            return settings
        return settings.model_copy(update={"record": shipped_record(self._sampler.info)})

    async def _within(
        self, budget: int, events: list[Event], graded: GradedTask, strategy: StrategyName, seed: int, error: str
    ) -> TaskResult:
        state = cut(events, budget, self._settings.unit)
        passed = state.answer is not None and await self._grade(graded, state.answer)
        return TaskResult(
            task=graded.task.id,
            group=graded.group,
            strategy=strategy,
            seed=seed,
            budget=budget,
            outcome=state.outcome,
            passed=passed,
            completions=state.ledger.completions,
            prompt_tokens=state.ledger.prompt_tokens,
            completion_tokens=state.ledger.completion_tokens,
            programs=state.ledger.programs,
            answer=state.answer,
            error=error,
        )
