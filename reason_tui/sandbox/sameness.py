"""When a value is the expected one.

Values are compared as `==` compares them in an assert (1 == True == 1.0, a list is no tuple), with one addition: a
not-a-number equals a not-a-number, at any depth of lists, tuples and dictionaries.
"""

from __future__ import annotations

from typing import Any

from reason_tui.sandbox.inside.values import OpaqueError


def same(got: Any, expected: Any, *, sequences: bool = False) -> bool:
    """`got == expected`, and NaN equal to NaN; with `sequences` a tuple equals a list with the same members."""
    try:
        if sequences:
            got, expected = _lists(got), _lists(expected)
        if got == expected:
            return True
        if isinstance(expected, float):
            return isinstance(got, float) and got != got and expected != expected
        if type(got) is not type(expected):
            return False
        if isinstance(expected, (list, tuple)):
            return len(got) == len(expected) and all(map(same, got, expected))
        if isinstance(expected, dict):
            return got.keys() == expected.keys() and all(same(got[key], expected[key]) for key in expected)
    except (RecursionError, OpaqueError):
        return False
    return False


def _lists(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_lists(part) for part in value]
    return {key: _lists(part) for key, part in value.items()} if isinstance(value, dict) else value
