"""A few fixed lines: the header, the line of keys, a banner."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.segment import Segment
from textual.events import Resize
from textual.strip import Strip
from textual.widget import Widget

from reason_tui.tui.ink import Line, cut
from reason_tui.tui.themes import styles

Draw = Callable[[int], Sequence[Line]]
"""The lines for a width."""


def strip(spans: Line, theme: str) -> Strip:
    """A line as Textual draws it."""
    looks = styles(theme)
    return Strip([Segment(text, looks.get(style)) for text, style in spans])


class Sign(Widget):
    """Draws the lines that a function gives for its width; as high as they are."""

    DEFAULT_CSS = "Sign { height: auto; width: 1fr; }"

    def __init__(self, draw: Draw, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._draw = draw
        self.rows: tuple[Line, ...] = ()
        """What is shown now."""

    def update(self) -> None:
        """Ask the function again, and draw what changed."""
        if not self.size.width:
            return
        rows = tuple(self._draw(self.size.width))
        if rows != self.rows:
            resized = len(rows) != len(self.rows)
            self.rows = rows
            self.refresh(layout=resized)

    def on_resize(self, event: Resize) -> None:
        """Another width, another text."""
        del event
        self.update()

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As many lines as there are for this width."""
        del container, viewport
        self.rows = tuple(self._draw(width)) if width else ()
        return len(self.rows)

    def render_line(self, y: int) -> Strip:
        """One of the lines."""
        width = self.size.width
        if y >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        drawn = strip(cut(self.rows[y], width), self.app.theme)
        return drawn.apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)
