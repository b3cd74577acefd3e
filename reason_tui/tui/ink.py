"""Lines of styled text, the only way in which panes show anything: what goes in is cleaned, whoever wrote it.

A style is a name here; what it looks like depends on the theme (`themes.py`). The names are the keys of
`themes.STYLES`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from reason_tui.text import clean

Span = tuple[str, str]
"""Text and the name of its style; "" is plain."""
Line = tuple[Span, ...]

TAB = 4
MAX_LINE = 2_000
"""Characters of one line that are kept: more is no text for a reader, and costs every frame."""


def line(*spans: Span | str) -> Line:
    """One line. Newlines and other controls inside a span are written as escapes."""
    return tuple(_span(span) for span in spans if span)


def _span(span: Span | str) -> Span:
    text, style = (span, "") if isinstance(span, str) else span
    return _flat(text), style


def _flat(text: str) -> str:
    if len(text) > MAX_LINE:
        text = f"{text[:MAX_LINE]}… ({len(text) - MAX_LINE:,} more)"
    return clean(text).replace("\t", " " * TAB).replace("\n", "\\n")


def lines(text: str, style: str = "") -> list[Line]:
    """Every line of a text in one style."""
    return [line((row, style)) if row else () for row in clean(text).split("\n")]


def plain(spans: Line) -> str:
    """The text alone."""
    return "".join(text for text, _ in spans)


def width(spans: Line) -> int:
    """Cells on the screen."""
    return sum(cell_len(text) for text, _ in spans)


def fit(text: str, cells: int, align: str = "<") -> str:
    """`text` in exactly `cells` cells, cut with an ellipsis or padded."""
    have = cell_len(text)
    if have > cells:
        return set_cell_size(text, cells - 1) + "…" if cells > 0 else ""
    pad = " " * (cells - have)
    return pad + text if align == ">" else text + pad


def cut(spans: Line, cells: int) -> Line:
    """The line in at most `cells` cells, with an ellipsis where something is missing."""
    if width(spans) <= cells:
        return spans
    kept: list[Span] = []
    left = max(cells - 1, 0)
    for text, style in spans:
        if cell_len(text) > left:
            kept.append((set_cell_size(text, left) + "…", style))
            break
        kept.append((text, style))
        left -= cell_len(text)
    return tuple(kept)


def join(parts: Iterable[Line], separator: Span = ("  ", "")) -> Line:
    """Lines side by side, empty ones left out."""
    joined: list[Span] = []
    for part in parts:
        if not part:
            continue
        if joined:
            joined.append(separator)
        joined += part
    return tuple(joined)


def spread(left: Line, right: Line, cells: int) -> Line:
    """`left` and `right` at the two ends of a line; `left` is cut where both do not fit."""
    room = cells - width(right)
    if room < 8:
        return cut(left, cells)
    left = cut(left, room - 1)
    return (*left, (" " * (room - width(left)), ""), *right)


@lru_cache(maxsize=20_000)
def wrap(spans: Line, cells: int, hang: int = 0) -> tuple[Line, ...]:
    """The line on as many lines of `cells` as it needs, broken at spaces; `hang` cells in from the second."""
    if cells <= hang + 4 or width(spans) <= cells:
        return (spans,)
    rows: list[list[Span]] = [[]]
    used = 0
    for text, style in spans:
        for word in _words(text):
            size = cell_len(word)
            if used + size > cells and used > hang and size <= cells - hang:
                rows[-1:] = [rows[-1], [(" " * hang, "")]]
                used, word = hang, word.lstrip(" ")
                size = cell_len(word)
            while used + size > cells:
                end = _fitting(word, cells - used)
                rows[-1].append((word[:end], style))
                rows.append([(" " * hang, "")])
                word, used = word[end:], hang
                size = cell_len(word)
            rows[-1].append((word, style))
            used += size
    return tuple(tuple(row) for row in rows)


def _fitting(word: str, cells: int) -> int:
    """How many characters of `word`, which does not fit as a whole, fit into `cells`."""
    used = 0
    for at, character in enumerate(word):
        used += cell_len(character)
        if used > cells:
            return at
    return len(word)


def _words(text: str) -> list[str]:
    """The text in pieces that may stand on different lines, each with the spaces before it."""
    pieces: list[str] = []
    for part in text.split(" "):
        pieces.append(part if not pieces else f" {part}")
    return pieces
