"""Our own format: one GradedTask a line, as its JSON; values are Python source. Embedded tasks are kept in it.

    {"task": {"id": "double", "prompt": "Double x.", "entry_point": "f",
              "visible": [{"kind": "call", "args": ["1"], "expected": "2"}]},
     "hidden": {"cases": [{"args": ["'a'"], "expected": "'aa'"}], "check": "assert f([1]) == [1, 1]"},
     "reference": "def f(x):\\n    return 2 * x", "group": "easy"}

Fields of `reason_tui.tasks.types` that have a default may be left out; unknown ones are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reason_tui.tasks.lines import damaged, read_rows
from reason_tui.tasks.types import GradedTask


def read_own(path: Path) -> Iterator[GradedTask]:
    """The tasks in order. Raises DatasetError."""
    for number, graded in read_rows(path, GradedTask):
        if not graded.hidden.cases and not graded.hidden.check.strip():
            raise damaged(path, number, "it has no hidden tests")
        if graded.task.entry_point is None:
            raise damaged(path, number, "it names no entry point")
        yield graded
