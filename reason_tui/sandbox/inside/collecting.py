"""Finds test functions as pytest would: by name, each row of its parameters one test."""

from __future__ import annotations

import inspect
import itertools
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from reason_tui.sandbox.inside import pytest_shim
from reason_tui.sandbox.inside.showing import brief

_MAX_TESTS = 2000
_MAX_ID = 60


class FoundTest:
    """One function with one row of its parameters."""

    def __init__(
        self, name: str, function: Callable[..., Any], given: dict[str, Any], marks: list[pytest_shim.Mark]
    ) -> None:
        self.name, self.function, self.given, self.marks = name, function, given, marks


def collect(space: dict[str, Any]) -> list[FoundTest]:
    """The tests of a module that was executed into `space`, in its order; _MAX_TESTS at most."""
    return _with_names_of_their_own(itertools.islice(_collect(space), _MAX_TESTS))


def _with_names_of_their_own(tests: Iterable[FoundTest]) -> list[FoundTest]:
    """Rows that are called alike are told apart: no test may be taken for another one."""
    seen: dict[str, FoundTest] = {}
    for test in tests:
        name, number = test.name, 1
        while test.name in seen:
            test.name, number = f"{name}#{number}", number + 1
        seen[test.name] = test
    return list(seen.values())


def _collect(space: dict[str, Any]) -> Iterator[FoundTest]:
    for name, value in list(space.items()):
        if name.startswith("test") and isinstance(value, types.FunctionType):
            yield from _rows(name, value, pytest_shim.marks_of(value))
        elif name.startswith("Test") and isinstance(value, type):
            for inner, method in list(vars(value).items()):
                if inner.startswith("test") and isinstance(method, types.FunctionType):
                    marks = [*pytest_shim.marks_of(value), *pytest_shim.marks_of(method)]
                    yield from _rows(f"{name}::{inner}", _bound(value, method), marks)


def _bound(kind: type, method: Callable[..., Any]) -> Callable[..., Any]:
    """The method on an object of its own, as a function of its other parameters."""

    def call(**given: Any) -> None:
        value = kind()
        setup = getattr(value, "setup_method", None)
        if setup is not None:
            setup()
        method(value, **given)

    parameters = list(inspect.signature(method).parameters.values())[1:]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return call


def _rows(name: str, function: Callable[..., Any], marks: list[pytest_shim.Mark]) -> Iterator[FoundTest]:
    rows: list[tuple[list[str], dict[str, Any], list[pytest_shim.Mark]]] = [([], {}, [])]
    for mark in reversed([mark for mark in marks if mark.name == "parametrize"]):
        rows = [
            ([*ids, label], {**given, **values}, [*own, *more])
            for ids, given, own in rows
            for label, values, more in _parameters(*mark.args, **mark.kwargs)
        ]
    for ids, given, own in rows:
        yield FoundTest(f"{name}[{'-'.join(ids)}]" if ids else name, function, given, [*marks, *own])


def _parameters(
    argnames: Any, argvalues: Any, ids: Any = None, **_: Any
) -> Iterator[tuple[str, dict[str, Any], list[pytest_shim.Mark]]]:
    names = [name.strip() for name in argnames.split(",")] if isinstance(argnames, str) else list(argnames)
    for at, value in enumerate(argvalues):
        row = value if isinstance(value, pytest_shim.Param) else None
        values = row.values if row is not None else tuple(value) if len(names) > 1 else (value,)
        if len(values) != len(names):
            raise ValueError(f"parametrize names {len(names)} values and gives {len(values)}")
        label = row.id if row is not None else None
        if label is None and ids is not None:
            label = ids(value) if callable(ids) else list(ids)[at]
        label = "-".join(map(_label, values)) if label is None else str(label)
        yield label[:_MAX_ID], dict(zip(names, values, strict=True)), [] if row is None else row.marks


def _label(value: object) -> str:
    return value if isinstance(value, str) else brief(value)
