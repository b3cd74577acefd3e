"""A window with something to read; what it says may come from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from reason_tui.text import one_line
from reason_tui.tui.ink import Line
from reason_tui.tui.widgets.text_pane import TextPane


class ToldScreen(ModalScreen[bool]):
    """True where it was closed by Enter, and that was offered (`yes`)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close(False)", show=False),
        Binding("enter", "close(True)", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[Line], *, yes: str = "", wrapped: bool = True) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._yes = yes
        self._wrapped = wrapped

    def compose(self) -> ComposeResult:
        """One pane that scrolls."""
        with Vertical(id="told-box") as box:
            box.border_title = Content(one_line(self._title))
            box.border_subtitle = f"Enter {self._yes}, Esc does not" if self._yes else "Esc closes"
            yield TextPane(id="told", wrapped=self._wrapped, hang=2)

    def on_mount(self) -> None:
        """Write it."""
        pane = self.query_one(TextPane)
        pane.show(self._lines)
        pane.focus()

    def action_close(self, agreed: bool) -> None:
        """Close it."""
        self.dismiss(agreed and bool(self._yes))
