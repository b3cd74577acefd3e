"""QuixBugs, Python part (github.com/jkoppel/QuixBugs): programs that are wrong by one line, with their cases.

The wrong program is the root of the search. Every third case is held out; all of them grade. As in the benchmark's own
tests, generators and tuples are compared by what they hold, a float is right within the tolerance that its call asks
for, and two cases that take minutes are left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from reason_tui.errors import TaskError
from reason_tui.tasks.lines import ForeignRow, damaged, read_rows
from reason_tui.tasks.literals import is_literal, parse_module
from reason_tui.tasks.prompt import read_prompt
from reason_tui.tasks.types import AssertCase, CallCase, GradedTask, HiddenTests

_SLOW = {("knapsack", 9), ("levenshtein", 3)}


class QuixBugsRow(ForeignRow):
    """One program; `cases` are pairs of positional arguments and the value expected."""

    name: str
    entry_point: str
    buggy_code: str
    correct_code: str
    cases: tuple[tuple[list[Any], Any], ...] = Field(min_length=2)


def read_quixbugs(path: Path) -> Iterator[GradedTask]:
    """The tasks in order. Raises DatasetError."""
    for number, row in read_rows(path, QuixBugsRow):
        code, description = _apart(row.buggy_code)
        try:
            task = read_prompt(code, id=f"QuixBugs/{row.name}", entry_point=row.entry_point)
        except TaskError as error:
            raise damaged(path, number, error) from None
        if task.given is None or task.entry_point != row.entry_point:
            raise damaged(path, number, f"its program does not define {row.entry_point}")
        pairs = [pair for at, pair in enumerate(row.cases) if (row.name, at) not in _SLOW]
        if not all(is_literal(repr(part)) for pair in pairs for part in pair):
            raise damaged(path, number, "a case of it holds what is no Python literal")
        cases = [_case(row.entry_point, *pair) for pair in pairs]
        visible = tuple(case for at, case in enumerate(cases) if at % 3)
        task = task.model_copy(update={"visible": visible, "prompt": description or task.prompt})
        yield GradedTask(task=task, hidden=_hidden(cases), reference=row.correct_code)


def _hidden(cases: list[CallCase | AssertCase]) -> HiddenTests:
    return HiddenTests(
        cases=tuple(case for case in cases if isinstance(case, CallCase)),
        check="\n".join(case.source for case in cases if isinstance(case, AssertCase)),
    )


def _apart(code: str) -> tuple[str, str]:
    """The program, and the text that says what it should do: a string at the end of its file."""
    body = parse_module(code) or []
    last = body[-1] if body else None
    if not (isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and isinstance(last.value.value, str)):
        return code.strip() + "\n", ""
    lines = code.split("\n")
    return "\n".join(lines[: last.lineno - 1]).strip() + "\n", last.value.value.strip()


def _case(entry_point: str, arguments: list[Any], expected: Any) -> CallCase | AssertCase:
    case = CallCase(args=tuple(map(repr, arguments)), expected=repr(expected), sequences=True)
    if isinstance(expected, (int, float)) and arguments and isinstance(arguments[-1], float):
        return AssertCase(source=f"assert abs({case.call(entry_point)} - {expected!r}) <= {arguments[-1]!r}")
    return case
