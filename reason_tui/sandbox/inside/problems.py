"""Exceptions in plain builtin types."""

from __future__ import annotations

from reason_tui.sandbox.inside.protocol import Problem

FILENAME = "program.py"
"""What the program is called in tracebacks."""
_MAX_MESSAGE = 2000


def problem_of(error: BaseException) -> Problem:
    """An exception in plain builtin types; the line is the last one of the program on the way to it."""
    kind = type(error)
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILENAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename == FILENAME:
        line, message = error.lineno, error.msg
    else:
        message = _message(error)
    return {"type": kind.__name__, "names": [base.__name__ for base in kind.__mro__], "message": message, "line": line}


def _message(error: BaseException) -> str:
    try:
        return str(error)[:_MAX_MESSAGE]
    except Exception:  # noqa: BLE001 - the program's own __str__
        return ""
