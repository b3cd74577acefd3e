"""Python literals in the middle of other text. Nothing here executes what it reads."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

MAX_LENGTH = 10_000
"""Characters of the longest call or value that is looked for in prose: what is longer is no example."""
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_STRING = re.compile(
    r"""(?i:[rbu]|rb|br)?(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'(?:[^\\'\n]|\\.)*'|"(?:[^\\"\n]|\\.)*")""",
    re.DOTALL,
)
_PLAIN = re.compile(r"""[^()\[\]{}'"rbuRBU]+|[rbuRBU](?!['"rbRB])""")
_SCALAR = re.compile(r"[-+]?\s*(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?j?(?![\w.]*\w)|[A-Za-z]+\b", re.IGNORECASE)
_CONSTANTS = {"true": "True", "false": "False", "none": "None", "null": "None"}
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What parsing foreign text may raise."""


def parse_module(source: str) -> list[ast.stmt] | None:
    """The statements, or None where `source` is not Python."""
    found = try_module(source)
    return found if isinstance(found, list) else None


def try_module(source: str) -> list[ast.stmt] | SyntaxError:
    """The statements, or why `source` is not Python."""
    try:
        with quiet():
            return ast.parse(source).body
    except SyntaxError as error:
        return error
    except UNPARSABLE as error:
        return SyntaxError(str(error))


def parse_expression(source: str) -> ast.expr | None:
    """The expression, or None where `source` is none."""
    try:
        with quiet():
            return ast.parse(source.strip(), mode="eval").body
    except UNPARSABLE:
        return None


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps Python from printing warnings about the foreign code that is parsed inside (`"\\w"`)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def literal(source: str) -> Any:
    """The value of a literal. Raises ValueError where `source` is none."""
    node = parse_expression(source)
    if node is None:
        raise ValueError("not an expression")
    try:
        return ast.literal_eval(node)
    except (TypeError, RecursionError, MemoryError) as error:  # {[]: 1}, and what is too deep
        raise ValueError(str(error)) from None


def is_literal(source: str) -> bool:
    """Whether `source` is a literal: numbers, strings, bytes, None, bools and containers of them."""
    try:
        literal(source)
    except ValueError:
        return False
    return True


def one_line_source(node: ast.expr, source: str) -> str:
    """The text of `node` in `source`, on one line."""
    segment = ast.get_source_segment(source, node) or ast.unparse(node)
    return ast.unparse(node) if "\n" in segment else segment


def balanced_end(text: str, start: int, longest: int = MAX_LENGTH) -> int | None:
    """The index after the bracket that closes the one at `start`, strings respected.

    None if it stays open for `longest` characters.
    """
    expected: list[str] = []
    at = start
    end = min(len(text), start + longest)
    while at < end:
        skipped = _PLAIN.match(text, at, end) or _STRING.match(text, at, end)
        if skipped:
            at = skipped.end()
            continue
        char = text[at]
        at += 1
        if char in _CLOSES:
            expected.append(_CLOSES[char])
        elif char in _CLOSES.values():
            if not expected or expected.pop() != char:
                return None
            if not expected:
                return at
    return None


def literal_prefix(text: str) -> tuple[str, str] | None:
    """The literal that `text` begins with and the rest, e.g. `[1] # one` -> (`[1]`, ` # one`); None without one.

    `true`, `false` and `null`, as other languages write them, become Python's.
    """
    string = _STRING.match(text)
    end: int | None
    if string:
        end = string.end()
    elif text[:1] in _CLOSES:
        end = balanced_end(text, 0)
    else:
        scalar = _SCALAR.match(text)
        end = scalar.end() if scalar else None
    if end is None:
        return None
    found = text[:end].strip()
    found = _CONSTANTS.get(found.lower(), found)
    return (found, text[end:]) if is_literal(found) else None
