"""One line at the bottom that asks for words: a hint, a filter, a speed. Enter gives them, Esc does not."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from reason_tui.text import clean
from reason_tui.tui.ink import Line, line
from reason_tui.tui.widgets.sign import Sign


class Bar(Horizontal):
    """Hidden until it asks."""

    class Given(Message):
        """What was written. `done`: Enter was pressed; else it may still change."""

        def __init__(self, purpose: str, text: str, *, done: bool) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text
            self.done = done

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.purpose = ""
        self._label = ""

    def compose(self) -> ComposeResult:
        """What is asked, and where it is written."""
        yield Sign(self._said, id="bar-label")
        yield Input(id="bar-input", compact=True, select_on_focus=False)

    def _said(self, cells: int) -> list[Line]:
        del cells
        return [line((f" {self._label} › ", "key"))]

    def ask(self, purpose: str, label: str, value: str = "", placeholder: str = "") -> None:
        """Show the line with this in it, and type there."""
        self.purpose, self._label = purpose, label
        self.display = True
        sign, field = self.query_one("#bar-label", Sign), self.query_one(Input)
        sign.styles.width = len(label) + 4
        sign.update()
        with field.prevent(Input.Changed):
            field.value = clean(value)  # the name of an adapter may be anyone's, and is drawn as it is
        field.placeholder = placeholder
        field.cursor_position = len(field.value)
        field.focus()

    def close(self) -> None:
        """Hide it."""
        self.purpose = ""
        self.display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        """While it is typed."""
        event.stop()
        if self.purpose:
            self.post_message(self.Given(self.purpose, event.value, done=False))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        if self.purpose:
            self.post_message(self.Given(self.purpose, event.value, done=True))
