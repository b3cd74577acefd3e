"""Tests that a user typed or keeps in a file. Strict: what cannot be understood is an error that names the line."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterator

from reason_tui.errors import TaskError
from reason_tui.tasks import doctests, examples
from reason_tui.tasks.cases import NotACaseError, from_assert, from_condition
from reason_tui.tasks.literals import balanced_end, parse_module
from reason_tui.tasks.testmodule import is_test_module, read_module, tested
from reason_tui.tasks.types import CallCase, TestCase

FORMS = (
    "Write one test a line: `f(1) == 2`, `f(1) -> 2`, `f(-1) raises ValueError`, `assert f(1) == 2`, a `>>> f(1)` "
    "example, or one JSON list [[[1], 2], ...] of [arguments, expected]."
)


def read_tests(
    text: str, entry_point: str | None, known: Collection[str] = (), program: str | None = None
) -> tuple[tuple[TestCase, ...], str | None]:
    """The tests, and the entry point (the name they call, where it was not known).

    `known` are names that the task's preamble defines; `program` is the name by which tests import the program, where
    it has one. Raises TaskError naming the line.
    """
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    if text.lstrip().startswith("["):
        return tuple(_json(text, entry_point)), entry_point
    body = is_test_module(text)
    name = entry_point or next(iter(tested(text)), None) or examples.called(text)
    if body is not None:
        numbered = list(read_module(body, name, program, _Reader(text, name or "", known).plain))
        _refuse_contradictions(text, name or "", numbered)
        return tuple(case for _, case in numbered), name
    if name is None:
        line = next((at for at, line in enumerate(text.split("\n"), 1) if line.strip()), 1)
        raise _error(text, line, _why_no_test(text.split("\n")[line - 1], "it calls no function by name"))
    numbered = list(_Reader(text, name, known).read())
    _refuse_contradictions(text, name, numbered)
    return tuple(case for _, case in numbered), name


def _refuse_contradictions(text: str, entry_point: str, numbered: list[tuple[int, TestCase]]) -> None:
    seen: dict[str, tuple[int, str]] = {}
    for line, case in numbered:
        if isinstance(case, CallCase):
            first, stated = seen.setdefault(case.call(entry_point), (line, case.describe(entry_point)))
            if stated != case.describe(entry_point):
                raise _error(text, line, f"line {first} says otherwise: {stated}")


def _error(text: str, line: int, why: str) -> TaskError:
    lines = text.split("\n")
    shown = lines[line - 1].strip() if line <= len(lines) else ""
    return TaskError(f"Test line {line} cannot be used: {shown[:100]}", why=f"{why[0].upper()}{why[1:]}.", hint=FORMS)


def _json(text: str, entry_point: str | None) -> Iterator[CallCase]:
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise _error(text, getattr(error, "lineno", 1), f"it is not JSON: {error}") from None
    if entry_point is None:
        raise TaskError(
            "The tests do not say which function they are for.",
            why="A JSON list holds arguments and expected values only.",
            hint="Name the function in the prompt, e.g. `def f(x):` or `f(x)`.",
        )
    for number, entry in enumerate(entries, 1):
        if not (isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], list)):
            raise TaskError(f"Test {number} cannot be used.", why="It is not [[arguments...], expected].", hint=FORMS)
        yield CallCase(args=tuple(map(repr, entry[0])), expected=repr(entry[1]))


class _Reader:
    """Reads tests from the top down; `_values` are the names that were given a value on the way."""

    def __init__(self, text: str, entry_point: str, known: Collection[str]) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._entry_point = entry_point
        self._known = known
        self._values: dict[str, ast.expr] = {}

    def read(self) -> Iterator[tuple[int, TestCase]]:
        """Every test with the number of its line. Raises TaskError."""
        at = 0
        while at < len(self._lines):
            line = self._lines[at].strip()
            if not line or line.startswith(("#", "```", '"""', "'''")):
                at += 1
                continue
            start = at
            try:
                at, cases = self._doctest(at) if line.startswith(">>>") else self._statement(at)
            except NotACaseError as error:
                raise _error(self._text, start + 1, str(error)) from None
            yield from ((start + 1, case) for case in cases)

    def plain(self, node: ast.stmt) -> list[TestCase]:
        """The cases that one statement of the text states. Raises NotACaseError."""
        if not self._entry_point:
            raise NotACaseError("no function is known")
        return self._case(node, self._text)

    def _doctest(self, at: int) -> tuple[int, list[TestCase]]:
        example, end = doctests.take(self._lines, at)
        body = parse_module(example.source)
        if body and isinstance(body[0], ast.Assign | ast.Import | ast.ImportFrom):
            return end, self._cases(body, example.source)
        source = examples.substitute(example.source, self._values)
        filled = doctests.Doctest(source, example.want, example.line)
        return end, [doctests.to_case(filled, self._entry_point, self._known)]

    def _statement(self, at: int) -> tuple[int, list[TestCase]]:
        for end in range(at + 1, len(self._lines) + 1):
            if end < len(self._lines) and self._lines[end][:1] in (" ", "\t", ")", "]", "}"):
                continue
            source = "\n".join(self._lines[at:end]).strip()
            body = parse_module(source)
            if body:
                return end, self._cases(body, source)
            if _complete(source):
                break
        return at + 1, [self._arrow(self._lines[at].strip())]

    def _arrow(self, line: str) -> TestCase:
        cases = examples.find(line, self._entry_point, self._known)
        if len(cases) != 1:
            raise NotACaseError(_why_no_test(line, f"it is no call of {self._entry_point} with an expected value"))
        return cases[0]

    def _cases(self, body: list[ast.stmt], source: str) -> list[TestCase]:
        cases: list[TestCase] = []
        for node in body:
            cases += self._case(node, source)
        return cases

    def _case(self, node: ast.stmt, source: str) -> list[TestCase]:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
            return []
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test") and not node.args.args:
            return self._cases(node.body, source)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self._values[node.targets[0].id] = self._filled(node.value)
            return []
        if isinstance(node, ast.Assert):
            if self._values:
                test = self._filled(node.test)
                return [from_condition(test, ast.unparse(test), self._entry_point, self._known)]
            return [from_assert(node, source, self._entry_point, self._known)]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Compare):
            return [from_condition(node.value, source, self._entry_point, self._known)]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return []
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            raise NotACaseError("it says no expected value")
        raise NotACaseError(f"it is no call of {self._entry_point} with an expected value")

    def _filled(self, node: ast.expr) -> ast.expr:
        return ast.parse(examples.substitute(ast.unparse(node), self._values), mode="eval").body


def _why_no_test(line: str, otherwise: str) -> str:
    return otherwise if _complete(line) else "a bracket in it is never closed"


def _complete(source: str) -> bool:
    """Whether every bracket is closed, so that more lines cannot complete it."""
    at = 0
    while (found := re.compile(r"[^(\[{]*[(\[{]").match(source, at)) is not None:
        end = balanced_end(source, found.end() - 1)
        if end is None:
            return False
        at = end
    return True
