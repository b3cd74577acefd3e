"""Visible tests in prose: `>>>` examples, asserts, and lines such as `f(1) == 2`, `f(1) -> 2`, `f(1) returns 2`.

Lenient: what cannot be understood is left out. Nothing is executed.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import islice

from reason_tui.tasks import doctests
from reason_tui.tasks.cases import NotACaseError, called_names, from_assert, from_condition, from_outcome, from_raises
from reason_tui.tasks.literals import (
    balanced_end,
    is_literal,
    literal_prefix,
    one_line_source,
    parse_expression,
    parse_module,
)
from reason_tui.tasks.types import CallCase, TestCase

# Runs of white space are bounded: two of them in a row would be tried in every combination.
ARROW = re.compile(
    r"[ \t`]{0,40}(?:\#\s{0,8})?"
    r"(?P<sign>==>|=>|==|-->|->|➞|→|⇒|=|:?\s{1,8}(?:should\s{1,8})?"
    r"(?:(?:returns?|be|equals?|gives?|yields?|is)\b(?!\s{1,8}not\b)|raises?\b))"
    r"[ \t]{0,40}:?\s?[ \t`]{0,40}"
)
_SUM = re.compile(r"[-+*/%.()\d\s]*=\s*(-?\d+(?:\.\d+)?)\s*$")
_AFTER = re.compile(r"\s*(?:$|[#;`(]|[.,:!](?:\s|$)|(?:and|because|since|as|but|while|whereas|for)\b)")
_BULLET = re.compile(r"^\s*(?:[-*•]\s+|\d+[.)]\s+)?`?")
_CALL = re.compile(r"(?<![\w.])(?<!def )([A-Za-z_]\w*)\(")
_MAX_ASSERT_LINES = 20
_MAX_CALLS = 200
_MAX_CALLS_A_LINE = 20


def find(text: str, entry_point: str, known: Collection[str] = ()) -> tuple[TestCase, ...]:
    """The tests of `entry_point` that `text` states, in order, each call once.

    `known` are names that the task's preamble defines.
    """
    examples, rest = doctests.find(text)
    cases = [*_from_doctests(examples, entry_point, known)]
    in_asserts, rest = _asserts(rest, entry_point, known)
    cases += in_asserts
    cases += _lines(rest, entry_point, known)
    unique: dict[str, TestCase] = {}
    for case in cases:
        unique.setdefault(case.call(entry_point) if isinstance(case, CallCase) else case.source, case)
    return tuple(unique.values())


def called(text: str) -> str | None:
    """The name that the examples of `text` call most often, the first of equals; None without examples."""
    examples, rest = doctests.find(text)
    names: list[str] = []
    for example in examples:
        node = parse_expression(example.source)
        names += called_names(node) if node is not None else []
    for line in rest.split("\n"):
        names += _called_in_line(line)
    counts = Counter(names)
    return max(counts, key=lambda name: counts[name], default=None)


def _called_in_line(line: str) -> list[str]:
    stripped = _BULLET.sub("", line).strip().rstrip("`")
    if stripped.startswith("assert "):
        body = parse_module(stripped)
        return called_names(body[0]) if body else []
    node = parse_expression(stripped)
    if isinstance(node, ast.Compare):
        return called_names(node)
    return [
        name
        for match in islice(_CALL.finditer(line), _MAX_CALLS_A_LINE)
        if (end := balanced_end(line, match.end() - 1)) is not None
        and ARROW.match(line, end)
        and (call := parse_expression(line[match.start() : end])) is not None
        for name in called_names(call)[:1]
    ]


def _from_doctests(examples: list[doctests.Doctest], entry_point: str, known: Collection[str]) -> Iterator[TestCase]:
    silent_is_none = any(example.want for example in examples)
    values: dict[str, ast.expr] = {}
    for example in examples:
        if _assignment(example.source, values):
            continue
        filled = doctests.Doctest(substitute(example.source, values), example.want, example.line)
        try:
            yield doctests.to_case(filled, entry_point, known, silent_is_none=silent_is_none)
        except NotACaseError:
            continue


def _assignment(source: str, values: dict[str, ast.expr]) -> bool:
    """Note `name = expression` in `values`; whether `source` is one."""
    body = parse_module(source)
    if not body or not isinstance(body[0], ast.Assign):
        return False
    target = body[0].targets[0]
    if isinstance(target, ast.Name):
        values[target.id] = body[0].value
    return True


def substitute(source: str, values: dict[str, ast.expr]) -> str:
    """`source` with the names in `values` replaced by their expressions; unchanged if it names none of them."""
    node = parse_expression(source)
    if node is None or not any(isinstance(item, ast.Name) and item.id in values for item in ast.walk(node)):
        return source
    return ast.unparse(Filler(values).visit(node))


class Filler(ast.NodeTransformer):
    """Replaces names by expressions."""

    def __init__(self, values: dict[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The expression that stands for this name, or the name."""
        return self._values.get(node.id, node) if isinstance(node.ctx, ast.Load) else node


