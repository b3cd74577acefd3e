"""HumanEval (github.com/openai/human-eval). The examples in a prompt steer, the field `test` only grades."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reason_tui.errors import TaskError
from reason_tui.tasks.lines import ForeignRow, damaged, read_rows
from reason_tui.tasks.prompt import read_prompt
from reason_tui.tasks.types import GradedTask, HiddenTests


class HumanEvalRow(ForeignRow):
    """One line of `HumanEval.jsonl`."""

    task_id: str
    prompt: str
    entry_point: str
    canonical_solution: str
    test: str


def read_humaneval(path: Path) -> Iterator[GradedTask]:
    """The tasks in order. Raises DatasetError."""
    for number, row in read_rows(path, HumanEvalRow):
        try:
            task = read_prompt(row.prompt, id=row.task_id)
        except TaskError as error:
            raise damaged(path, number, error) from None
        if task.entry_point != row.entry_point:
            raise damaged(path, number, f"its prompt does not define {row.entry_point}")
        # Three tests (32, 38, 50) call a helper that stands in the prompt.
        hidden = HiddenTests(check=row.test, setup=task.preamble)
        yield GradedTask(task=task, hidden=hidden, reference=row.prompt + row.canonical_solution)
