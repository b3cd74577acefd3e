"""A verdict told to a model, in few words. The wording is part of what the embedded model was trained on.

Golden files in `tests/prompts/golden` fix it; the model's card holds their hash.
"""

from __future__ import annotations

from reason_tui.sandbox.types import Failure, TestRecord, Verdict
from reason_tui.text import one_line

MAX_FAILING_TESTS = 2
MAX_VALUE = 120
MAX_MESSAGE = 160
BRIEF = 40
"""Characters of a value where a prompt has to be short."""


def feedback(verdict: Verdict, entry_point: str | None, *, brief: bool = False) -> str:
    """What is wrong with the program: at most two failing tests, or why none could be run.

    `brief`: one failing test, and only the beginnings of long values.
    """
    problem = _problem_before_tests(verdict, entry_point)
    if problem:
        return problem
    failing = [record for record in verdict.records if not record.ok]
    lines = [f"{verdict.passed} of {len(verdict.records)} tests pass."]
    most = BRIEF if brief else MAX_VALUE
    lines += [_failing(record, most) for record in failing[: 1 if brief else MAX_FAILING_TESTS]]
    return "\n".join(lines)


def _problem_before_tests(verdict: Verdict, entry_point: str | None) -> str:
    if not verdict.loaded and verdict.failure is not None:
        return f"The program does not load: {describe(verdict.failure)}"
    if verdict.loaded and not verdict.has_entry_point and entry_point:
        return f"The program does not define {entry_point}."
    if any(not record.ok for record in verdict.records):
        return ""
    return _STATUS.get(verdict.status, "")


def first_failure(verdict: Verdict, entry_point: str | None) -> str:
    """The first thing that is wrong, in one line: what is remembered of an earlier attempt."""
    said = feedback(verdict, entry_point).split("\n")
    return said[1] if len(said) > 1 else said[0]


_STATUS = {
    "timeout": "The program does not end in time.",
    "memory": "The program uses too much memory.",
    "output": "The program prints too much.",
    "killed": "The program ends the interpreter.",
    "lost": "The program gave no result.",
}


def _failing(record: TestRecord, most: int) -> str:
    call = one_line(record.call or record.test, most)
    if record.timed_out:
        return f"{call} does not end in time."
    if record.failure is not None and record.failure.type != "AssertionError":
        expected = "" if record.expected is None else f" expected {one_line(record.expected, most)}"
        return f"{call} raised {describe(record.failure)}{';' if expected else ''}{expected}"
    if record.expected is not None and record.got is not None:
        return f"{call} returned {one_line(record.got, most)}, expected {one_line(record.expected, most)}"
    return f"{one_line(record.test, most)} is false"


def describe(failure: Failure) -> str:
    """`ValueError: message, at line 3: source`."""
    text = failure.type
    if failure.message:
        text += f": {one_line(failure.message, MAX_MESSAGE)}"
    if failure.line is not None:
        text += f", at line {failure.line}"
        if failure.source:
            text += f": {one_line(failure.source, MAX_VALUE)}"
    return text
