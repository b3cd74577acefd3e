"""A file of test functions, as pytest users write them: each that is no plain list of asserts becomes a FunctionCase.

A case stands by itself: the function, and of the rest of the file what it needs.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator

from reason_tui.errors import TaskError
from reason_tui.tasks.cases import NotACaseError
from reason_tui.tasks.literals import parse_module
from reason_tui.tasks.types import FunctionCase, TestCase

_PROVIDED = frozenset((*sys.stdlib_module_names, "pytest", "numpy"))
_Function = ast.FunctionDef | ast.ClassDef
Plain = Callable[[ast.stmt], list[TestCase]]
"""The cases that a statement states plainly. Raises NotACaseError."""


def is_test_module(text: str) -> list[ast.stmt] | None:
    """Its statements, if `text` is a Python file with test functions in it."""
    body = parse_module(text)
    return body if body and any(map(_is_test, body)) else None


def tested(text: str) -> list[str]:
    """The names that a file of tests imports from the program, in order; empty where it is no such file."""
    body = is_test_module(text) or []
    names = (
        alias.name
        for node in body
        if isinstance(node, ast.ImportFrom) and (node.level or _root(node.module) not in _PROVIDED)
        for alias in node.names
    )
    return [name for name in dict.fromkeys(names) if name != "*"]


def read_module(
    body: list[ast.stmt], entry_point: str | None, program: str | None, plain: Plain
) -> Iterator[tuple[int, TestCase]]:
    """Every test with the number of its line.

    `program` is the name of the module under test, where it is known. Raises TaskError for a file that imports others.
    """
    body = [_absolute(node, program) for node in body]
    modules = tuple(dict.fromkeys(name for node in body for name in _foreign(node, entry_point, program)))
    for node in body:
        if not _is_test(node):
            if isinstance(node, ast.Assert | ast.Assign | ast.Expr) and not _makes_something(node):
                yield from ((node.lineno, case) for case in _stated(node, plain))
            continue
        assert isinstance(node, _Function)
        cases = _stated(node, plain) if _is_bare(node) else []
        yield from ((node.lineno, case) for case in cases)
        if not cases:
            yield node.lineno, FunctionCase(name=node.name, source=_excerpt(node, body), modules=modules)


def _is_test(node: ast.stmt) -> bool:
    if isinstance(node, ast.ClassDef):
        return node.name.startswith("Test") or any(ast.unparse(base).endswith("TestCase") for base in node.bases)
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test")


def _is_bare(node: _Function) -> bool:
    bare = isinstance(node, ast.FunctionDef) and not node.decorator_list and not node.args.args
    return bare and not any(map(_makes_something, node.body))


def _makes_something(node: ast.stmt) -> bool:
    """Whether a name is given to what a call returns: to write the call where the name stands would be another test."""
    return isinstance(node, ast.Assign) and any(isinstance(item, ast.Call) for item in ast.walk(node.value))


def _stated(node: ast.stmt, plain: Plain) -> list[TestCase]:
    try:
        return plain(node)
    except NotACaseError:
        return []


def _absolute(node: ast.stmt, program: str | None) -> ast.stmt:
    """An import relative to a package as one from beside the test file."""
    if not isinstance(node, ast.ImportFrom) or not node.level:
        return node
    if node.module is None and program is not None and [alias.name for alias in node.names] == [program]:
        return ast.copy_location(ast.Import(node.names), node)
    return ast.copy_location(ast.ImportFrom(node.module or ".", node.names, 0), node)


def _foreign(node: ast.stmt, entry_point: str | None, program: str | None) -> Iterator[str]:
    """The modules imported in `node` that stand for the program. Raises TaskError for any that cannot."""
    for item in ast.walk(node):
        if isinstance(item, ast.Import):
            names = {alias.name: {alias.asname or alias.name} for alias in item.names}
        elif isinstance(item, ast.ImportFrom):
            names = {item.module or ".": {alias.name for alias in item.names}}
        else:
            continue
        for name, imported in names.items():
            if _root(name) in _PROVIDED and name != program:
                continue
            known = name.split(".")[-1] == program if program is not None else _may_be_it(imported, name, entry_point)
            if not known:
                raise _refused(item.lineno, name, program)
            yield name


def _may_be_it(imported: set[str], name: str, entry_point: str | None) -> bool:
    return entry_point is None or entry_point in imported or "*" in imported or imported == {name}


def _refused(line: int, name: str, program: str | None) -> TaskError:
    under_test = f"`{program}`, the program under test" if program else "the program under test"
    return TaskError(
        f"Test line {line} cannot be used: it imports {name}.",
        why=f"Tests run away from your files: only {under_test}, the standard library, pytest and numpy are there.",
        hint="Copy what the tests need of it into the test file.",
    )


def _root(name: str | None) -> str:
    return (name or "").partition(".")[0]


def _excerpt(test: _Function, body: list[ast.stmt]) -> str:
    """The test after those statements of its file that it needs, one way or another."""
    needed: dict[int, ast.stmt] = {}
    wanted = _names(test)
    while True:
        more = {
            at: node
            for at, node in enumerate(body)
            if at not in needed and node is not test and (_bound(node) & wanted or _holds_for_all(node))
        }
        if not more:
            break
        needed |= more
        wanted = wanted.union(*map(_names, more.values()))
    parts = [ast.unparse(needed[at]) for at in sorted(needed) if not _is_test(needed[at])]
    return "\n".join([*parts, "", ast.unparse(test)]).strip() + "\n"


def _holds_for_all(node: ast.stmt) -> bool:
    """Whether a statement works on every test of its file: fixtures that nobody asks for, marks, `import *`."""
    if isinstance(node, ast.FunctionDef):
        return any("autouse=True" in ast.unparse(decorator) for decorator in node.decorator_list)
    return "pytestmark" in _bound(node) or "*" in _bound(node)


def _names(node: ast.AST) -> set[str]:
    """The names that `node` reads; parameters are among them, since fixtures are asked for by those."""
    names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
    return names | {item.arg for item in ast.walk(node) if isinstance(item, ast.arg)}


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)}
    imports = (item for item in ast.walk(node) if isinstance(item, ast.Import | ast.ImportFrom))
    return names | {(alias.asname or alias.name).split(".")[0] for item in imports for alias in item.names}
