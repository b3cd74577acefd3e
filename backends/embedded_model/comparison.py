"""Does a repair with feedback beat another draft that costs as many tokens? Measured on the model's own failures."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded_model.drafting import Sampling, completions, program_of
from embedded_model.grading import Item, grade
from reason_tui.policy import Completion
from reason_tui.prompts import Prompt, draft, repair
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import CallCase, GradedTask

WIDTH = 4
"""Siblings of a repair, as a search draws them: their prompt is charged once."""
FRESH = 10
_RESAMPLES = 2000


@dataclass(frozen=True)
class Failure:
    """A draft that fails a visible test."""

    task: GradedTask
    program: str
    verdict: Verdict


def repair_figures(gguf: Path, tasks: Sequence[GradedTask], sampling: Sampling) -> dict[str, Any]:
    """Success of WIDTH repairs against that of as many fresh drafts as the same tokens buy, paired by failure.

    A success passes visible and hidden tests. `difference` is repair less fresh; its interval is the 95 % bootstrap
    over failures (one failure a task, so that they are independent).
    """
    failures = own_failures(gguf, tasks, sampling)
    repairs = [repair(item.task.task, item.program, item.verdict) for item in failures]
    fresh = [draft(item.task.task) for item in failures]
    seeds = (sampling.seed + 1, sampling.seed + 2)
    mended = completions(gguf, repairs, _with(sampling, WIDTH, seeds[0]))
    drawn = completions(gguf, fresh, _with(sampling, FRESH, seeds[1]))
    afforded = [_affordable(own, other) for own, other in zip(mended, drawn, strict=True)]
    by_repair = _solved(failures, repairs, mended)
    by_draft = _solved(failures, fresh, [found[:count] for found, count in zip(drawn, afforded, strict=True)])
    pairs = [(float(any(own)), float(any(other))) for own, other in zip(by_repair, by_draft, strict=True)]
    low, high = interval_95([own - other for own, other in pairs])
    levels = sorted({item.task.group for item in failures})
    return {
        "failures": len(failures), "width": WIDTH, "fresh_drafts": round(mean(afforded), 2),
        "repair": round(mean([own for own, _ in pairs]), 4), "fresh": round(mean([other for _, other in pairs]), 4),
        "difference": round(mean([own - other for own, other in pairs]), 4), "low": low, "high": high,
        "one_repair": round(mean([mean(own) for own in by_repair]), 4),
        "one_draft": round(mean([mean(other) for other in by_draft if other]), 4),
        "levels": {level: _level(level, failures, pairs) for level in levels},
    }  # fmt: skip


def own_failures(gguf: Path, tasks: Sequence[GradedTask], sampling: Sampling) -> list[Failure]:
    """The first of each task's drafts that fails a visible test, for the tasks that have one."""
    prompts = [draft(task.task) for task in tasks]
    drawn = completions(gguf, prompts, _with(sampling, WIDTH, sampling.seed))
    found = [
        [program_of(prompt, item.text).rstrip() for item in group] for prompt, group in zip(prompts, drawn, strict=True)
    ]
    items: list[Item] = [
        (program, task.task.entry_point, visible_cases(task))
        for task, group in zip(tasks, found, strict=True)
        for program in group
    ]
    verdicts = iter(grade(items))
    failures = []
    for task, group in zip(tasks, found, strict=True):
        tried = [(program, next(verdicts)) for program in group]
        wrong = [(program, verdict) for program, verdict in tried if verdict.status != "pass"]
        if wrong:
            failures.append(Failure(task, *wrong[0]))
    return failures


def _affordable(repairs: list[Completion], drafts: list[Completion]) -> int:
    """How many of the drafts cost no more than the repairs; at least one."""
    budget = sum(item.usage.completion for item in repairs) + _prompt_tokens(repairs)
    cost, count = _prompt_tokens(drafts), 0
    for item in drafts:
        cost += item.usage.completion
        if cost > budget and count:
            break
        count += 1
    return count


def _prompt_tokens(siblings: list[Completion]) -> int:
    """The prompt's whole length: what an engine has cached of it is luck here."""
    return siblings[0].usage.prompt + siblings[0].usage.cached


def _solved(
    failures: Sequence[Failure], prompts: Sequence[Prompt], drawn: Sequence[Sequence[Completion]]
) -> list[list[bool]]:
    items: list[Item] = [
        (program_of(prompt, item.text), failure.task.task.entry_point, all_cases(failure.task))
        for failure, prompt, group in zip(failures, prompts, drawn, strict=True)
        for item in group
    ]
    verdicts = iter(grade(items))
    return [[next(verdicts).status == "pass" for _ in group] for group in drawn]


def _level(level: str, failures: Sequence[Failure], pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    rows = [pair for failure, pair in zip(failures, pairs, strict=True) if failure.task.group == level]
    repairs, drafts = mean([own for own, _ in rows]), mean([other for _, other in rows])
    return {"failures": len(rows), "repair": round(repairs, 4), "fresh": round(drafts, 4)}


def visible_cases(task: GradedTask) -> tuple[CallCase, ...]:
    """The visible tests that are calls."""
    return tuple(case for case in task.task.visible if isinstance(case, CallCase))


def all_cases(task: GradedTask) -> tuple[CallCase, ...]:
    """The visible tests that are calls, and the hidden ones."""
    return visible_cases(task) + task.hidden.cases


def _with(sampling: Sampling, samples: int, seed: int) -> Sampling:
    return Sampling(samples, sampling.temperature, sampling.top_p, sampling.max_tokens, seed)


def mean(values: Sequence[float]) -> float:
    """0 of no values."""
    return sum(values) / max(len(values), 1)


def interval_95(values: Sequence[float]) -> tuple[float, float]:
    """The bootstrap interval of the mean."""
    rng = random.Random(1)
    means = sorted(mean(rng.choices(values, k=len(values))) for _ in range(_RESAMPLES)) if values else [0.0]
    return round(means[int(0.025 * len(means))], 4), round(means[int(0.975 * len(means))], 4)
