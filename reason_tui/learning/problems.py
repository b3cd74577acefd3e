"""Tasks as prompts that GRPO samples replies to."""

from __future__ import annotations

from collections.abc import Iterable, Set

from reason_tui.errors import DatasetError
from reason_tui.learning.pairs import Problem
from reason_tui.prompts import draft, solve_math
from reason_tui.tasks.problem import task_key
from reason_tui.tasks.types import Task


def problems_of(tasks: Iterable[Task], held_out: Set[str]) -> list[Problem]:
    """The first prompt of each task that is neither held out nor a repair. Raises DatasetError where none is left."""
    found = [_problem(task) for task in tasks if task_key(task) not in held_out and task.given is None]
    if not found:
        raise DatasetError("None of these tasks can be learned from by rewards.", why="Each is held out, or a repair.")
    return found


def says_what_is_right(task: Task) -> bool:
    """Whether the task has visible tests, or an answer: where it has not, only agreement can reward its replies."""
    return bool(task.visible) if task.kind == "code" else task.answer is not None


def _problem(task: Task) -> Problem:
    prompt = solve_math(task.prompt) if task.kind == "math" else draft(task)
    key = task_key(task)
    return Problem(
        id=key[:12],
        task=key,
        task_id=task.id,
        origin="draft",
        messages=prompt.messages,
        prefix=prompt.prefix,
        problem=task,
    )
