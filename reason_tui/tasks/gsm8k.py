"""GSM8K (Cobbe et al. 2021): word problems with worked solutions. The final answer grades; nothing of it steers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reason_tui.errors import TaskError
from reason_tui.tasks.lines import ForeignRow, damaged, read_rows
from reason_tui.tasks.math import read_problem
from reason_tui.tasks.types import GradedTask, HiddenTests

_MARK = "####"


class Gsm8kRow(ForeignRow):
    """One line of `test.jsonl` or `train.jsonl`."""

    question: str
    answer: str


def read_gsm8k(path: Path) -> Iterator[GradedTask]:
    """The problems in order. Raises DatasetError."""
    for number, row in read_rows(path, Gsm8kRow):
        _, mark, final = row.answer.rpartition(_MARK)
        if not mark or not final.strip():
            raise damaged(path, number, f"its solution has no answer after {_MARK}")
        try:
            task = read_problem(row.question, id=f"GSM8K/{number - 1}")
        except TaskError as error:
            raise damaged(path, number, error) from None
        yield GradedTask(task=task, hidden=HiddenTests(answer=final.strip()), reference=row.answer)
