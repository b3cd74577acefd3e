"""The attacks, read from the two texts beside this file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

_HEADING = re.compile(r"^### (.+?)(?: -> (.+))?\n", re.MULTILINE)


@dataclass(frozen=True)
class Attack:
    """A program whose `f()` tries one thing. `ends`: the statuses its job may end with; empty for a forgery."""

    name: str
    program: str
    ends: frozenset[str]


@cache
def hostile() -> tuple[Attack, ...]:
    """Programs that try to harm the host or the next program."""
    return _read("hostile.txt")


@cache
def forgeries() -> tuple[Attack, ...]:
    """Programs that try to be reported as passing without computing the right answer."""
    return _read("forgeries.txt")


def _read(name: str) -> tuple[Attack, ...]:
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    parts = _HEADING.split(text)[1:]
    rows = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return tuple(Attack(title, program, frozenset((ends or "").split())) for title, ends, program in rows)
