"""What a program defines and uses, by its syntax tree."""

from __future__ import annotations

import ast

from reason_tui.tasks.literals import parse_module, quiet


def parse(source: str) -> ast.Module | None:
    """The module, or None where `source` is not Python."""
    body = parse_module(source)
    return None if body is None else ast.Module(body=body, type_ignores=[])


def longest_prefix(lines: list[str]) -> str:
    """The longest beginning of `lines` that parses, blank lines at its end left out; empty if none does."""
    end = len(lines)
    while end > 0:
        try:
            with quiet():
                ast.parse("\n".join(lines[:end]))
        except SyntaxError as error:
            # No prefix that holds the offending line can parse.
            end = min(end - 1, (error.lineno or end) - 1)
        except (ValueError, RecursionError, MemoryError):
            end -= 1
        else:
            break
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
