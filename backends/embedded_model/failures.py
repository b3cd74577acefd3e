"""Repairs on-policy: the model tries training tasks; its failures and their real feedback are taught.

Training on invented mistakes alone does not transfer: a repair then helps less than another draft.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from embedded_model.curriculum.catalogue import GROUPS
from embedded_model.curriculum.corpus import Example, repair_example, training_tasks
from embedded_model.drafting import Sampling, programs
from embedded_model.export import write_gguf
from embedded_model.grading import Item, grade
from embedded_model.model import load_model
from embedded_model.steps import Folder, write_lines
from reason_tui.prompts import draft, first_failure
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import CallCase, Task

MAX_EXAMPLES = 3
MEMORY_SHARE = 0.3
"""How often a second failure of the task is told as an earlier attempt."""


@dataclass(frozen=True)
class FailureConfig:
    """How much is tried before each phase but the first, and of which groups.

    `copies`: how often the examples stand in its data.
    """

    seed: int = 1
    tasks: int = 2500
    sampling: Sampling = field(default_factory=lambda: Sampling(samples=4, max_tokens=120))
    groups: Mapping[str, float] = field(default_factory=lambda: GROUPS)
    copies: int = 2
    processes: int = 2


def write_failures(folder: Folder, config: FailureConfig, phase: int) -> None:
    """Collect the failures of the newest checkpoint."""
    if folder.own_failures(phase).exists():
        return
    write_gguf(load_model(folder.checkpoint), folder, folder.unfinished_gguf)
    held = json.loads(folder.fingerprints.read_text(encoding="utf-8"))
    found = failures_of(folder.unfinished_gguf, config, phase, held)
    write_lines(folder.own_failures(phase), (asdict(example) for example in found))


def failures_of(gguf: Path, config: FailureConfig, phase: int, held: Sequence[str]) -> list[Example]:
    """Repairs of what this model writes wrongly; other tasks for each phase."""
    share = -(-config.tasks // config.processes)
    jobs = [
        (gguf, replace(config, seed=config.seed * 1000 + phase * 10 + part, tasks=share), list(held))
        for part in range(config.processes)
    ]
    with ProcessPoolExecutor(max_workers=config.processes) as pool:
        return [example for part in pool.map(_collect, jobs) for example in part]


def _collect(job: tuple[Path, FailureConfig, list[str]]) -> list[Example]:
    gguf, config, held = job
    tasks = training_tasks(config.seed, config.tasks, held, config.groups)
    found = programs(gguf, [draft(task) for task, _ in tasks], config.sampling)
    return [
        example
        for (task, right), group in zip(tasks, found, strict=True)
        for example in repairs_of(task, right, sorted({program.rstrip() for program in group}))
    ]


def repairs_of(task: Task, right: str, candidates: list[str]) -> Iterator[Example]:
    """A repair example for each different wrong program, at most three a task."""
    failed = list(_failed(task, candidates))[: MAX_EXAMPLES + 1]
    for index, (program, verdict) in enumerate(failed[:MAX_EXAMPLES]):
        # Which of them remembers another is fixed by its place, so that the data are the same for the same seed.
        remembers = (len(program) + index) % 100 < MEMORY_SHARE * 100
        others = [other for wrong, other in failed if wrong != program] if remembers else []
        memory = [first_failure(other, task.entry_point) for other in others[:1]]
        yield repair_example(task, program, verdict, right, memory=memory)


def _failed(task: Task, candidates: list[str]) -> Iterator[tuple[str, Verdict]]:
    tests = tuple(case for case in task.visible if isinstance(case, CallCase))
    items: list[Item] = [(program, task.entry_point, tests) for program in candidates]
    for program, verdict in zip(candidates, grade(items), strict=True):
        if verdict.status != "pass":
            yield program, verdict
