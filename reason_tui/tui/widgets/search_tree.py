"""The search tree. Draws the rows in sight and nothing else: a node more costs no more, however many there are."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from reason_tui.search.events import ROOT, SearchSettings
from reason_tui.tui.bindings import bindings
from reason_tui.tui.forest import Forest, Row
from reason_tui.tui.glyphs import Glyphs
from reason_tui.tui.rows import heading, node_row, version
from reason_tui.tui.run import Run
from reason_tui.tui.widgets.sign import strip

HEADING = 1
"""Rows above the tree that do not scroll."""


class SearchTree(ScrollView, can_focus=True):
    """Rows of a run, a cursor, folds. `update` after the run changed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("tree")

    class Moved(Message):
        """The cursor is on another node. `by_user`: a key or the mouse moved it."""

        def __init__(self, node: int, *, by_user: bool) -> None:
            super().__init__()
            self.node = node
            self.by_user = by_user

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.cursor = ROOT
        self._glyphs = glyphs
        self._run = Run()
        self._settings = SearchSettings()
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(2000)
        self._page: dict[int, Row] = {}

    @property
    def forest(self) -> Forest:
        """The rows."""
        return self._run.forest

    def update(self, run: Run, settings: SearchSettings) -> None:
        """Show this run as it is now."""
        if run is not self._run:
            self._run, self.cursor = run, ROOT
            self._strips.clear()
        self._settings = settings
        if self.cursor not in run.forest:
            self.cursor = ROOT
        self._page.clear()
        self.virtual_size = Size(0, len(run.forest) + HEADING)
        self.refresh()

    def go(self, node: int, *, by_user: bool = False) -> None:
        """Put the cursor on a node, unfolding what hides it."""
        if node not in self.forest:
            return
        self.forest.reveal(node)
        self._changed_rows()
        self._move(node, by_user=by_user)

    def _move(self, node: int, *, by_user: bool = True) -> None:
        if node != self.cursor:
            self.cursor = node
            self.post_message(self.Moved(node, by_user=by_user))
        self._show_cursor()
        self.refresh()

    def _show_cursor(self) -> None:
        row, shown = self.forest.row_of(self.cursor), max(self.size.height - HEADING, 1)
        top = round(self.scroll_y)
        if row < top:
            self.scroll_to(y=row, animate=False, force=True)
        elif row >= top + shown:
            self.scroll_to(y=row - shown + 1, animate=False, force=True)

    def _changed_rows(self) -> None:
        self._page.clear()
        self.virtual_size = Size(0, len(self.forest) + HEADING)
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor in sight."""
        del event
        self._page.clear()
        self._show_cursor()

    # Drawing.

    def render_line(self, y: int) -> Strip:
        """The heading, or a row in sight."""
        cells = self.scrollable_content_region.width
        if y < HEADING:
            drawn = strip(heading(cells, self._run), self.app.theme)
            return drawn.apply_style(self.rich_style).adjust_cell_length(cells, self.rich_style)
        row = self._row(round(self.scroll_y) + y - HEADING)
        if row is None:
            return Strip.blank(cells, self.rich_style)
        return self._drawn(row, cells)

    def _row(self, number: int) -> Row | None:
        """A row in sight; the whole page is looked up at once."""
        if not self._page:
            top = min(round(self.scroll_y), len(self.forest) - 1)
            found = self.forest.rows(top, self.size.height)
            self._page = {top + offset: row for offset, row in enumerate(found)}
        return self._page.get(number)

    def _drawn(self, row: Row, cells: int) -> Strip:
        chosen = row.node == self.cursor
        known = version(row, self._run, self._settings.exploration)
        key = (known, chosen, chosen and self.has_focus, cells, self.app.theme)
        drawn = self._strips.get(key)
        if drawn is None:
            spans = node_row(row, self._run, self._settings, self._glyphs, cells)
            base = self._base(chosen)
            drawn = strip(spans, self.app.theme).apply_style(base).adjust_cell_length(cells, base)
            self._strips[key] = drawn
        return drawn

    def _base(self, chosen: bool) -> Style:
        """The cursor is a coloured row; where another pane has the focus, a paler one."""
        if not chosen:
            return self.rich_style
        return self.get_component_rich_style("tree--cursor" if self.has_focus else "tree--blurred")

    COMPONENT_CLASSES = {"tree--cursor", "tree--blurred"}  # noqa: RUF012

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other rows are in sight."""
        super().watch_scroll_y(old_value, new_value)
        self._page.clear()

    # Keys and mouse.

    def _by(self, rows: int) -> None:
        row = min(max(self.forest.row_of(self.cursor) + rows, 0), len(self.forest) - 1)
        self._move(self.forest.node_at(row))

    def action_up(self) -> None:
        """The row above."""
        self._by(-1)

    def action_down(self) -> None:
        """The row below."""
        self._by(1)

    def action_top(self) -> None:
        """The first row."""
        self._by(-len(self.forest))

    def action_bottom(self) -> None:
        """The last row."""
        self._by(len(self.forest))

    def action_page_up(self) -> None:
        """A page up."""
        self._by(1 - max(self.size.height - HEADING, 2))

    def action_page_down(self) -> None:
        """A page down."""
        self._by(max(self.size.height - HEADING, 2) - 1)

    def to_match(self, by: int) -> None:
        """To the next row that the filter let through by itself."""
        rows, run = len(self.forest), self._run
        at = self.forest.row_of(self.cursor)
        for step in range(1, rows):
            node = self.forest.node_at((at + by * step) % rows)
            if run.arranging.lets_through(node):
                self._move(node)
                return

    def action_fold(self) -> None:
        """Hide what is below; where there is nothing to hide, go to the parent."""
        if self.forest.fold(self.cursor):
            self._run.rollup.by_hand(self.cursor, folded=True)
            self._changed_rows()
        elif (parent := self.forest.parent(self.cursor)) is not None:
            self._move(parent)

    def action_unfold(self) -> None:
        """Show what is below; where it is shown, go to the first child."""
        if self.forest.unfold(self.cursor):
            self._run.rollup.by_hand(self.cursor, folded=False)
            self._changed_rows()
        elif (child := self.forest.first_child(self.cursor)) is not None:
            self._move(child)

    def action_fold_toggle(self) -> None:
        """Hide or show what is below."""
        folded = self.forest.fold(self.cursor)
        if folded or self.forest.unfold(self.cursor):
            self._run.rollup.by_hand(self.cursor, folded=folded)
            self._changed_rows()

    def on_click(self, event: events.Click) -> None:
        """The cursor goes to the row; a second click folds it."""
        row = round(self.scroll_y) + event.y - HEADING
        if event.y < HEADING or row >= len(self.forest):
            return
        node = self.forest.node_at(row)
        if event.chain > 1 and node == self.cursor:
            self.action_fold_toggle()
        else:
            self._move(node)
