"""What went wrong in a program, as a user would want it told: cleaned, bounded, with the line of the program."""

from __future__ import annotations

from reason_tui.sandbox.inside.protocol import Problem
from reason_tui.sandbox.types import Failure
from reason_tui.text import clean, shorten

_MAX_MESSAGE = 1000
ENDED: dict[str, Failure] = {
    "memory": Failure(type="MemoryError", message="the program uses too much memory"),
    "output": Failure(type="TooMuchOutput", message="the program writes too much"),
    "killed": Failure(type="InterpreterEnded", message="the program ends the interpreter"),
}
"""How a program ended that could not tell it itself."""


def told(problem: Problem, program: str) -> Failure:
    """An exception of `program`, or of a test."""
    lines = program.splitlines()
    line = problem["line"]
    source = lines[line - 1].strip() if line is not None and 0 < line <= len(lines) else ""
    return Failure(
        type=clean(shorten(problem["type"], 200)),
        message=clean(shorten(problem["message"], _MAX_MESSAGE)),
        line=line if source else None,
        source=clean(shorten(source, 400)),
    )
