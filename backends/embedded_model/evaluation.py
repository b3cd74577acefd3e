"""What the exported model can do: held-out tasks by level, repair, arithmetic, reserved families, common prompts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import comb
from pathlib import Path
from typing import Any

from embedded_model.blind import blind_tasks
from embedded_model.comparison import repair_figures
from embedded_model.curriculum.harder import HARDER
from embedded_model.drafting import Sampling, programs
from embedded_model.grading import Item, grade
from embedded_model.math_evaluation import math_figures
from embedded_model.seeds import SEEDS
from embedded_model.steps import Folder, read_lines, write_text
from reason_tui.prompts import draft
from reason_tui.tasks.types import CallCase, GradedTask


@dataclass(frozen=True)
class EvaluationConfig:
    """How many completions a task gets, and how they are drawn.

    `families`: how many held-out tasks of each rare family are tried, `harder` of each harder one, with
    `family_samples` completions each.
    """

    sampling: Sampling = field(default_factory=lambda: Sampling(samples=10))
    seed_samples: int = 16
    families: int = 60
    harder: int = 200
    family_samples: int = 64


def evaluate_run(folder: Folder, config: EvaluationConfig) -> dict[str, Any]:
    """Measure the exported file, write `figures.json`, and return what stands in it."""
    figures = measure(folder.gguf, tasks_in(folder.heldout), config)
    figures["repair"] = repair_figures(folder.gguf, tasks_in(folder.heldout), replace(config.sampling, seed=31))
    figures["blind"] = single_figures(folder.gguf, blind_tasks(), config)
    figures["math"] = math_figures(folder.gguf)
    figures["families"] = family_figures(folder.gguf, tasks_in(folder.reserved), config)
    if folder.log.exists():
        figures["training"] = list(read_lines(folder.log))[-1]
    write_text(folder.figures, json.dumps(figures, indent=1) + "\n")
    return figures


def tasks_in(path: Path) -> list[GradedTask]:
    """The tasks of a file, one a line."""
    return [GradedTask.model_validate(item) for item in read_lines(path)]


def measure(gguf: Path, tasks: Sequence[GradedTask], config: EvaluationConfig) -> dict[str, Any]:
    """Held-out figures by level, and the seed tasks."""
    levels = level_figures(gguf, tasks, config)
    return {"samples": config.sampling.samples, "heldout": levels, "seeds": single_figures(gguf, SEEDS, config)}


def level_figures(gguf: Path, tasks: Sequence[GradedTask], config: EvaluationConfig) -> dict[str, dict[str, Any]]:
    """Greedy and pass@k by level."""
    greedy = replace(config.sampling, samples=1, temperature=0.0)
    many = config.sampling.samples
    held = list(zip(tasks, solved(gguf, tasks, greedy), solved(gguf, tasks, config.sampling), strict=True))
    levels = {}
    for level in sorted({task.group for task in tasks}):
        rows = [row for row in held if row[0].group == level]
        levels[level] = _level([row[1] for row in rows], [row[2] for row in rows], many)
    return levels


def family_figures(gguf: Path, tasks: Sequence[GradedTask], config: EvaluationConfig) -> dict[str, Any]:
    """pass@1 and pass@n on the first held-out tasks of each reserved family."""
    sampling = replace(config.sampling, samples=config.family_samples)
    figures = {}
    for group in sorted({task.group for task in tasks if task.group.endswith("/heldout")}):
        family = group.split("/")[0]
        count = config.harder if family in HARDER else config.families
        chosen = [task for task in tasks if task.group == group][:count]
        right = solved(gguf, chosen, sampling)
        figures[family] = {
            "tasks": len(chosen),
            "pass@1": round(sum(right) / (len(right) * sampling.samples), 4),
            f"pass@{sampling.samples}": round(sum(count > 0 for count in right) / len(right), 4),
        }
    return figures


def single_figures(gguf: Path, tasks: Sequence[GradedTask], config: EvaluationConfig) -> dict[str, Any]:
    """Single tasks: whether the greedy completion is right, and how many of some are."""
    sampling = replace(config.sampling, samples=config.seed_samples)
    greedy = solved(gguf, tasks, replace(sampling, samples=1, temperature=0.0))
    return {
        task.task.id: {"greedy": bool(first), "solved": right, "of": config.seed_samples}
        for task, first, right in zip(tasks, greedy, solved(gguf, tasks, sampling), strict=True)
    }


def solved(gguf: Path, tasks: Sequence[GradedTask], sampling: Sampling) -> list[int]:
    """For each task, how many of its completions pass the visible and the hidden tests."""
    found = programs(gguf, [draft(task.task) for task in tasks], sampling)
    items: list[Item] = [
        (program, task.task.entry_point, all_cases(task))
        for task, group in zip(tasks, found, strict=True)
        for program in dict.fromkeys(group)
    ]
    right = iter([verdict.status == "pass" for verdict in grade(items)])
    counts = []
    for group in found:
        passes = {program: next(right) for program in dict.fromkeys(group)}
        counts.append(sum(passes[program] for program in group))
    return counts


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
