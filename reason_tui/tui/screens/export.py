"""The dialog that writes to a file: the program, or what else there is of the run. Never replaces one unasked."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from reason_tui.assets import expanded
from reason_tui.errors import ReasonTuiError
from reason_tui.runs.folders import write_new
from reason_tui.text import one_line
from reason_tui.tui.ink import Line, line, wrap
from reason_tui.tui.widgets.sign import Sign

MOST = 8
"""Lines of what came of it: a path may be long, and the reason stands behind it."""
_READY = line(("Enter writes, ↑ ↓ something else of the run, Esc does not.", "dim"))


@dataclass(frozen=True)
class Kind:
    """Something that can be written: what it is called, the file's usual name, a few words on it, and its content."""

    label: str
    file: str
    head: Line
    content: Callable[[], bytes]


class ExportScreen(ModalScreen[str | None]):
    """Gives back the path that was written, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("up", "other(-1)", show=False, priority=True),
        Binding("down", "other(1)", show=False, priority=True),
    ]

    def __init__(self, kinds: Sequence[Kind]) -> None:
        super().__init__()
        self._kinds = kinds
        self._at = 0
        self._said: Line = _READY
        self._replace: Path | None = None

    def compose(self) -> ComposeResult:
        """What is written, where to, and what came of it."""
        with Vertical(id="export-box") as box:
            box.border_title = "Write to a file"
            yield Sign(self._head, id="export-head")
            yield Input(self._kinds[0].file, id="export-name", select_on_focus=False)
            yield Sign(lambda cells: wrap(self._said, cells)[:MOST], id="export-said")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()

    def _head(self, cells: int) -> list[Line]:
        names = [(f" {kind.label} ", "chosen" if at == self._at else "dim") for at, kind in enumerate(self._kinds)]
        return [*wrap(line(*names), cells), line(*self._kinds[self._at].head, (f"  in {Path.cwd()}", "dim"))]

    def action_other(self, by: int) -> None:
        """Something else is written, under its usual name."""
        self._at = (self._at + by) % len(self._kinds)
        name = self.query_one(Input)
        name.value = self._kinds[self._at].file
        name.cursor_position = len(name.value)
        self.query_one("#export-head", Sign).update()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another name: whatever was agreed holds no more."""
        del event
        if self._replace is not None:
            self._replace = None
            self._say(_READY)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write it, or say why not."""
        name = event.value.strip()
        if not name:
            self._say(line(("Give the file a name.", "warning")))
            return
        path = expanded(name)
        if os.path.isfile(path) and self._replace != path:  # noqa: PTH113 - Path.is_file raises for some names
            self._replace = path
            self._say(
                line(("That file is already there. ", "warning"), "Enter again replaces it; or give another name.")
            )
            return
        try:
            write_new(path, self._kinds[self._at].content(), force=self._replace == path)
        except ReasonTuiError as error:
            self._say(line((one_line(f"{error.what} {error.why}"), "failed")))
            return
        self.dismiss(str(path.resolve()))

    def _say(self, said: Line) -> None:
        self._said = said
        self.query_one("#export-said", Sign).update()

    def action_cancel(self) -> None:
        """Write nothing."""
        self.dismiss(None)
