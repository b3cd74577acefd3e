"""From a job to what is sent into the worker: the order for everyone, the exam for the tester alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from reason_tui.sandbox.asserts import RewrittenCheck, RewrittenTests, rewrite, rewrite_tests
from reason_tui.sandbox.inside.protocol import Exam, Order
from reason_tui.sandbox.inside.trust import is_class_name
from reason_tui.sandbox.inside.values import CrossingError, encode
from reason_tui.sandbox.types import Job

_REMEMBERED = 256
"""Cases: every program of a search is asked the same."""


class UnusableTestError(Exception):
    """A test that is itself no Python, or no literal."""

    def __init__(self, test: str, why: str, kind: str) -> None:
        super().__init__(why)
        self.test, self.why, self.kind = test, why, kind


@dataclass(frozen=True)
class Prepared:
    """A job, ready to be sent. No expected value is in `order`."""

    order: Order
    exam: Exam | None
    check: RewrittenCheck | None
    tests: tuple[RewrittenTests, ...] = ()


def prepare(job: Job) -> Prepared:
    """Raises UnusableTestError."""
    test = job.check.strip().partition("\n")[0]
    check, exam = None, None
    tests: list[RewrittenTests] = []
    calls: list[bytes] = []
    entry = job.entry_point or ""
    try:
        if job.kind == "check":
            check = rewrite(job.check, entry)
            exam = _exam(job, check, ())
        for test in job.tests if job.kind == "tests" else ():
            tests.append(rewrite_tests(test, entry))
        for case in job.cases if job.kind == "cases" else ():
            test = case.describe(entry)
            calls.append(_payload(case.args, tuple(case.kwargs.items())))
            _check_literal(case.expected or "None")
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError, CrossingError) as error:
        raise UnusableTestError(test, str(error), type(error).__name__) from error
    if job.kind == "tests":
        exam = _exam(job, None, tests)
    return Prepared(_order(job, calls, len(calls) if check is None else check.required), exam, check, tuple(tests))


def _exam(job: Job, check: RewrittenCheck | None, tests: Sequence[RewrittenTests]) -> Exam:
    return Exam(
        setup=job.setup,
        source="" if check is None else check.source,
        in_function=check is not None and check.in_function,
        entry_point=job.entry_point or "",
        entry_class=_is_class(job.entry_point or "", job.program),
        inplace=job.inplace,
        tests=[test.source for test in tests],
        modules=list(job.modules),
    )


def _is_class(name: str, program: str) -> bool:
    """Whether tests that call this are given a class. Its name has to say so too: that is the task's word for it."""
    return is_class_name(name) and re.search(rf"^class {name}\b", program, re.M) is not None


@lru_cache(_REMEMBERED)
def _payload(args: tuple[str, ...], kwargs: tuple[tuple[str, str], ...]) -> bytes:
    values = tuple(ast.literal_eval(arg) for arg in args)
    return encode((values, {name: ast.literal_eval(value) for name, value in kwargs}), strict=True)


@lru_cache(_REMEMBERED)
def _check_literal(text: str) -> None:
    ast.literal_eval(text)


def _order(job: Job, calls: list[bytes], expected_calls: int) -> Order:
    limits = job.limits
    kept = limits.output_kb * 1024
    if job.stdout is not None:  # enough to see that it is what is expected, or too long to be
        kept = min(max(kept, 2 * len(job.stdout.encode()) + 4096), limits.output_kill_kb * 1024)
    return {
        "program": job.program,
        "kind": job.kind,
        "entry_point": job.entry_point or "",
        "inplace": job.inplace or job.kind == "tests",
        "sequences": any(case.sequences for case in job.cases),
        "stdin": job.stdin,
        "calls": calls,
        "expected_calls": expected_calls,
        "wall_s": limits.wall_s,
        "memory_mb": limits.memory_mb,
        "file_mb": limits.file_mb,
        "tmp_mb": limits.tmp_mb,
        "open_files": limits.open_files,
        "keep_bytes": kept,
        "kill_bytes": limits.output_kill_kb * 1024,
    }
