"""A row of a list one chooses from."""

from __future__ import annotations

from rich.text import Text
from textual.widgets.option_list import Option

from reason_tui.tui.ink import Line
from reason_tui.tui.themes import styles


def option(row: Line, theme: str, *, id: str | None = None) -> Option:  # noqa: A002
    """The row, in the colours of the theme."""
    looks = styles(theme)
    return Option(Text.assemble(*((text, looks[style]) for text, style in row), no_wrap=True), id=id)
