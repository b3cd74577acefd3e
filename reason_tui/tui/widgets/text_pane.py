"""A pane of lines that can be scrolled: code, tests, the log. Only what is seen is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.events import MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from reason_tui.tui.bindings import bindings
from reason_tui.tui.ink import Line, plain, width, wrap
from reason_tui.tui.widgets.sign import strip


class TextPane(ScrollView, can_focus=True):
    """Lines made by `ink.line`, which is what keeps foreign text from the terminal.

    `wrapped` breaks long lines at the pane's width, `hang` cells in; else they scroll to the side. With `tail` the
    pane stays at its end as long as the reader is there.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("text")

    def __init__(self, *, id: str | None = None, wrapped: bool = False, hang: int = 0, tail: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self._source: list[Line] = []
        self._rows: list[Line] = []
        self._wrapped = wrapped
        self._hang = hang
        self._tails = tail
        self._tail = tail
        """Whether it stays at its end now: until the reader scrolls up, and again when they are back there."""
        self._widest = 0
        self._made_for = 0

    @property
    def text(self) -> str:
        """Everything in the pane, as it was given."""
        return "\n".join(plain(row) for row in self._source)

    @property
    def lines(self) -> list[Line]:
        """What is in the pane, line by line."""
        return self._source

    def show(self, lines: Sequence[Line], *, wrapped: bool | None = None, keep: bool = True) -> None:
        """Show these lines; `keep` where the reader is, or go to the beginning."""
        if wrapped is not None:
            self._wrapped = wrapped
        self._source = list(lines)
        self._rebuild()
        if not keep:
            self.scroll_to(0, 0, animate=False)

    def append(self, lines: Iterable[Line], limit: int) -> None:
        """Add lines at the end; of more than `limit` the oldest go."""
        new = list(lines)
        self._source += new
        if len(self._source) > limit + limit // 4:
            self._source = self._source[-limit:]
            self._rebuild()
        else:
            for row in new:
                self._add(row)
            self._measure()
        if self._tail:
            self.to_end()

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        resized = super()._size_updated(size, virtual_size, container_size, layout)
        if resized and self._tail:
            self.to_end()
        return resized

    @property
    def at_end(self) -> bool:
        """Whether the last line is in sight."""
        return self.scroll_y >= self.max_scroll_y - 1

    def to_end(self) -> None:
        """Show the last line."""
        self.scroll_to(0, max(len(self._rows) - self.scrollable_content_region.height, 0), animate=False, force=True)

    def _add(self, row: Line) -> None:
        if self._wrapped and self._made_for:
            self._rows += wrap(row, self._made_for, self._hang)
        else:
            self._rows.append(row)
            self._widest = max(self._widest, width(row))

    def _rebuild(self) -> None:
        self._rows, self._widest = [], 0
        self._made_for = self.scrollable_content_region.width
        for row in self._source:
            self._add(row)
        self._measure()

    def _measure(self) -> None:
        self.virtual_size = Size(0 if self._wrapped else self._widest, len(self._rows))
        self.refresh()

    def on_resize(self, event: Resize) -> None:
        """Break the lines anew."""
        del event
        if self.scrollable_content_region.width != self._made_for:
            self._rebuild()
        if self._tail:
            self.to_end()
            self.call_after_refresh(self.to_end)  # the height to scroll by may not be settled yet

    def render_line(self, y: int) -> Strip:
        """One row of what is in sight."""
        left, top = self.scroll_offset
        if self._tail:  # wherever the scrolling is by now
            top = max(len(self._rows) - self.scrollable_content_region.height, 0)
        cells = self.scrollable_content_region.width
        row = top + y
        if row >= len(self._rows):
            return Strip.blank(cells, self.rich_style)
        drawn = strip(self._rows[row], self.app.theme)
        if left or drawn.cell_length > cells:
            drawn = self._cropped(drawn, left, cells)
        return drawn.apply_style(self.rich_style).adjust_cell_length(cells, self.rich_style)

    def _cropped(self, drawn: Strip, left: int, cells: int) -> Strip:
        """The part in sight, with an ellipsis where the line goes on."""
        if drawn.cell_length <= left + cells:
            return drawn.crop(left, left + cells)
        more = strip((("…", "dim"),), self.app.theme)
        return Strip.join([drawn.crop(left, left + cells - 1), more])

    def _by(self, rows: int) -> None:
        self.scroll_relative(y=rows, animate=False)
        self._tail = self._tails and rows > 0 and self.scroll_target_y + rows >= self.max_scroll_y

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The reader looks back."""
        del event
        self._tail = False

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The reader may be back at the end."""
        del event
        self._tail = self._tails and self.at_end

    def action_text_up(self) -> None:
        """One row up."""
        self._by(-1)

    def action_text_down(self) -> None:
        """One row down."""
        self._by(1)

    def action_text_left(self) -> None:
        """To the left."""
        self.scroll_relative(x=-8, animate=False)

    def action_text_right(self) -> None:
        """To the right."""
        self.scroll_relative(x=8, animate=False)

    def action_text_top(self) -> None:
        """To the first row."""
        self._tail = False
        self.scroll_to(0, 0, animate=False)

    def action_text_bottom(self) -> None:
        """To the last row, and stay there."""
        self._tail = self._tails
        self.to_end()

    def action_text_page_up(self) -> None:
        """A page up."""
        self._by(1 - self.size.height)

    def action_text_page_down(self) -> None:
        """A page down."""
        self._by(self.size.height - 1)
