"""The dialog that writes a program to a file. Never replaces a file without being told twice."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from reason_tui.errors import UsageError
from reason_tui.runs.folders import write_new
from reason_tui.search.tree import Node
from reason_tui.text import one_line
from reason_tui.tui.glyphs import LOOKS, Glyphs, state_of, tests_of
from reason_tui.tui.ink import Line, line
from reason_tui.tui.widgets.sign import Sign


class ExportScreen(ModalScreen[str | None]):
    """Gives back the path that was written, or None."""

    BINDINGS = [Binding("escape", "cancel", show=False)]  # noqa: RUF012

    def __init__(self, node: Node, name: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._node = node
        self._name = name
        self._glyphs = glyphs
        self._said: Line = line(("Enter writes, Esc does not.", "dim"))
        self._replace: Path | None = None

    def compose(self) -> ComposeResult:
        """What is written, where to, and what came of it."""
        with Vertical(id="export-box") as box:
            box.border_title = "Write the program to a file"
            yield Sign(self._head, id="export-head")
            yield Input(self._name, id="export-name", select_on_focus=False)
            yield Sign(lambda cells: [self._said], id="export-said")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()

    def _head(self, cells: int) -> list[Line]:
        del cells
        state = state_of(self._node)
        look = LOOKS[state]
        rows = (self._node.program or "").rstrip("\n").count("\n") + 1
        mark = f"{self._glyphs.of(state)} {tests_of(self._node)}"
        return [
            line((f"n{self._node.id}  ", "strong"), (mark, look.style), (f"  {rows} lines, in {Path.cwd()}", "dim"))
        ]

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another name: whatever was agreed holds no more."""
        del event
        if self._replace is not None:
            self._replace = None
            self._say(line(("Enter writes, Esc does not.", "dim")))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write it, or say why not."""
        name = event.value.strip()
        if not name:
            self._say(line(("Give the file a name.", "warning")))
            return
        path = Path(name).expanduser()
        if path.exists() and not path.is_dir() and self._replace != path:
            self._replace = path
            self._say(
                line(("That file is already there. ", "warning"), "Enter again replaces it; or give another name.")
            )
            return
        try:
            text = (self._node.program or "").rstrip("\n") + "\n"
            write_new(path, text.encode("utf-8", "replace"), force=self._replace == path)
        except UsageError as error:
            self._say(line((one_line(f"{error.what} {error.why}"), "failed")))
            return
        self.dismiss(str(path.resolve()))

    def _say(self, said: Line) -> None:
        self._said = said
        self.query_one("#export-said", Sign).update()

    def action_cancel(self) -> None:
        """Write nothing."""
        self.dismiss(None)
