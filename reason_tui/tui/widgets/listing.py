"""A list of rows with a cursor, drawn again as often as one likes. Only what is seen is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from reason_tui.tui.bindings import bindings
from reason_tui.tui.ink import Line, cut
from reason_tui.tui.widgets.sign import strip

Row = tuple[str, Line]
"""What the row stands for, and how it reads."""


class Listing(ScrollView, can_focus=True):
    """`show` gives it rows; the cursor stays with what it stands for, wherever that went."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("list")
    COMPONENT_CLASSES: ClassVar[set[str]] = {"listing--cursor", "listing--blurred"}

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, listing: Listing, row: str) -> None:
            super().__init__()
            self.listing = listing
            self.row = row

        @property
        def control(self) -> Listing:
            """Which list it was."""
            return self.listing

    class Opened(Moved):
        """Enter, or a second click."""

    def __init__(self, *, id: str | None = None, empty: Line = ()) -> None:  # noqa: A002
        super().__init__(id=id)
        self._rows: list[Row] = []
        self._at = 0
        self._empty = empty

    @property
    def row(self) -> str | None:
        """What is at the cursor."""
        return self._rows[self._at][0] if self._rows else None

    def show(self, rows: Sequence[Row]) -> None:
        """These rows from now on."""
        if list(rows) == self._rows:
            return
        before, self._rows = self.row, list(rows)
        names = [name for name, _ in self._rows]
        self._at = names.index(before) if before in names else max(min(self._at, len(names) - 1), 0)
        self.virtual_size = Size(0, len(self._rows))
        self.refresh()
        if self.row is not None and self.row != before:
            self.post_message(self.Moved(self, self.row))

    def go(self, name: str) -> None:
        """The cursor to this row, if it is there."""
        names = [row for row, _ in self._rows]
        if name in names:
            self._move(names.index(name))

    def _move(self, at: int) -> None:
        at = max(min(at, len(self._rows) - 1), 0)
        if at != self._at:
            self._at = at
            self.post_message(self.Moved(self, self._rows[at][0]))
        self._show_cursor()
        self.refresh()

    def _show_cursor(self) -> None:
        top, height = round(self.scroll_y), max(self.size.height, 1)
        if self._at < top:
            self.scroll_to(y=self._at, animate=False, force=True)
        elif self._at >= top + height:
            self.scroll_to(y=self._at - height + 1, animate=False, force=True)

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor in sight."""
        del event
        self._show_cursor()

    def render_line(self, y: int) -> Strip:
        """A row in sight, or what is said where there are none."""
        cells = self.scrollable_content_region.width
        at = round(self.scroll_y) + y
        if not self._rows and y == 0:
            drawn = strip(cut(self._empty, cells), self.app.theme)
            return drawn.apply_style(self.rich_style).adjust_cell_length(cells, self.rich_style)
        if at >= len(self._rows):
            return Strip.blank(cells, self.rich_style)
        base = self._base(at == self._at)
        drawn = strip(cut(self._rows[at][1], cells), self.app.theme)
        return drawn.apply_style(base).adjust_cell_length(cells, base)

    def _base(self, chosen: bool) -> Style:
        if not chosen:
            return self.rich_style
        return self.get_component_rich_style("listing--cursor" if self.has_focus else "listing--blurred")

    def on_focus(self) -> None:
        """The cursor is drawn as one."""
        self.refresh()

    def on_blur(self) -> None:
        """Paler."""
        self.refresh()

    # Keys and mouse.

    def action_list_up(self) -> None:
        """The row above."""
        self._move(self._at - 1)

    def action_list_down(self) -> None:
        """The row below."""
        self._move(self._at + 1)

    def action_list_top(self) -> None:
        """The first row."""
        self._move(0)

    def action_list_bottom(self) -> None:
        """The last row."""
        self._move(len(self._rows) - 1)

    def action_list_open(self) -> None:
        """What the row stands for."""
        if self.row is not None:
            self.post_message(self.Opened(self, self.row))

    def on_click(self, event: events.Click) -> None:
        """The cursor goes to the row; a second click opens it."""
        at = round(self.scroll_y) + event.y
        if at < len(self._rows):
            self._move(at)
            if event.chain > 1:
                self.action_list_open()
