"""Which behaviours a corpus has shown: every program it taught as right, run on the probe inputs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Iterator
from types import FrameType
from typing import Any

from embedded_model.curriculum.problems import behaviour
from embedded_model.steps import PHASES, Folder, read_lines
from reason_tui.prompts import OPEN

_LIMIT_S = 1.0
_ENDING = "\n```"


class _Endless(Exception):  # noqa: N818 - a program of other arguments that does not end on these
    pass


def taught(folder: Folder) -> Iterator[str]:
    """Every program of the training corpora that is taught as right, once."""
    paths = [folder.corpus(phase) for phase in range(len(PHASES))]
    paths += [folder.own_failures(phase) for phase in range(1, len(PHASES))]
    seen: set[str] = set()
    for path in paths:
        for item in read_lines(path) if path.exists() else ():
            program = (item["prefix"] + item["reply"]).partition(OPEN)[2].removesuffix(_ENDING)
            if item["kind"] != "tests" and program and program not in seen:
                seen.add(program)
                yield program


def shown(programs: Iterator[str], kinds: Collection[tuple[str, ...]]) -> set[str]:
    """The fingerprints of these programs, each as a function of arguments of any of `kinds`.

    Programs of the curriculum only: they run in this process, and `SIGALRM` is its own.
    """
    found = set()
    before = signal.signal(signal.SIGALRM, _stop)
    try:
        for program in programs:
            function, arguments = _function(program)
            found |= {print_ for kind in kinds if len(kind) == arguments and (print_ := _print(kind, function))}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return found


def _function(program: str) -> tuple[Callable[..., Any], int]:
    """The last function of a program, and how many arguments it takes."""
    space: dict[str, Any] = {"__name__": "candidate"}
    exec(compile(program, "<program>", "exec"), space)
    function = [item for item in space.values() if hasattr(item, "__code__")][-1]
    return function, function.__code__.co_argcount


def _print(kinds: tuple[str, ...], function: Callable[..., Any]) -> str | None:
    signal.setitimer(signal.ITIMER_REAL, _LIMIT_S)
    try:
        return behaviour(kinds, function)
    except (AttributeError, NameError, RecursionError, MemoryError, _Endless):
        return None


def _stop(number: int, frame: FrameType | None) -> None:
    raise _Endless
