"""First values of a type, to try programs on when a task has no examples."""

from __future__ import annotations

import ast
from typing import Any

from reason_tui.tasks.literals import parse_expression, parse_module

_INTS = (0, 1, 2, 5, -3, 10, 17)
_FLOATS = (0.0, 1.5, -2.25, 3.0, 10.75)
_STRINGS = ("", "a", "abc", "Hello World", "level", "3 apples", "zZ9")
_BY_NAME = {
    "str": ("s", "string", "text", "word", "sentence", "txt", "message", "name", "line", "char", "prefix", "substring"),
    "list[int]": ("lst", "arr", "array", "l", "nums", "numbers", "xs", "ys", "items", "values", "seq", "elements"),
    "list[str]": ("words", "strings", "names", "lines"),
    "dict[str, int]": ("d", "dict", "mapping", "counts", "table"),
    "list[list[int]]": ("grid", "matrix", "rows"),
}
_TYPE_OF_NAME = {name: kind for kind, names in _BY_NAME.items() for name in names}


def parameters(signature: str) -> list[list[Any]] | None:
    """For each required parameter of a `def` line a few values, by its annotation, else by its name.

    None where the signature cannot be read, or takes a type we know no values of.
    """
    body = parse_module(f"{signature.rstrip()} pass")
    if not body or not isinstance(function := body[0], ast.FunctionDef):
        return None
    arguments = function.args
    required = [*arguments.posonlyargs, *arguments.args]
    required = required[: len(required) - len(arguments.defaults)]
    found = [_of_parameter(arg) for arg in required]
    return None if not required or any(not values for values in found) else found


def guess(name: str) -> str | None:
    """The type that a parameter of this name usually has; None for names that say nothing."""
    return _TYPE_OF_NAME.get(name.lower().rstrip("0123456789"))


def _of_parameter(arg: ast.arg) -> list[Any]:
    if arg.annotation is not None:
        return _of_type(arg.annotation)
    return _of_type(ast.parse(guess(arg.arg) or "int", mode="eval").body)


def _of_type(node: ast.expr) -> list[Any]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        written = parse_expression(node.value)
        return [] if written is None else _of_type(written)
    if isinstance(node, ast.BinOp):
        return [*_of_type(node.left), *_of_type(node.right)]
    if isinstance(node, ast.Constant) and node.value is None:
        return [None]
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _generic(_name(node.value), [_of_type(item) for item in inner])
    return _plain(_name(node))


def _name(node: ast.expr) -> str:
    return node.attr.lower() if isinstance(node, ast.Attribute) else getattr(node, "id", "").lower()


def _plain(name: str) -> list[Any]:
    match name:
        case "int":
            return list(_INTS)
        case "float" | "complex" | "number":
            return list(_FLOATS)
        case "bool":
            return [True, False]
        case "str":
            return list(_STRINGS)
        case "any":
            return [*_INTS[:3], *_STRINGS[1:4]]
        case "list" | "tuple" | "set" | "sequence" | "iterable" | "collection" | "dict" | "mapping":
            return _generic(name, [list(_INTS)])
        case _:
            return []


def _generic(name: str, inner: list[list[Any]]) -> list[Any]:
    if not inner or any(not values for values in inner):
        return []
    first = inner[0]
    lists = [[], first[1:2], first[:4], first[::-1], first[2:5] + first[2:4]]
    match name:
        case "list" | "sequence" | "iterable" | "collection":
            return lists
        case "set" | "frozenset":
            return [set(values) for values in lists] if all(map(_hashable, first)) else []
        case "tuple":
            return [tuple(values[at % len(values)] for values in inner) for at in range(4)]
        case "dict" | "mapping":
            keys = first if len(inner) > 1 else list(_STRINGS[1:4])
            pairs = list(zip(keys, inner[-1], strict=False)) if all(map(_hashable, keys)) else []
            return [{}, dict(pairs[:1]), dict(pairs[:3]), dict(pairs)]
        case "optional":
            return [*first, None]
        case "union":
            return [value for values in inner for value in values]
        case _:
            return []


def _hashable(value: Any) -> bool:
    return not isinstance(value, list | dict | set)
