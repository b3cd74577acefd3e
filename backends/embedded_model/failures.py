"""Repairs on-policy: the half-trained model tries training tasks; its failures and their real feedback are taught.

Training on invented mistakes alone does not transfer: a repair then helps less than another draft.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from embedded_model.curriculum.corpus import Example, repair_example, training_tasks
from embedded_model.drafting import Sampling, programs
from embedded_model.export import write_gguf
from embedded_model.grading import Item, grade
from embedded_model.model import load_model
from embedded_model.steps import Folder, write_lines
from reason_tui.prompts import draft
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import CallCase, Task

MAX_EXAMPLES = 2


@dataclass(frozen=True)
class FailureConfig:
    """How much is tried. `copies`: how often the examples stand in the rest of the training."""

    seed: int = 1
    tasks: int = 2000
    sampling: Sampling = field(default_factory=lambda: Sampling(samples=3, max_tokens=120))
    copies: int = 3


def write_failures(folder: Folder, config: FailureConfig) -> None:
    """Collect the failures of the newest checkpoint."""
    if not folder.own_failures.exists():
        write_gguf(load_model(folder.checkpoint), folder, folder.half_gguf)
        write_lines(folder.own_failures, (asdict(example) for example in collect(folder, config)))


def collect(folder: Folder, config: FailureConfig) -> Iterator[Example]:
    """A repair example for each different wrong program, at most two a task."""
    held = json.loads(folder.fingerprints.read_text(encoding="utf-8"))
    tasks = training_tasks(config.seed, config.tasks, held)
    found = programs(folder.half_gguf, [draft(task) for task, _ in tasks], config.sampling)
    for (task, right), group in zip(tasks, found, strict=True):
        wrong = sorted({program.rstrip() for program in group})
        for program, verdict in list(_failed(task, wrong))[:MAX_EXAMPLES]:
            yield repair_example(task, program, verdict, right)


def _failed(task: Task, candidates: list[str]) -> Iterator[tuple[str, Verdict]]:
    tests = tuple(case for case in task.visible if isinstance(case, CallCase))
    items: list[Item] = [(program, task.entry_point, tests) for program in candidates]
    for program, verdict in zip(candidates, grade(items), strict=True):
        if verdict.status != "pass":
            yield program, verdict
