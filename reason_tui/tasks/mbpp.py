"""MBPP, sanitized (Austin et al. 2021). The first test stands in the prompt and steers; the others grade."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from reason_tui.errors import TaskError
from reason_tui.tasks.lines import ForeignRow, damaged, read_rows
from reason_tui.tasks.literals import parse_module
from reason_tui.tasks.prompt import read_prompt
from reason_tui.tasks.types import GradedTask, HiddenTests


class MbppRow(ForeignRow):
    """One line of `sanitized-mbpp.jsonl`."""

    task_id: int
    prompt: str
    code: str
    test_imports: tuple[str, ...] = ()
    test_list: tuple[str, ...] = Field(min_length=2)


def read_mbpp(path: Path) -> Iterator[GradedTask]:
    """The tasks in order. Raises DatasetError."""
    for number, row in read_rows(path, MbppRow):
        shown, *rest = row.test_list
        name = _entry_point(row)
        if name is None:
            raise damaged(path, number, "its first test calls no function of its code")
        text = "\n".join([row.prompt.strip(), "", *row.test_imports, shown])
        try:
            task = read_prompt(text, id=f"MBPP/{row.task_id}", entry_point=name)
        except TaskError as error:
            raise damaged(path, number, error) from None
        # The tests were written to run where the code does: one (596) uses a module that only the code imports.
        setup = "\n".join([*row.test_imports, *_imports(row.code)])
        hidden = HiddenTests(check="\n".join(rest), setup=setup)
        yield GradedTask(task=task, hidden=hidden, reference=row.code)


def _entry_point(row: MbppRow) -> str | None:
    """The function of the code that the first test calls: one of them is called `sum`, as Python's own."""
    defined = {node.name for node in parse_module(row.code) or () if isinstance(node, ast.FunctionDef)}
    called = (
        node.func.id
        for statement in parse_module(row.test_list[0]) or ()
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
    return next((name for name in called if name in defined), None)


def _imports(code: str) -> list[str]:
    return [ast.unparse(node) for node in parse_module(code) or () if isinstance(node, ast.Import | ast.ImportFrom)]
