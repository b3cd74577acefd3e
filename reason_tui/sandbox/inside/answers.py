"""What a candidate answers, believed only as far as it is a value.

An answer is taken apart and put together again here, in a process that lives as long as one job and has a bound on
its memory: what goes on to the tester and the host was written by us.
"""

from __future__ import annotations

import time
from typing import Any

from reason_tui.sandbox.inside.protocol import Answer, Outcome, Problem, Report
from reason_tui.sandbox.inside.values import CrossingError, decode, encode

_HOWS = ("value", "raised", "memory", "callback")
_MAX_READING_S = 0.5
_MAX_TEXT, _MAX_NAMES = 2000, 40


def outcome_of(how: str, problem: Problem | None = None, ms: float = 0.0) -> Outcome:
    """An outcome without a value."""
    return {"how": how, "value": b"", "args": b"", "problem": problem, "ms": ms}


def report_on(load: Outcome, *, has_entry_point: bool) -> Report:
    """A report in which nothing has happened yet but loading the program."""
    return {
        "load": load,
        "has_entry_point": has_entry_point,
        "outcomes": [],
        "sites": [],
        "tests": [],
        "weak": False,
        "finished": False,
        "exam_problem": None,
        "ended": "value",
        "stdout": b"",
        "stderr": b"",
        "stdout_bytes": 0,
        "stderr_bytes": 0,
        "peak_memory_kb": 0,
        "ms": 0.0,
        "trouble": "",
    }


def believe(frame: bytes) -> Answer:
    """An answer of the candidate, taken apart and put together again: what goes on from here was written by us.

    Raises CrossingError for anything but an answer.
    """
    began = time.process_time()
    told = decode(frame)
    try:
        answer: Answer = {
            "how": told["how"] if told["how"] in _HOWS else "raised",
            "has_entry_point": told["has_entry_point"] is True,
            "value": encode(decode(told["value"])) if told["value"] else b"",
            "args": encode(decode(told["args"])) if told["args"] else b"",
            "problem": _believe_problem(told["problem"]),
        }
    except (TypeError, KeyError, ValueError) as error:
        raise CrossingError("not an answer") from error
    if time.process_time() - began > _MAX_READING_S:  # keys made to collide: the host shall not stumble over them
        raise CrossingError("a value that takes too long to read")
    return answer


def _believe_problem(told: Any) -> Problem | None:
    if told is None:
        return None
    return {
        "type": _text(told["type"]),
        "names": [_text(name) for name in told["names"][:_MAX_NAMES]],
        "message": _text(told["message"]),
        "line": told["line"] if type(told["line"]) is int else None,
    }


def _text(told: Any) -> str:
    return told[:_MAX_TEXT] if isinstance(told, str) else ""
