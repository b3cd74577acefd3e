"""What the model can do: held-out tasks by level, and the three functions everyone types first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import torch
from tokenizers import Tokenizer

from embedded_model.grading import Item, grade
from embedded_model.model import ModelConfig, Qwen2, parameters_of
from embedded_model.sampling import complete
from embedded_model.seeds import SEEDS
from embedded_model.steps import Folder, read_lines, write_text
from embedded_model.tokenizer import load_tokenizer
from reason_tui.prompts import OPEN, Prompt, draft
from reason_tui.tasks.types import CallCase, GradedTask


@dataclass(frozen=True)
class EvaluationConfig:
    """How many completions, and how they are drawn."""

    seed: int = 1
    samples: int = 10
    seed_samples: int = 16
    temperature: float = 0.8
    top_p: float = 0.95
    max_tokens: int = 200


def load_model(folder: Folder, checkpoint: bool = False) -> Qwen2:
    """The trained model, or the newest checkpoint."""
    state = torch.load(folder.checkpoint if checkpoint else folder.trained, weights_only=True)
    model = Qwen2(ModelConfig(**state["config"]))
    model.load_state_dict(state["model"])
    return model.eval()


def evaluate_run(folder: Folder, config: EvaluationConfig) -> dict[str, Any]:
    """Measure, write `figures.json`, and return what stands in it."""
    figures = measure(load_model(folder), folder, config)
    if folder.log.exists():
        figures["training"] = list(read_lines(folder.log))[-1]
    write_text(folder.figures, json.dumps(figures, indent=1) + "\n")
    return figures


def measure(model: Qwen2, folder: Folder, config: EvaluationConfig) -> dict[str, Any]:
    """Held-out figures by level, and the seed tasks."""
    torch.set_num_threads(1)
    tokenizer = load_tokenizer(folder.tokenizer)
    tasks = [GradedTask.model_validate(item) for item in read_lines(folder.heldout)]
    greedy = solved(model, tokenizer, tasks, 1, 0.0, config)
    sampled = solved(model, tokenizer, tasks, config.samples, config.temperature, config)
    levels = {level: _level(tasks, greedy, sampled, level, config.samples) for level in _groups(tasks)}
    first = solved(model, tokenizer, SEEDS, 1, 0.0, config)
    drawn = solved(model, tokenizer, SEEDS, config.seed_samples, config.temperature, config)
    seeds = {
        task.task.id: {"greedy": bool(first[index]), "solved": drawn[index], "of": config.seed_samples}
        for index, task in enumerate(SEEDS)
    }
    return {"parameters": parameters_of(model), "heldout": levels, "seeds": seeds}


def solved(
    model: Qwen2, tokenizer: Tokenizer, tasks: Sequence[GradedTask], samples: int, temperature: float,
    config: EvaluationConfig,
) -> list[int]:  # fmt: skip
    """For each task, how many of its completions pass the visible and the hidden tests."""
    prompts = [draft(task.task) for task in tasks for _ in range(samples)]
    texts = complete(model, tokenizer, prompts, temperature, config.top_p, config.max_tokens, config.seed)
    items: list[Item] = []
    for index, (prompt, text) in enumerate(zip(prompts, texts, strict=True)):
        task = tasks[index // samples]
        items.append((program_of(prompt, text), task.task.entry_point, all_cases(task)))
    right = [verdict.status == "pass" for verdict in grade(items)]
    return [sum(right[at : at + samples]) for at in range(0, len(right), samples)]


def all_cases(task: GradedTask) -> tuple[CallCase, ...]:
    """Visible and hidden tests."""
    visible = tuple(case for case in task.task.visible if isinstance(case, CallCase))
    return visible + task.hidden.cases


def program_of(prompt: Prompt, completion: str) -> str:
    """The program in a reply: everything after the opening fence."""
    return (prompt.prefix + completion).removeprefix(OPEN)


def pass_at(samples: int, right: int, k: int) -> float:
    """The unbiased estimate of pass@k (Chen et al., 2021)."""
    if samples - right < k:
        return 1.0
    return 1.0 - comb(samples - right, k) / comb(samples, k)


def _groups(tasks: Sequence[GradedTask]) -> list[str]:
    return sorted({task.group for task in tasks})


def _level(
    tasks: Sequence[GradedTask], greedy: list[int], sampled: list[int], level: str, samples: int
) -> dict[str, Any]:
    rows = [index for index, task in enumerate(tasks) if task.group == level]
    mean = {
        f"pass@{k}": round(sum(pass_at(samples, sampled[row], k) for row in rows) / len(rows), 3)
        for k in (1, 4, 10)
        if k <= samples
    }
    return {"tasks": len(rows), "greedy": round(sum(greedy[row] for row in rows) / len(rows), 3), **mean}
