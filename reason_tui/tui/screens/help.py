"""The help: the keys of the focused pane, then those that count everywhere, out of the keymap."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from reason_tui.tui.glyphs import LOOKS, Glyphs
from reason_tui.tui.ink import Line, line
from reason_tui.tui.keymap import Key, Where, keys_of, shown
from reason_tui.tui.widgets.text_pane import TextPane

_NAMES: dict[Where, str] = {
    "tree": "In the tree",
    "text": "In this pane",
    "app": "Outside the editors",
    "all": "Everywhere",
}


class HelpScreen(ModalScreen[None]):
    """An overlay; any of its keys closes it."""

    BINDINGS = [  # noqa: RUF012
        Binding("escape,question_mark,f1,q,enter", "dismiss_help", show=False),
    ]

    def __init__(self, where: Where, glyphs: Glyphs, *, editing: bool) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._places: tuple[Where, ...] = ("all", "app") if editing or where == "all" else (where, "app", "all")
        self._editing = editing

    def compose(self) -> ComposeResult:
        """One pane that scrolls."""
        with Vertical(id="help-box") as box:
            box.border_title = "Help"
            box.border_subtitle = "Esc closes"
            yield TextPane(id="help", wrapped=True, hang=21)

    def on_mount(self) -> None:
        """Write it."""
        pane = self.query_one(TextPane)
        pane.show(list(self._lines()))
        pane.focus()

    def _lines(self) -> list[Line]:
        rows: list[Line] = []
        if self._editing:
            rows += [
                line("Type a problem, best with an example: ", (">>> f(1)", "key"), " and its result below."),
                line("Examples are listed as visible tests; change that list as you like."),
                line(
                    "A line ",
                    ("@path/to/file.py", "key"),
                    " opens a program to repair. Tab goes on to the tests, then to",
                ),
                line("strategy, budget, width and the rest: ← → choose, ↑ ↓ change, digits replace, Enter runs."),
                (),
            ]
        for place in self._places:
            rows += [line((_NAMES[place], "title")), *map(key_row, keys_of(place)), ()]
        rows.append(line(("Nodes", "title")))
        rows += [
            line("  ", (f"{self._glyphs.of(state):<3}", look.style), look.word)
            for state, look in LOOKS.items()
            if look.glyph.strip()
        ]
        flags = (
            ("best", "best", "the best"),
            ("pinned", "key", "pinned: kept whatever happens"),
            ("repair", "running", "made by repairing its parent"),
            ("edit", "running", "written by hand"),
        )
        rows += [line("  ", (f"{self._glyphs[name]:<3}", style), words) for name, style, words in flags]
        rows.append(line("  Q  mean reward below; U  the bound (UCB1) the search picks by; v  visits"))
        return rows

    def action_dismiss_help(self) -> None:
        """Close it."""
        self.dismiss()


def key_row(key: Key) -> Line:
    """A key, its name, and what it does."""
    return line((f"  {shown(key):<6}", "key"), f"{key.label:<13}", (key.help, "dim"))
