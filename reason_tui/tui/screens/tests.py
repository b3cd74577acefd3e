"""The visible tests of the run: one is added, changed or removed, and programs are judged again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList

from reason_tui.search.acts import Act, AddTest, EditTest, RemoveTest
from reason_tui.text import clean
from reason_tui.tui.ink import Line, line
from reason_tui.tui.widgets.options import option
from reason_tui.tui.widgets.sign import Sign

_NEW = ("Enter adds it. ↑ to the tests there are. Esc closes.", "dim")
_LIST = ("Enter changes the test, d removes it, Tab back to a new one. Esc closes.", "dim")


class TestsScreen(ModalScreen[Act | None]):
    """Gives back what is to be done, or None."""

    __test__ = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("d,delete", "remove", show=False),
        Binding("up", "to_list", show=False),
    ]

    def __init__(self, tests: Sequence[str]) -> None:
        super().__init__()
        self._tests = tests
        self._changing: int | None = None

    def compose(self) -> ComposeResult:
        """The tests there are, and the one that is written."""
        with Vertical(id="tests-box") as box:
            box.border_title = f"Visible tests · {len(self._tests)}"
            rows = (line((f"{at:>2}  ", "dim"), test) for at, test in enumerate(self._tests, start=1))
            yield OptionList(*(option(row, self.app.theme) for row in rows), id="test-list")
            yield Input(id="test-input", placeholder="f([1, 2]) == 3, or f(-1) raises ValueError")
            yield Sign(self._said, id="tests-said")

    def on_mount(self) -> None:
        """A new one is written at once."""
        self.query_one(Input).focus()

    def _said(self, cells: int) -> list[Line]:
        del cells
        if isinstance(self.focused, OptionList):
            return [line(_LIST)]
        if self._changing is not None:
            return [line((f"Enter changes test {self._changing + 1}. Esc closes.", "dim"))]
        return [line(_NEW)]

    def on_descendant_focus(self) -> None:
        """Other keys count."""
        self.query_one(Sign).update()

    def action_to_list(self) -> None:
        """From the new test to those there are."""
        if self._tests and not isinstance(self.focused, OptionList):
            listed = self.query_one(OptionList)
            listed.highlighted = len(self._tests) - 1
            listed.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Change that one."""
        self._changing = event.option_index
        field = self.query_one(Input)
        field.value = clean(self._tests[event.option_index])  # it may come from a bundle, and is drawn as it is
        field.focus()

    def action_remove(self) -> None:
        """Remove the one at the cursor."""
        chosen = self.query_one(OptionList).highlighted
        if isinstance(self.focused, OptionList) and chosen is not None:
            self.dismiss(RemoveTest(index=chosen))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Add it, or change the one that was chosen."""
        text = event.value.strip()
        if not text:
            return
        self.dismiss(AddTest(source=text) if self._changing is None else EditTest(index=self._changing, source=text))

    def action_cancel(self) -> None:
        """Nothing."""
        self.dismiss(None)
