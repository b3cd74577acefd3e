"""Python in colours, line by line, without a parser: Pygments comes with Textual. Highlighted once per text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from reason_tui.text import clean
from reason_tui.tui.ink import Line, Span, line

if TYPE_CHECKING:
    from pygments.lexer import Lexer  # type: ignore[import-untyped]

_CODE = re.compile(r"\s*(?:def|class|import|from|@|async def)\b")
_EXAMPLE = re.compile(r"(\s*(?:>>>|\.\.\.) ?)(.*)|(\s*assert\b.*)")
_MAX = 20_000


@lru_cache(maxsize=256)
def python(code: str) -> tuple[Line, ...]:
    """The lines of a program; plain where it is too long to be worth it."""
    text = clean(code)
    if len(text) > _MAX:
        return tuple(line(row) for row in text.split("\n"))
    rows: list[list[Span]] = [[]]
    for token, value in _lex(text):
        style = _style(token)
        first, *others = value.split("\n")
        rows[-1].append((first, style))
        for other in others:
            rows.append([(other, style)])
    return tuple(line(*(span for span in row if span[0])) for row in rows)


@lru_cache(maxsize=64)
def prompt(text: str) -> tuple[Line, ...]:
    """The lines of a prompt: code and examples in colours, prose plain.

    Code is what stands from the first line that looks like a definition on, as developers paste it, and examples.
    The text is not cleaned: an editor does that for itself, and lengths must stay as they are.
    """
    rows = text.split("\n")
    start = next((at for at, row in enumerate(rows) if _CODE.match(row)), len(rows))
    if len(text) > _MAX:
        return tuple(((row, ""),) for row in rows)
    code = _raw_rows("\n".join(rows[start:])) if start < len(rows) else []
    return (*(_prose(row) for row in rows[:start]), *code)


def _prose(row: str) -> Line:
    match = _EXAMPLE.fullmatch(row)
    if match is None:
        return ((row, ""),)
    if match[3] is not None:
        return _raw_rows(match[3])[0]
    return ((match[1], "comment"), *_raw_rows(match[2])[0])


def _raw_rows(code: str) -> list[Line]:
    rows: list[list[Span]] = [[]]
    for token, value in _lex(code):
        first, *others = value.split("\n")
        rows[-1].append((first, _style(token)))
        for other in others:
            rows.append([(other, _style(token))])
    return [tuple(row) for row in rows]


def _lex(code: str) -> list[tuple[str, str]]:
    """Token names and texts, which add up to `code`."""
    lexer = _lexer()
    return [(str(token), value) for _, token, value in lexer.get_tokens_unprocessed(code)]


@lru_cache(maxsize=1)
def _lexer() -> Lexer:
    from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]

    return PythonLexer()


_STYLES = (
    ("Token.Comment", "comment"),
    ("Token.Keyword", "keyword"),
    ("Token.Operator.Word", "keyword"),
    ("Token.Literal.String", "string"),
    ("Token.Literal.Number", "number"),
    ("Token.Name.Function", "name"),
    ("Token.Name.Class", "name"),
    ("Token.Name.Builtin", "builtin"),
    ("Token.Name.Exception", "builtin"),
    ("Token.Name.Decorator", "builtin"),
    ("Token.Generic.Prompt", "comment"),
)


@lru_cache(maxsize=256)
def _style(token: str) -> str:
    return next((style for begin, style in _STYLES if token.startswith(begin)), "")
