"""The attacks, read from the texts beside this file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast

Way = Literal["cases", "check", "tests"]
SECRET = "'sesame-4711'"
"""What the `f()` of a forgery should return, and none of them knows."""
_TESTS: dict[Way, str] = {
    "cases": "",
    "check": f"assert f() == {SECRET}\nassert not f() != {SECRET}\n",
    "tests": f"""\
import pytest
from m import f
WANTED = {SECRET}
def test_plain(): assert f() == WANTED
def test_not(): assert not f() != WANTED
@pytest.mark.parametrize("wanted", [{SECRET}])
def test_row(wanted): assert [f()] == [wanted]
def test_near(): assert f() == pytest.approx(WANTED)
def test_match():
    with pytest.raises(Exception, match={SECRET}):
        f()
""",
}
_HEADING = re.compile(r"^### (.+?)(?: -> (.+))?\n", re.MULTILINE)
_BETWEEN = "\n---\n"


@dataclass(frozen=True)
class Attack:
    """A program whose `f()` tries one thing. `ends`: the statuses its job may end with."""

    name: str
    program: str
    ends: frozenset[str]


@dataclass(frozen=True)
class Forgery:
    """A program and a test of which nothing holds, met as a job of the kind `way`; for `cases` the test is `f()`.

    `may_be_weak`: the test asks the program's own objects, so that a pass has to say that it is weak.
    """

    name: str
    program: str
    way: Way
    test: str
    may_be_weak: bool = False


@cache
def hostile() -> tuple[Attack, ...]:
    """Programs that try to harm the host or the next program."""
    return tuple(Attack(name, program, frozenset(ends.split())) for name, ends, program in _read("hostile.txt"))


@cache
def forgeries() -> tuple[Forgery, ...]:
    """Programs that try to be reported as passing without computing the right answer, in each way to be tested."""
    plain = [
        Forgery(f"{name} ({way})", program, way, test)
        for name, _, program in _read("forgeries.txt")
        for way, test in _TESTS.items()
    ]
    return (*plain, *(_by_objects(*parts) for parts in _read("objects.txt")))


def _by_objects(name: str, how: str, text: str) -> Forgery:
    program, _, test = text.partition(_BETWEEN)
    way, _, weak = how.partition(" ")
    return Forgery(f"{name} ({way})", program, cast("Way", way), test, may_be_weak=weak == "weak")


def _read(name: str) -> list[tuple[str, str, str]]:
    """Each attack's name, what its heading says beside it, and its text."""
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    parts = _HEADING.split(text)[1:]
    return list(zip(parts[::3], (more or "" for more in parts[1::3]), parts[2::3], strict=True))
