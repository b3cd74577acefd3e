"""From two editors to a task: the problem, and the list of its visible tests, one a line.

The examples of the problem are listed by themselves as long as nobody touches them. What stands in the list at the
end is what is tested, no more: a line taken out of it is no test, even if the problem shows it.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reason_tui.assets import expanded
from reason_tui.errors import TaskError
from reason_tui.runs.folders import reason
from reason_tui.tasks.prompt import defined, read_prompt
from reason_tui.tasks.testfile import read_tests
from reason_tui.tasks.types import CallCase, Task, TestCase

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
        task = read_prompt(attached(prompt)[0])
    except TaskError:
        return ()
    return tuple(written(case, task.entry_point or "") for case in task.visible)


def listed(task: Task) -> str:
    """The visible tests of a task as the list has them."""
    return "\n".join(written(case, task.entry_point or "") for case in task.visible)


def written(case: TestCase, entry_point: str) -> str:
    """A test as a person writes it."""
    return case.describe(entry_point) if isinstance(case, CallCase) else case.source.strip()


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
    """The task of the two editors, a file in it read. Raises TaskError."""
    prompt, _ = attached(prompt)
    task = read_prompt(prompt, tests=tests if tests.strip() else None)
    if not tests.strip():
        return task.model_copy(update={"visible": ()})
    cases, _ = read_tests(tests, task.entry_point, defined(task.preamble))
    return task.model_copy(update={"visible": cases})


_AT = re.compile(r"@(?!\s)(.+?)\s*")
_LIKE_A_FILE = re.compile(r".*(?:/.*|\.\w{1,5})")
MAX_BYTES = 200_000


@dataclass(frozen=True)
class Opened:
    """A file that stands in a problem, as it was when it was read."""

    path: Path
    text: str


def attached(prompt: str) -> tuple[str, Opened | None]:
    """The problem with the file in the place of its line `@path`; the file, where there is such a line.

    Raises TaskError where that file cannot be read. A decorator is no such line.
    """
    rows = prompt.split("\n")
    for at, row in enumerate(rows):
        match = _AT.fullmatch(row)
        if match is None or not _names_a_file(match[1], rows[at + 1 :]):
            continue
        opened = _read(expanded(match[1]))
        words = "\n".join(rows[:at] + rows[at + 1 :]).strip()
        return (f"{words}\n\n{opened.text}" if words else opened.text), opened
    return prompt, None


def _names_a_file(name: str, below: Sequence[str]) -> bool:
    following = next((row for row in below if row.strip()), "")
    decorates = following.lstrip().startswith(("def ", "class ", "async def ", "@"))
    return not decorates and _LIKE_A_FILE.fullmatch(name) is not None


def _read(path: Path) -> Opened:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise TaskError(f"{path} is no file.", hint="Name a Python file.")  # a pipe would keep the app waiting
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise TaskError(f"{path} is too long to be repaired.", why=f"It has more than {MAX_BYTES:,} bytes.")
        return Opened(path.resolve(), content.decode("utf-8"))
    except OSError as error:
        raise TaskError(f"{path} cannot be read.", why=reason(error)) from error
    except UnicodeDecodeError as error:
        raise TaskError(f"{path} is not UTF-8 text.", why=f"{error.reason} at byte {error.start}.") from error
    except ValueError as error:
        raise TaskError(f"{path} cannot be the name of a file.", why=f"{error}.") from error
