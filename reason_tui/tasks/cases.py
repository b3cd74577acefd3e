"""Test cases out of syntax trees: a plain call with literals becomes a CallCase, anything else an AssertCase."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection

from reason_tui.tasks.literals import is_literal, one_line_source
from reason_tui.tasks.types import AssertCase, CallCase, TestCase

_BUILTINS = frozenset(dir(builtins))


class NotACaseError(ValueError):
    """Why an example cannot be used as a test."""


def from_assert(node: ast.Assert, source: str, entry_point: str, known: Collection[str] = ()) -> TestCase:
    """The test that an `assert` statement of `source` states. Raises NotACaseError."""
    return from_condition(node.test, source, entry_point, known)


def from_condition(test: ast.expr, source: str, entry_point: str, known: Collection[str] = ()) -> TestCase:
    """The test that says that `test` holds; `known` are names the task's preamble defines. Raises NotACaseError."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = test.left, test.comparators[0]
        is_none = isinstance(test.ops[0], ast.Is) and isinstance(right, ast.Constant) and right.value is None
        if isinstance(test.ops[0], ast.Eq) or is_none:
            for call, expected in ((left, right), (right, left)):
                case = _call_case(call, source, entry_point, one_line_source(expected, source))
                if case is not None:
                    return case
    return assert_case(f"assert {one_line_source(test, source)}", test, entry_point, known)


def from_outcome(node: ast.expr, source: str, entry_point: str, expected: str, known: Collection[str] = ()) -> TestCase:
    """The test that says that the expression `node` gives the literal `expected`. Raises NotACaseError."""
    if not is_literal(expected):
        raise NotACaseError(f"`{expected}` is not a Python literal")
    case = _call_case(node, source, entry_point, expected)
    if case is not None:
        return case
    left = one_line_source(node, source)
    compares = isinstance(node, ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )
    if compares and expected == "True":
        return from_condition(node, source, entry_point, known)
    left = f"({left})" if compares else left
    return assert_case(f"assert {left} == {expected}", node, entry_point, known)


def from_raises(node: ast.expr, source: str, entry_point: str, name: str) -> CallCase:
    """The test that says that the call `node` raises the exception `name`. Raises NotACaseError."""
    arguments = _literal_arguments(node, source, entry_point)
    if arguments is None:
        raise NotACaseError(f"only a plain call of {entry_point} with literal arguments can be expected to raise")
    return CallCase(args=arguments[0], kwargs=arguments[1], raises=name)


def assert_case(source: str, test: ast.expr, entry_point: str, known: Collection[str] = ()) -> AssertCase:
    """The statement `source`, checked: it calls the entry point and needs no name that nobody defines."""
    if not any(isinstance(node, ast.Name) and node.id == entry_point for node in ast.walk(test)):
        raise NotACaseError(f"it does not call {entry_point}")
    unknown = sorted(_free_names(test) - _BUILTINS - {entry_point} - set(known))
    if unknown:
        raise NotACaseError(f"it uses {', '.join(unknown)}, which is not defined")
    return AssertCase(source=source)


def called_names(node: ast.AST) -> list[str]:
    """The plain names that are called in `node`, builtins left out, in order of appearance."""
    calls = [item.func for item in ast.walk(node) if isinstance(item, ast.Call)]
    return [func.id for func in calls if isinstance(func, ast.Name) and func.id not in _BUILTINS]


def _call_case(node: ast.expr, source: str, entry_point: str, expected: str) -> CallCase | None:
    arguments = _literal_arguments(node, source, entry_point)
    if arguments is None or not is_literal(expected):
        return None
    return CallCase(args=arguments[0], kwargs=arguments[1], expected=expected)


def _literal_arguments(node: ast.expr, source: str, entry_point: str) -> tuple[tuple[str, ...], dict[str, str]] | None:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == entry_point):
        return None
    args = tuple(one_line_source(arg, source) for arg in node.args)
    kwargs = {word.arg: one_line_source(word.value, source) for word in node.keywords if word.arg is not None}
    if len(kwargs) != len(node.keywords) or not all(map(is_literal, (*args, *kwargs.values()))):
        return None
    return args, kwargs


def _free_names(node: ast.AST) -> set[str]:
    names = [item for item in ast.walk(node) if isinstance(item, ast.Name)]
    bound = {name.id for name in names if not isinstance(name.ctx, ast.Load)}
    bound |= {item.arg for item in ast.walk(node) if isinstance(item, ast.arg)}
    return {name.id for name in names} - bound