def _asserts(text: str, entry_point: str, known: Collection[str]) -> tuple[list[TestCase], str]:
    """The tests in `assert` statements, and the text without them."""
    lines = text.split("\n")
    cases: list[TestCase] = []
    for start, line in enumerate(lines):
        if not _BULLET.sub("", line).startswith("assert "):
            continue
        for end in range(start + 1, min(start + 1 + _MAX_ASSERT_LINES, len(lines) + 1)):
            source = _BULLET.sub("", "\n".join(lines[start:end])).strip().rstrip("`")
            body = parse_module(source)
            if body is None or len(body) != 1 or not isinstance(body[0], ast.Assert):
                continue
            with contextlib.suppress(NotACaseError):
                cases.append(from_assert(body[0], source, entry_point, known))
            lines[start:end] = [""] * (end - start)
            break
    return cases, "\n".join(lines)


def _lines(text: str, entry_point: str, known: Collection[str]) -> list[TestCase]:
    """The tests in lines of prose."""
    cases: list[TestCase] = []
    kept: list[str] = []
    for line in text.split("\n"):
        case = _whole_line(_BULLET.sub("", line).strip().rstrip("`."), entry_point, known)
        if case is not None:
            cases.append(case)
        kept.append("" if case is not None else line)
    return cases + list(_calls("\n".join(kept), entry_point))


def _whole_line(line: str, entry_point: str, known: Collection[str]) -> TestCase | None:
    """The test in a line that is nothing but a comparison, e.g. `sorted(f(2)) == [1]`."""
    node = parse_expression(line) if "==" in line else None
    if not isinstance(node, ast.Compare):
        return None
    try:
        return from_condition(node, line, entry_point, known)
    except NotACaseError:
        return None


def _calls(text: str, entry_point: str) -> Iterator[TestCase]:
    recursive = re.search(rf"^[ \t]*{re.escape(entry_point)}\([a-z]\)[ \t]*=[^=>]", text, re.MULTILINE) is not None
    calls = re.finditer(rf"(?<![\w.])(?<!def ){re.escape(entry_point)}\(", text)
    for match in islice(calls, _MAX_CALLS):
        end = balanced_end(text, match.end() - 1)
        arrow = ARROW.match(text, end) if end is not None else None
        if end is None or arrow is None or (recursive and arrow["sign"] == "="):
            continue  # `f(n) = f(n-1) + 1` defines a sequence: its `f(1) = 3` need not be what the function returns
        source = text[match.start() : end]
        node = parse_expression(source)
        if node is None:
            continue
        try:
            case = _outcome(node, source, entry_point, arrow["sign"], text[arrow.end() :])
        except NotACaseError:
            continue
        if isinstance(case, CallCase):
            yield case


def _outcome(node: ast.expr, source: str, entry_point: str, sign: str, after: str) -> TestCase:
    if "raise" in sign:
        named = re.match(r"(?:an?\s+)?`?([A-Z]\w*)", after)
        if named is None:
            raise NotACaseError("no exception is named")
        return from_raises(node, source, entry_point, named.group(1))
    expected = expected_value(after)
    if expected is None:
        raise NotACaseError("no literal follows")
    return from_outcome(node, source, entry_point, expected)


def expected_value(after: str) -> str | None:
    """The literal that `after` begins with, where nothing but a comment, punctuation or a reason follows it.

    `19 - 5 - 6 = 8` is 8.
    """
    line = after.split("\n", 1)[0].strip().rstrip("`.")
    chain = _SUM.match(line)
    if chain:
        return chain.group(1)
    whole = parse_expression(line)
    if whole is not None and is_literal(line):
        value = one_line_source(whole, line)  # without a comment behind it
        bracketed = value.startswith("(") and balanced_end(value, 0) == len(value)
        return f"({value})" if isinstance(whole, ast.Tuple) and not bracketed else value
    found = literal_prefix(after)
    if found is None:
        return None
    value, rest = found
    if not _AFTER.match(rest.split("\n", 1)[0]):
        return None
    node = parse_expression(value)
    return ast.unparse(node) if "\n" in value and node is not None else value
