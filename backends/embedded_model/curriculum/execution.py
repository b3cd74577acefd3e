"""Run a program of our own making on tests, in this process, and say what happened as the sandbox would.

Only for programs the curriculum wrote; what a model wrote runs in a child process (`embedded_model.grading`).
"""

from __future__ import annotations

import re
import traceback
from typing import Any

from reason_tui.sandbox.types import Failure, TestRecord, Verdict
from reason_tui.tasks.types import CallCase

FILENAME = "<candidate>"
MAX_REPR = 400
_ADDRESS = re.compile(r"(?<= at 0x)[0-9a-f]+")


def run(program: str, entry_point: str | None, cases: tuple[CallCase, ...]) -> Verdict:
    """The verdict on `program`, once that ends. Without an entry point the last function counts."""
    space: dict[str, Any] = {"__name__": "candidate"}
    try:
        exec(compile(program, FILENAME, "exec"), space)
    except Exception as error:  # noqa: BLE001 - whatever a program does is its verdict
        return Verdict(status="error", failure=_failure(error, program))
    functions = [name for name, item in space.items() if callable(item) and not name.startswith("_")]
    name = entry_point or (functions[-1] if functions else "")
    function = space.get(name)
    if not callable(function):
        return Verdict(status="error", loaded=True)
    records = tuple(_record(function, name, case, program) for case in cases)
    failure = next((record.failure for record in records if record.failure), None)
    status = "pass" if all(record.ok for record in records) else "error" if failure else "fail"
    return Verdict(status=status, records=records, loaded=True, has_entry_point=True, failure=failure)


def timed_out(entry_point: str, cases: tuple[CallCase, ...]) -> Verdict:
    """The verdict on a program that loops for ever in its first test."""
    records = tuple(
        TestRecord(
            test=case.describe(entry_point),
            ok=False,
            call=case.call(entry_point),
            expected=case.expected,
            timed_out=True,
        )
        for case in cases
    )
    return Verdict(status="timeout", records=records, loaded=True, has_entry_point=True)


def _record(function: Any, name: str, case: CallCase, program: str) -> TestRecord:
    args = [eval(arg) for arg in case.args]
    base = TestRecord(test=case.describe(name), ok=False, call=case.call(name), expected=case.expected)
    try:
        got = function(*args)
    except Exception as error:  # noqa: BLE001 - whatever a program does is its verdict
        return base.model_copy(update={"failure": _failure(error, program)})
    expected = eval(case.expected or "None")
    ok = got == expected and type(got) is type(expected)
    return base.model_copy(update={"ok": bool(ok), "got": _ADDRESS.sub("7f0000000000", repr(got))[:MAX_REPR]})


def _failure(error: Exception, program: str) -> Failure:
    lines = program.split("\n")
    if isinstance(error, SyntaxError):
        number, message = error.lineno, error.msg
    else:
        frames = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILENAME]
        number, message = (frames[-1] if frames else None), str(error)
    source = lines[number - 1].strip() if number and number <= len(lines) else ""
    return Failure(type=type(error).__name__, message=message, line=number, source=source)
