"""Repairs on-policy: the half-trained model tries training tasks; its failures and their real feedback are taught.

Training on invented mistakes alone does not transfer: a repair then helps less than another draft.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import torch

from embedded_model.curriculum.corpus import Example, repair_example, training_tasks
from embedded_model.data import encode_again
from embedded_model.evaluation import load_model, program_of
from embedded_model.grading import Item, grade
from embedded_model.sampling import complete
from embedded_model.steps import Folder, write_lines
from embedded_model.tokenizer import load_tokenizer
from reason_tui.prompts import draft
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import CallCase, Task

MAX_RECORDS = 2


@dataclass(frozen=True)
class FailureConfig:
    """How much is tried. `copies`: how often the examples stand in the rest of the training."""

    seed: int = 1
    tasks: int = 4000
    samples: int = 3
    temperature: float = 0.8
    top_p: float = 0.95
    max_tokens: int = 160
    copies: int = 2


def learn_from_failures(folder: Folder, config: FailureConfig) -> None:
    """Collect the failures of the newest checkpoint and put them into the training data."""
    if not folder.own_failures.exists():
        write_lines(folder.own_failures, (asdict(example) for example in collect(folder, config)))
    encode_again(folder, config.copies)


def collect(folder: Folder, config: FailureConfig) -> Iterator[Example]:
    """A repair example for each different wrong program, at most two a task."""
    torch.set_num_threads(1)
    model, tokenizer = load_model(folder, checkpoint=True), load_tokenizer(folder.tokenizer)
    held = json.loads(folder.fingerprints.read_text(encoding="utf-8"))
    tasks = training_tasks(config.seed, config.tasks, held)
    prompts = [draft(task) for task, _ in tasks for _ in range(config.samples)]
    texts = complete(model, tokenizer, prompts, config.temperature, config.top_p, config.max_tokens, config.seed)
    for index, (task, right) in enumerate(tasks):
        at = slice(index * config.samples, (index + 1) * config.samples)
        wrong = {program_of(prompt, text).rstrip() for prompt, text in zip(prompts[at], texts[at], strict=True)}
        for program, verdict in list(_failed(task, sorted(wrong)))[:MAX_RECORDS]:
            yield repair_example(task, program, verdict, right)


def _failed(task: Task, programs: list[str]) -> Iterator[tuple[str, Verdict]]:
    tests = tuple(case for case in task.visible if isinstance(case, CallCase))
    items: list[Item] = [(program, task.entry_point, tests) for program in programs]
    for program, verdict in zip(programs, grade(items), strict=True):
        if verdict.status != "pass":
            yield program, verdict
