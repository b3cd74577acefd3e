"""From two editors to a task: the problem, and the list of its visible tests, one a line.

The examples of the problem are listed by themselves as long as nobody touches them. What stands in the list at the
end is what is tested, no more: a line taken out of it is no test, even if the problem shows it.
"""

from __future__ import annotations

from collections.abc import Sequence

from reason_tui.errors import TaskError
from reason_tui.tasks.prompt import defined, read_prompt
from reason_tui.tasks.testfile import read_tests
from reason_tui.tasks.types import AssertCase, Task, TestCase

EXAMPLE = """\
Write a function that returns the sum of the even numbers in a list.

>>> sum_even([1, 2, 3, 4])
6
>>> sum_even([7, 9])
0"""
"""Stands in the editor of a fresh app; the embedded model solves it."""


def found(prompt: str) -> tuple[str, ...]:
    """The visible tests that stand in the problem, each as a line for the list; none where it cannot be read."""
    try:
        task = read_prompt(prompt)
    except TaskError:
        return ()
    return tuple(_line(case, task.entry_point or "") for case in task.visible)


def listed(task: Task) -> str:
    """The visible tests of a task as the list has them."""
    return "\n".join(_line(case, task.entry_point or "") for case in task.visible)


def _line(case: TestCase, entry_point: str) -> str:
    return case.source if isinstance(case, AssertCase) else case.describe(entry_point)


def synced(tests: str, before: Sequence[str], after: Sequence[str]) -> str:
    """The list after the examples of the problem changed from `before` to `after`.

    A line of the user's stays; one that came from the problem goes with it; one the user deleted stays away.
    """
    lines = [row for row in tests.split("\n") if row.strip()]
    gone, new = set(before) - set(after), [row for row in after if row not in before]
    kept: list[str] = []
    for row in lines:
        if row.strip() not in gone:
            kept.append(row)
        elif new:
            kept.append(new.pop(0))
    kept += [row for row in new if row not in kept]
    return "\n".join(kept)


def compose_task(prompt: str, tests: str) -> Task:
    """The task of the two editors. Raises TaskError."""
    task = read_prompt(prompt, tests=tests if tests.strip() else None)
    if not tests.strip():
        return task.model_copy(update={"visible": ()})
    cases, _ = read_tests(tests, task.entry_point, defined(task.preamble))
    return task.model_copy(update={"visible": cases})
