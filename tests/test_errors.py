"""The tree of errors that users meet."""

from __future__ import annotations

import re

import pytest

from reason_tui import errors


def drawn() -> dict[str, tuple[int | None, int]]:
    """Name: (exit code if one is drawn, depth), from the module's docstring."""
    found = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([│├└─ ]*)(\w+Error)\b(?:\s+exit code (\d+))?", line)
        if match:
            found[match[2]] = (int(match[3]) if match[3] else None, len(match[1]) // 4 - 1)
    return found


def classes() -> list[type[errors.ReasonTuiError]]:
    found = [errors.ReasonTuiError]
    for kind in found:
        found += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == errors.__name__]


def test_every_error_is_drawn_in_the_docstring_and_no_other():
    assert {kind.__name__ for kind in classes()} == set(drawn())


def test_exit_codes_are_those_of_the_drawing_and_inherited_where_none_is_drawn():
    for kind in classes():
        code, _ = drawn()[kind.__name__]
        assert kind.exit_code == (code if code is not None else kind.__mro__[1].exit_code)


def test_the_drawing_shows_who_inherits_from_whom():
    above: list[str] = []
    for name, (_, depth) in drawn().items():
        above = [*above[:depth], name]
        kind = getattr(errors, name)
        assert [parent.__name__ for parent in reversed(kind.__mro__[:-3])] == above


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({"why": "w", "hint": "h"}, "what\nw\nh"),
        ({"hint": "h"}, "what\nh"),
        ({}, "what"),
    ],
)
def test_an_error_reads_as_what_why_and_hint_on_lines_of_their_own(parts, text):
    assert str(errors.TaskError("what", **parts)) == text
