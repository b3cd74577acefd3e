"""DebugBench, Python part (github.com/thunlp/DebugBench): LeetCode solutions with bugs put into them.

Read are rows whose examples were made into cases:

    {"id": "…", "description": "…", "level": "easy", "method": "kthFactor", "cases": [[{"n": 12, "k": 3}, 3], …],
     "buggy_code": "class Solution: …", "oracle_code": "class Solution: …"}

The wrong program is the root of the search. All cases grade; all but one steer, such that one that fails is among
them (`buggy_result`, where the row has it, says which these are). The programs are run, as on LeetCode, with the
usual names imported. Few cases mean that a program which passes may still be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from reason_tui.tasks.lines import ForeignRow, damaged, read_rows
from reason_tui.tasks.literals import is_literal, parse_module
from reason_tui.tasks.types import AssertCase, GradedTask, HiddenTests, Task

ENTRY_POINT = "Solution"
PREAMBLE = """\
import bisect
import collections
import functools
import heapq
import itertools
import math
import operator
import random
import re
import string
import sys
from bisect import bisect_left, bisect_right, insort
from collections import Counter, OrderedDict, defaultdict, deque
from functools import cache, lru_cache, reduce
from heapq import heapify, heappop, heappush, heappushpop, heapreplace, nlargest, nsmallest
from itertools import accumulate, chain, combinations, count, groupby, pairwise, permutations, product
from math import ceil, comb, factorial, floor, gcd, inf, log2, sqrt
from typing import Any, Deque, Dict, Generator, List, Optional, Set, Tuple, Union"""


class DebugBenchRow(ForeignRow):
    """One program; `cases` are pairs of named arguments and the value expected."""

    id: str
    description: str
    level: str = ""
    method: str
    cases: tuple[tuple[dict[str, Any], Any], ...] = Field(min_length=1)
    buggy_code: str
    oracle_code: str
    buggy_result: tuple[tuple[bool, Any], ...] = ()


def read_debugbench(path: Path) -> Iterator[GradedTask]:
    """The tasks in order. Raises DatasetError."""
    for number, row in read_rows(path, DebugBenchRow):
        if not row.method.isidentifier():
            raise damaged(path, number, f"its method {row.method} has no name that Python could call")
        if parse_module(row.oracle_code) is None:
            raise damaged(path, number, "its solution is not Python")
        tests = [_test(row.method, *case) for case in row.cases]
        if not all(map(_is_readable, row.cases)):
            raise damaged(path, number, "a case of it holds what is no Python literal")
        held_out = _held_out(row)
        visible = tuple(AssertCase(source=test) for at, test in enumerate(tests) if at != held_out)
        task = Task(
            id=f"DebugBench/{row.id}",
            prompt=row.description.strip(),
            entry_point=ENTRY_POINT,
            preamble=PREAMBLE,
            visible=visible,
            given=_runnable(row.buggy_code),
        )
        hidden = HiddenTests(check="\n".join(tests))
        yield GradedTask(task=task, hidden=hidden, reference=_runnable(row.oracle_code), group=row.level)


def _runnable(code: str) -> str:
    return f"{PREAMBLE}\n\n\n{code.strip()}\n"


def _test(method: str, arguments: dict[str, Any], expected: Any) -> str:
    named = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return f"assert {ENTRY_POINT}().{method}({named}) == {expected!r}"


def _is_readable(case: tuple[dict[str, Any], Any]) -> bool:
    arguments, expected = case
    values = (*arguments.values(), expected)
    return all(name.isidentifier() for name in arguments) and all(is_literal(repr(value)) for value in values)


def _held_out(row: DebugBenchRow) -> int | None:
    """The last case that can be spared: what is left must have one that the wrong program fails."""
    passes = [passed for passed, _ in row.buggy_result]
    if len(passes) != len(row.cases):
        return len(row.cases) - 1 if len(row.cases) > 1 else None
    spare = (at for at in reversed(range(len(passes))) if not all(passes[:at] + passes[at + 1 :]))
    return next(spare, None)
