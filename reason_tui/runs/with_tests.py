"""A program with its visible tests beside it, as a file that pytest runs; it needs nothing but Python, and what
test functions of the user's import."""

from __future__ import annotations

import ast
import builtins

from reason_tui.tasks.types import CallCase, FunctionCase, Task, TestCase


def with_tests(task: Task, program: str) -> str:
    """`program`, then one function for each visible test."""
    tests = [_function(number, case, task) for number, case in enumerate(task.visible, start=1)]
    return "\n\n".join([program.rstrip() + "\n", *(test for test in tests if test)])


def _function(number: int, case: TestCase, task: Task) -> str:
    if isinstance(case, FunctionCase):
        return _beside(case)
    if isinstance(case, CallCase):
        body = _call(case, task.entry_point)
    else:
        body = [f"assert {case.source.removeprefix('assert').strip()}"]
    if not body:
        return ""
    return "\n".join([f"def test_{number}():", *(f"    {line}" for line in body)]) + "\n"


def _beside(case: FunctionCase) -> str:
    """A test function with what it needs, which imports the program no more: it stands in the same file."""
    parts: list[str] = []
    for node in ast.parse(case.source).body:
        if isinstance(node, ast.ImportFrom) and node.module in case.modules:
            continue
        if isinstance(node, ast.Import) and node.names[0].name in case.modules:
            name = (node.names[0].asname or node.names[0].name).partition(".")[0]
            parts.append(f"{name} = __import__('sys').modules[__name__]")
            continue
        parts.append(ast.unparse(node))
    return "\n".join(parts) + "\n"


def _call(case: CallCase, entry_point: str | None) -> list[str]:
    if entry_point is None:
        return []
    call = case.call(entry_point)
    if case.raises is not None:
        return _raises(call, case.raises)
    return [call] if case.expected is None else [f"assert {call} == {case.expected}"]


def _raises(call: str, name: str) -> list[str]:
    known = isinstance(getattr(builtins, name, None), type)
    caught = name if known else "Exception as error"
    return [
        "try:",
        f"    {call}",
        f"except {caught}:",
        "    pass" if known else f"    assert type(error).__name__ == {name!r}",
        "else:",
        f"    raise AssertionError({f'{call} should raise {name}'!r})",
    ]
