"""The fixtures of a test: made before it, in the order in which they need each other."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from reason_tui.sandbox.inside import pytest_shim
from reason_tui.sandbox.inside.collecting import FoundTest


def run_with_fixtures(test: FoundTest, space: dict[str, Any]) -> None:
    """Run a test with those of its module that it asks for; generators among them go on afterwards."""
    fixtures = {value.name: value for value in space.values() if isinstance(value, pytest_shim.Fixture)}
    made = dict(test.given)
    open_ones: list[Iterator[Any]] = []
    wanted = [name for name, fixture in fixtures.items() if fixture.autouse]
    wanted += [mark_name for mark in test.marks if mark.name == "usefixtures" for mark_name in mark.args]
    parameters = inspect.signature(test.function).parameters
    for name in (*wanted, *(name for name, each in parameters.items() if each.default is inspect.Parameter.empty)):
        _make(name, fixtures, made, open_ones)
    try:
        test.function(**{name: made[name] for name in parameters if name in made})
    finally:
        for generator in reversed(open_ones):
            next(generator, None)


def _make(name: str, fixtures: dict[str, pytest_shim.Fixture], made: dict[str, Any], open_ones: list[Any]) -> None:
    if name in made:
        return
    if name not in fixtures:
        raise LookupError(f"there is no fixture {name!r} here: pytest's own are not available in the sandbox")
    fixture = fixtures[name]
    needs = inspect.signature(fixture.function).parameters
    for inner in needs:
        _make(inner, fixtures, made, open_ones)
    value = fixture.function(**{inner: made[inner] for inner in needs})
    if inspect.isgenerator(value):
        open_ones.append(value)
        value = next(value)
    made[name] = value
