"""The tree as a picture or a page: every row as the screen has it, in the colours of its theme."""

from __future__ import annotations

from html import escape

from rich.cells import cell_len

from reason_tui.tui.glyphs import Glyphs
from reason_tui.tui.ink import Line, width
from reason_tui.tui.rows import heading, node_row
from reason_tui.tui.run import Run
from reason_tui.tui.themes import PAPER, styles

COLUMNS = 110
MAX_ROWS = 20_000
_CELL, _ROW, _SIZE = 8.4, 19, 14


def rows_of(run: Run, glyphs: Glyphs) -> list[Line]:
    """The heading and every row that is not folded away."""
    found = run.forest.rows(0, min(len(run.forest), MAX_ROWS))
    return [heading(COLUMNS, run), *(node_row(row, run, run.settings, glyphs, COLUMNS) for row in found)]


def html(lines: list[Line], theme: str, title: str) -> str:
    """A page with nothing but text in it."""
    theme = PAPER.get(theme, theme)
    body = "\n".join("".join(_span(text, style, theme) for text, style in row) for row in lines)
    ground, ink = _grounds(theme)
    look = f"background:{ground};color:{ink};font:14px monospace"
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f'<body style="{look}"><pre>\n{body}\n</pre></body></html>\n'
    )


def _span(text: str, style: str, theme: str) -> str:
    return f'<span style="{_css(style, theme)}">{escape(text)}</span>'


def svg(lines: list[Line], theme: str, title: str) -> str:
    """A picture; its text can be searched."""
    theme = PAPER.get(theme, theme)
    ground, ink = _grounds(theme)
    wide = max(map(width, lines), default=0) * _CELL + 24
    high = len(lines) * _ROW + 24
    drawn = "\n".join(_row(row, 24 + at * _ROW, theme) for at, row in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high}" width="{wide:.0f}" height="{high}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="100%" height="100%" fill="{ground}"/>\n'
        f'<g font-family="monospace" font-size="{_SIZE}" fill="{ink}" xml:space="preserve">\n{drawn}\n</g></svg>\n'
    )


def _row(row: Line, y: int, theme: str) -> str:
    drawn, at = [], 0
    for text, style in row:
        cells = cell_len(text)
        if text.strip():
            place = f'x="{12 + at * _CELL:.1f}" y="{y}" textLength="{cells * _CELL:.1f}"'
            drawn.append(f'<text {place} style="{_css(style, theme)}">{escape(text)}</text>')
        at += cells
    return "".join(drawn)


def _css(style: str, theme: str) -> str:
    look = styles(theme)[style]
    parts = []
    if look.color is not None and look.color.triplet is not None:
        parts.append(f"color:{look.color.triplet.hex};fill:{look.color.triplet.hex}")
    if look.bold:
        parts.append("font-weight:bold")
    if look.italic:
        parts.append("font-style:italic")
    return ";".join(parts)


def _grounds(theme: str) -> tuple[str, str]:
    """Background and text."""
    strong = styles(theme)["strong"].color
    dark = strong is None or strong.triplet is None or sum(strong.triplet) > 380
    return ("#11151a", "#d7dde4") if dark else ("#fbfaf7", "#20262d")
