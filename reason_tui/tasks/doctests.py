"""The `>>>` examples of a text."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass

from reason_tui.tasks.cases import NotACaseError, from_condition, from_outcome, from_raises
from reason_tui.tasks.literals import is_literal, literal_prefix, parse_expression
from reason_tui.tasks.types import TestCase

_PROMPT = re.compile(r"^[ \t]*>>>(?: |$)")
_MORE = re.compile(r"^[ \t]*\.\.\.(?: |$)")
_MAX_LINES = 100
_EXCEPTION = re.compile(r"^(?:\w+\.)*([A-Z]\w*)(?::|$)")


@dataclass(frozen=True)
class Doctest:
    """What was typed after `>>>` and `...`, what was shown below it, and the number of its first line (from 1)."""

    source: str
    want: str
    line: int


def find(text: str) -> tuple[list[Doctest], str]:
    """The examples, and the text with their lines left empty."""
    lines = text.split("\n")
    found: list[Doctest] = []
    at = 0
    while at < len(lines):
        if not _PROMPT.match(lines[at]):
            at += 1
            continue
        example, end = take(lines, at)
        found.append(example)
        lines[at:end] = [""] * (end - at)
        at = end
    return found, "\n".join(lines)


def take(lines: list[str], start: int) -> tuple[Doctest, int]:
    """The example that begins at `start`, and the line after it.

    Its output ends at a blank line, at the next `>>>`, or where a literal is complete: prose may follow at once.
    """
    source = [_PROMPT.sub("", lines[start])]
    at = start + 1
    while at < len(lines) and _MORE.match(lines[at]):
        source.append(_MORE.sub("", lines[at]))
        at += 1
    want: list[str] = []
    prints = source[0].startswith("print(")
    while at < len(lines) and lines[at].strip() and not _PROMPT.match(lines[at]) and not _is_fence(lines[at]):
        want.append(lines[at].strip())
        at += 1
        if len(want) == _MAX_LINES or (not prints and is_literal("\n".join(want))):
            break
    return Doctest("\n".join(source).strip(), "\n".join(want), start + 1), at


def _is_fence(line: str) -> bool:
    return line.strip().startswith("```")


def to_case(
    example: Doctest, entry_point: str, known: Collection[str] = (), *, silent_is_none: bool = False
) -> TestCase:
    """The test that an example states. Raises NotACaseError.

    An example without output is an expression that must hold (`f(1) == 2`) or, where `silent_is_none`, as in Python's
    own doctest, a call that returns None.
    """
    node = parse_expression(example.source)
    if node is None:
        raise NotACaseError("it is not a Python expression")
    printed = _print_argument(node)
    if printed is not None:
        source = f"str({ast.unparse(printed)})"
        return from_outcome(_expression(source), source, entry_point, repr(example.want), known)
    if example.want:
        return _with_output(node, example, entry_point, known)
    if isinstance(node, ast.Call):
        if not silent_is_none:
            raise NotACaseError("it says no expected value")
        return from_outcome(node, example.source, entry_point, "None", known)
    if not isinstance(node, ast.Compare):
        raise NotACaseError("it says no expected value")
    return from_condition(node, example.source, entry_point, known)


def _with_output(node: ast.expr, example: Doctest, entry_point: str, known: Collection[str]) -> TestCase:
    lines = example.want.split("\n")
    if lines[0].startswith("Traceback"):
        named = _EXCEPTION.match(lines[-1])
        if named is None:
            raise NotACaseError("its traceback names no exception")
        return from_raises(node, example.source, entry_point, named.group(1))
    value = _leading_literal(lines)
    if value is None:
        raise NotACaseError(f"`{lines[0]}` is not a Python literal")
    return from_outcome(node, example.source, entry_point, value, known)


def _leading_literal(lines: list[str]) -> str | None:
    """The literal that the output begins with, on as many lines as it takes; prose may stand below it."""
    found = literal_prefix("\n".join(lines))
    if found is None:
        return None
    value, rest = found
    if rest.split("\n", 1)[0].strip() not in ("", ".") and not rest.lstrip().startswith("#"):
        return None
    return ast.unparse(_expression(value)) if "\n" in value else value


def _print_argument(node: ast.expr) -> ast.expr | None:
    """What is printed, where `node` prints one value."""
    is_print = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    if is_print and isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        return node.args[0]
    return None


def _expression(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body
