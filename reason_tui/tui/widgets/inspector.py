"""All about the node at the cursor, in tabs; under the code its tests, where there is room."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Click, Resize
from textual.widget import Widget

from reason_tui.search.events import ROOT
from reason_tui.search.node import Node
from reason_tui.tui.details import TABS, TARGETS, WRAPPED, Target, changes
from reason_tui.tui.glyphs import LOOKS, Glyphs, generating, state_of
from reason_tui.tui.ink import Line, Span, line
from reason_tui.tui.run import Run
from reason_tui.tui.themes import styles
from reason_tui.tui.widgets.text_pane import TextPane

ROOM_FOR_TESTS = 18
"""Rows from which the tests stand below every other tab."""
ROOM_FOR_MARK = 72
"""Columns from which the title says how the node fares; the tree and the tab Score always do."""


def title(widget: Widget, spans: Line) -> None:
    """Put a line into the frame of a pane, a space on either side (Textual gives one beside a left border)."""
    looks = styles(widget.app.theme)
    begin = "" if widget.styles.border_left[0] else " "
    widget.border_title = Text.assemble(begin, *((text, looks[style]) for text, style in spans), " ", end="")


class Inspector(Vertical):
    """`show` a node; `turn` to another tab."""

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.tab = 0
        self.target: Target = "parent"
        """What the tab Diff compares with."""
        self._glyphs = glyphs
        self._run = Run()
        self._node = ROOT
        self._drawn: object = None
        self._tabs: list[tuple[str, int | None]] = []
        """The pieces of the title, and which tab each names."""

    def compose(self) -> ComposeResult:
        """The tab's pane, and the tests below it."""
        yield TextPane(id="detail", hang=2)
        below = TextPane(id="tests-below", wrapped=True, hang=4)
        below.border_title = " Tests "
        yield below

    @property
    def tab_name(self) -> str:
        """The tab that is open."""
        return TABS[self.tab][0]

    def on_resize(self, event: Resize) -> None:
        """The tests stand below where there is room."""
        self.set_class(event.size.height >= ROOM_FOR_TESTS, "tall")
        self._retitle()

    def turn(self, by: int) -> None:
        """To another tab, round and round."""
        self.tab = (self.tab + by) % len(TABS)
        self.update()

    def turn_target(self) -> Target:
        """Compare with something else; what it is."""
        self.target = TARGETS[(TARGETS.index(self.target) + 1) % len(TARGETS)]
        self.tab = 1
        self.update()
        return self.target

    @property
    def text(self) -> str:
        """What the tab shows."""
        return self.query_one("#detail", TextPane).text

    def on_click(self, event: Click) -> None:
        """A tab's name in the frame opens it."""
        if event.screen_y != self.region.y:
            return
        at = self.region.x + (2 if self.styles.border_left[0] else 1)
        for text, number in self._tabs:
            if number is not None and at <= event.screen_x < at + len(text):
                self.tab = number
                self.update()
                return
            at += len(text)

    def show(self, run: Run, node: int) -> None:
        """Show this node as it is now."""
        self._run, self._node = run, node
        self.update()

    def update(self) -> None:
        """Draw what changed since the last time."""
        node = self.node
        state = self._state(node)
        if state == self._drawn:
            return
        same_page = isinstance(self._drawn, tuple) and self._drawn[:3] == state[:3]
        self._drawn = state
        name, build = TABS[self.tab]
        pane = self.query_one("#detail", TextPane)
        growing = generating(node) and name == "Code"
        at_end = pane.at_end
        lines = (
            changes(node, self._run, self._glyphs, self.target)
            if name == "Diff"
            else build(node, self._run, self._glyphs)
        )
        pane.show(lines, wrapped=name in WRAPPED or self._is_prose(node), keep=same_page)
        if growing and at_end:
            pane.to_end()
        self.query_one("#tests-below", TextPane).show(TABS[2][1](node, self._run, self._glyphs), keep=same_page)
        self.set_class(name == "Tests", "on-tests")
        self._retitle()

    @property
    def node(self) -> Node:
        """The node that is shown."""
        return self._run.node(self._node)

    def _retitle(self) -> None:
        title(self, self._title(self.node))

    def _is_prose(self, node: Node) -> bool:
        return node.id == ROOT and node.program is None

    def _state(self, node: Node) -> tuple[object, ...]:
        """What is drawn depends on this and on nothing else."""
        view = self._run.view
        moving = view.events if self.tab_name == "Score" else 0
        drafted = len(self._run.drafts.get(node.id, ()))
        known = (node.completion is None, node.status, node.verdict is None, self._run.best is node)
        return (
            id(self._run),
            node.id,
            self.tab,
            drafted,
            known,
            moving,
            self.target,
            (node.dead, node.pinned, node.tests, view.tree.tests),
            view.events if node.id == ROOT else 0,
            self.app.theme,
        )

    def _title(self, node: Node) -> Line:
        look, name = LOOKS[state_of(node)], f"n{node.id}" if node.id != ROOT else "root"
        narrow = self.size.width < ROOM_FOR_MARK
        mark = ("", "") if narrow else (f" {self._glyphs.of(state_of(node))} {look.word} ", look.style)
        pad = "" if narrow else " "
        spans: list[Span] = [(name, "title"), mark]
        self._tabs = [(" ", None), (name, None), (mark[0], None)]
        for at, (tab, _) in enumerate(TABS):
            label = f"{pad}{tab}{pad}" if at == self.tab else tab
            spans += [(" ", ""), (label, "chosen" if at == self.tab else "dim")]
            self._tabs += [(" ", None), (label, at)]
        return line(*spans)
