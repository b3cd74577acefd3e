"""What the exported model can do: held-out tasks by level, and what everyone types first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import comb
from pathlib import Path
from typing import Any

from embedded_model.drafting import Sampling, programs
from embedded_model.grading import Item, grade
from embedded_model.seeds import SEEDS
from embedded_model.steps import Folder, read_lines, write_text
from reason_tui.prompts import draft
from reason_tui.tasks.types import CallCase, GradedTask


@dataclass(frozen=True)
class EvaluationConfig:
    """How many completions a task gets, and how they are drawn."""

    sampling: Sampling = field(default_factory=lambda: Sampling(samples=10))
    seed_samples: int = 16


def evaluate_run(folder: Folder, config: EvaluationConfig) -> dict[str, Any]:
    """Measure the exported file, write `figures.json`, and return what stands in it."""
    tasks = [GradedTask.model_validate(item) for item in read_lines(folder.heldout)]
    figures = measure(folder.gguf, tasks, config)
    if folder.log.exists():
        figures["training"] = list(read_lines(folder.log))[-1]
    write_text(folder.figures, json.dumps(figures, indent=1) + "\n")
    return figures


def measure(gguf: Path, tasks: Sequence[GradedTask], config: EvaluationConfig) -> dict[str, Any]:
    """Held-out figures by level, and the seed tasks."""
    greedy = replace(config.sampling, samples=1, temperature=0.0)
    many = config.sampling.samples
    held = list(zip(tasks, solved(gguf, tasks, greedy), solved(gguf, tasks, config.sampling), strict=True))
    levels = {}
    for level in sorted({task.group for task in tasks}):
        rows = [row for row in held if row[0].group == level]
        levels[level] = _level([row[1] for row in rows], [row[2] for row in rows], many)
    drawn = solved(gguf, SEEDS, replace(config.sampling, samples=config.seed_samples))
    seeds = {
        task.task.id: {"greedy": bool(first), "solved": right, "of": config.seed_samples}
        for task, first, right in zip(SEEDS, solved(gguf, SEEDS, greedy), drawn, strict=True)
    }
    return {"samples": many, "heldout": levels, "seeds": seeds}


def solved(gguf: Path, tasks: Sequence[GradedTask], sampling: Sampling) -> list[int]:
    """For each task, how many of its completions pass the visible and the hidden tests."""
    found = programs(gguf, [draft(task.task) for task in tasks], sampling)
    items: list[Item] = [
        (program, task.task.entry_point, all_cases(task))
        for task, group in zip(tasks, found, strict=True)
        for program in group
    ]
    right = [verdict.status == "pass" for verdict in grade(items)]
    return [sum(right[at : at + sampling.samples]) for at in range(0, len(right), sampling.samples)]


def all_cases(task: GradedTask) -> tuple[CallCase, ...]:
    """Visible and hidden tests."""
    visible = tuple(case for case in task.task.visible if isinstance(case, CallCase))
    return visible + task.hidden.cases


def pass_at(samples: int, right: int, k: int) -> float:
    """The unbiased estimate of pass@k (Chen et al., 2021)."""
    if samples - right < k:
        return 1.0
    return 1.0 - comb(samples - right, k) / comb(samples, k)


def _level(greedy: list[int], sampled: list[int], samples: int) -> dict[str, Any]:
    mean = {
        f"pass@{k}": round(sum(pass_at(samples, right, k) for right in sampled) / len(sampled), 3)
        for k in (1, 4, 10)
        if k <= samples
    }
    return {"tasks": len(greedy), "greedy": round(sum(greedy) / len(greedy), 3), **mean}
