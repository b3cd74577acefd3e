"""Inputs that tell programs apart: typed mutations of the examples' arguments, else of values by annotation.

Deterministic: the same task gives the same inputs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from reason_tui.programs.seeds import parameters
from reason_tui.tasks.literals import is_literal, literal, parse_module
from reason_tui.tasks.types import AssertCase, CallCase, FunctionCase, Task

COUNT = 30
_ROUNDS = 3
"""Mutations of mutations, where one change of few examples does not give enough."""
_MAX_SOURCE = 2000
_MAX_INT = 10_000
"""Larger numbers are not made larger: a program may count up to its argument."""
_MAX_ITEMS = 64

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def inputs(task: Task, count: int = COUNT) -> tuple[CallCase, ...]:
    """At most `count` distinct calls without expected values; none where nothing is known of the arguments."""
    unique: dict[str, CallCase] = {}
    level = _of_examples(task) or _of_signature(task)
    for _ in range(_ROUNDS):
        fresh: list[Arguments] = []
        for arguments in _interleaved([iter(level), *map(_mutations, level)]):
            case = _case(arguments)
            source = case.call("f")
            if source not in unique and len(source) <= _MAX_SOURCE and _reads_back(case):
                unique[source] = case
                fresh.append(arguments)
            if len(unique) == count:
                return tuple(unique.values())
        level = fresh
    return tuple(unique.values())


def _case(arguments: Arguments) -> CallCase:
    args, kwargs = arguments
    return CallCase(args=tuple(map(repr, args)), kwargs={name: repr(value) for name, value in kwargs.items()})


def _reads_back(case: CallCase) -> bool:
    """Whether every argument is a literal: the repr of an infinite float, for one, is not."""
    return all(map(is_literal, (*case.args, *case.kwargs.values())))


def _interleaved(streams: list[Iterator[Arguments]]) -> Iterator[Arguments]:
    for row in zip_longest(*streams):
        yield from (item for item in row if item is not None)


def _of_examples(task: Task) -> list[Arguments]:
    calls: list[CallCase] = []
    for case in task.visible:
        calls += [case] if isinstance(case, CallCase) else _calls_in(case, task.entry_point or "")
    return [
        (tuple(map(literal, case.args)), {name: literal(value) for name, value in case.kwargs.items()})
        for case in calls
        if _reads_back(case)
    ]


def _calls_in(case: AssertCase | FunctionCase, entry_point: str) -> list[CallCase]:
    found = []
    for node in (item for statement in parse_module(case.source) or () for item in ast.walk(statement)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == entry_point:
            call = CallCase(
                args=tuple(map(ast.unparse, node.args)),
                kwargs={word.arg: ast.unparse(word.value) for word in node.keywords if word.arg},
            )
            if len(call.kwargs) == len(node.keywords):
                found.append(call)
    return found


def _of_signature(task: Task) -> list[Arguments]:
    values = parameters(task.signature) if task.signature else None
    if values is None:
        return []
    rows = max(len(column) for column in values)
    # Columns run at different speeds, so that equal columns are not always given equal values.
    return [
        (tuple(column[(row * (at + 1) + at) % len(column)] for at, column in enumerate(values)), {})
        for row in range(rows)
    ]


def _mutations(base: Arguments) -> Iterator[Arguments]:
    """`base` with one argument changed; the arguments take turns."""
    args, kwargs = base
    by_position = [
        [((*args[:at], changed, *args[at + 1 :]), kwargs) for changed in variants(value)]
        for at, value in enumerate(args)
    ]
    by_name = [[(args, {**kwargs, name: changed}) for changed in variants(value)] for name, value in kwargs.items()]
    yield from _interleaved([iter(found) for found in (*by_position, *by_name)])


def variants(value: Any) -> Iterator[Any]:
    """Values of the same type near `value`."""
    match value:
        case bool():
            yield not value
        case int() | float():
            yield from _numbers(value)
        case str():
            yield from _strings(value)
        case list() | tuple():
            kind = type(value)
            yield from (kind(changed) for changed in _sequences(list(value)))
        case dict():
            yield from _dicts(value)
        case set():
            yield from (set(changed) for changed in _sequences(sorted(value, key=repr)))
        case _:
            return


def _numbers(value: int | float) -> Iterator[int | float]:
    yield from (value + 1, value - 1)
    yield from (type(value)(0), -value)
    if abs(value) <= _MAX_INT:
        yield value * 2


def _strings(value: str) -> Iterator[str]:
    yield from (value[1:], value[::-1], "")
    if len(value) <= _MAX_ITEMS:
        yield value + value
    yield from (value.swapcase(), value[:-1], value + "a", f"{value} b")


def _sequences(value: list[Any]) -> Iterator[list[Any]]:
    yield from (value[1:], value[::-1], [])
    if len(value) <= _MAX_ITEMS:
        yield value + value
    if value:
        yield from ([changed, *value[1:]] for changed in list(variants(value[0]))[:3])
        yield from ([*value[:-1], changed] for changed in list(variants(value[-1]))[:3])
    yield value[:-1]


def _dicts(value: dict[Any, Any]) -> Iterator[dict[Any, Any]]:
    items = list(value.items())
    yield dict(items[1:])
    yield {}
    for key, held in items[:3]:
        yield from ({**value, key: changed} for changed in list(variants(held))[:2])
    yield dict(items[:-1])
