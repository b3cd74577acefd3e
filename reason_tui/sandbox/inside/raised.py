"""What a program raised, as a test meets it."""

from __future__ import annotations

import builtins
from typing import Any

from reason_tui.sandbox.inside.handles import is_handle
from reason_tui.sandbox.inside.problems import problem_of
from reason_tui.sandbox.inside.protocol import Outcome, Problem


class ProgramError(Exception):
    """The program raised; `problem` is what its process told."""

    problem: Problem | None = None
    remote: Any = None
    """The exception itself, which stayed with the program."""

    def __getattr__(self, name: str) -> Any:
        if is_handle(self.remote) and not name.startswith("__"):
            return getattr(self.remote, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


class ProgramTimeoutError(ProgramError):
    """The call did not end in time, or was not made because none of the calls before it did."""


def raised_by(outcome: Outcome) -> ProgramError | Exception:
    """What the program raised, as the nearest builtin exception a test may wait for."""
    problem = outcome["problem"]
    if outcome["how"] != "raised" or problem is None:
        error: ProgramError = (ProgramTimeoutError if outcome["how"] == "timeout" else ProgramError)()
        error.problem = problem
        return error
    known = (getattr(builtins, name, None) for name in problem["names"])
    base = next((kind for kind in known if isinstance(kind, type) and issubclass(kind, Exception)), Exception)
    kind = type(problem["type"], (ProgramError, base), {"__init__": lambda self, *args: None})
    raised: ProgramError = kind(problem["message"])
    raised.problem = problem
    return raised


def problem_in(error: BaseException) -> Problem | None:
    """What to tell of an exception in a test: what the program told, if it was the program's."""
    if isinstance(error, ProgramError):
        return error.problem
    return problem_of(error)
