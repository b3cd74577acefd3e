"""What a program defines and uses, by its syntax tree."""

from __future__ import annotations

import ast
from functools import lru_cache

from reason_tui.tasks.literals import try_module

_REMEMBERED = 32
SHORT = 16_000
"""Characters up to which something is remembered of a text: its tree takes a hundred times the text's memory."""


def parse(source: str) -> ast.Module | None:
    """The module, or None where `source` is not Python. It may be shared with other callers: only to be read."""
    found = _parsed(source)
    return found if isinstance(found, ast.Module) else None


def parse_anew(source: str) -> ast.Module | None:
    """`parse` for a caller that changes the module."""
    found = _parse(source)
    return found if isinstance(found, ast.Module) else None


def _parsed(source: str) -> ast.Module | SyntaxError:
    return _remembered(source) if len(source) <= SHORT else _parse(source)


def _parse(source: str) -> ast.Module | SyntaxError:
    found = try_module(source)
    if isinstance(found, SyntaxError):
        return found.with_traceback(None)  # which would keep alive what it went through
    return ast.Module(body=found, type_ignores=[])


_remembered = lru_cache(_REMEMBERED)(_parse)
"""One reply is looked at from several sides, and the task's own text for every reply."""


def longest_prefix(lines: list[str]) -> str:
    """The longest beginning of `lines` that parses, blank lines at its end left out; empty if none does."""
    end = len(lines)
    while end > 0:
        found = _parsed("\n".join(lines[:end]))
        if isinstance(found, ast.Module):
            break
        # No prefix that holds the offending line can parse.
        end = min(end - 1, (found.lineno or end) - 1)
    return "\n".join(lines[: max(end, 0)]).rstrip()


def binds(node: ast.stmt) -> set[str]:
    """The names that a top-level statement defines."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Import() | ast.ImportFrom():
            return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        case _:
            return {
                item.id for item in ast.walk(node) if isinstance(item, ast.Name) and not isinstance(item.ctx, ast.Load)
            }


def defined(module: ast.Module) -> set[str]:
    """The names that a module defines at its top level."""
    return {name for node in module.body for name in binds(node)}


def used(node: ast.AST) -> set[str]:
    """The names that are read anywhere in `node`."""
    return {item.id for item in ast.walk(node) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Load)}
