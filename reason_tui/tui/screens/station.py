"""A screen beside the Solve screen: header, body, a line that asks for words, the line of keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.events import DescendantBlur, DescendantFocus, Resize
from textual.screen import Screen
from textual.widget import Widget

from reason_tui.tui import header
from reason_tui.tui.bindings import EVERYWHERE, bindings, bindings_of
from reason_tui.tui.ink import Line, line
from reason_tui.tui.keymap import BY_ID, Where, keys_of
from reason_tui.tui.room import Room
from reason_tui.tui.screens import signs
from reason_tui.tui.screens.help import key_row
from reason_tui.tui.screens.told import ToldScreen
from reason_tui.tui.widgets.bar import Bar
from reason_tui.tui.widgets.inspector import title
from reason_tui.tui.widgets.sign import Sign

SIDE, TINY = 100, (60, 16)


class Station(Screen[None]):
    """`PLACES` are those of the keymap whose keys count here, `KEYS` the ids in the line at the bottom."""

    NAME: ClassVar[str] = ""
    ID: ClassVar[str] = ""
    PLACES: ClassVar[tuple[Where, ...]] = ()
    KEYS: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **how: object) -> None:
        cls.BINDINGS = [*bindings(*cls.PLACES), *bindings_of(*EVERYWHERE)]
        super().__init_subclass__(**how)  # type: ignore[arg-type]

    @property
    def room(self) -> Room:
        """The app."""
        assert isinstance(self.app, Room), "the app is one"
        return self.app

    def compose(self) -> ComposeResult:
        """From the top."""
        yield Sign(self._header, id="header")
        yield from self.body()
        yield Bar(id="bar")
        yield Sign(self._keys, id="keys")
        yield Sign(lambda cells: signs.too_small(self.room.session, TINY), id="notice")

    def body(self) -> Iterable[Widget]:
        """What the screen is for."""
        return ()

    def refresh_view(self) -> None:
        """Draw what changed."""
        self.update_signs()

    def update_signs(self) -> None:
        """Header and keys."""
        for sign in self.query(Sign):
            sign.update()

    def on_mount(self) -> None:
        """Draw at once."""
        self.refresh_view()

    def on_screen_resume(self) -> None:
        """Shown again."""
        self.refresh_view()

    @property
    def whole(self) -> bool:
        """Whether its widgets are there: not before it is composed, and no more when it is left."""
        return self.is_running and bool(self.query("#notice"))

    def why_not(self, action: str) -> str:
        """Why the action is of no use now; empty where it can be done."""
        del action
        return ""

    def may(self, action: str) -> bool:
        """Whether the action makes sense now; else the user is told why not."""
        reason = self.why_not(action)
        if reason:
            self.room.tell(reason, severity="warning")
        return not reason

    @property
    def bar(self) -> Bar:
        """The line that asks for words."""
        return self.query_one("#bar", Bar)

    def retitle(self, pane: str, *spans: str | tuple[str, str]) -> None:
        """The name of a pane."""
        title(self.query_one(f"#{pane}"), line(*spans))

    def _header(self, cells: int) -> list[Line]:
        return [header.first(self.room.session, cells, here=self.ID, name=self.NAME)]

    def _keys(self, cells: int) -> list[Line]:
        if self.bar.display:
            return [line(" ", ("Enter", "key"), " begins it  ", ("Esc", "key"), " does not")]
        useful = (id_ for id_ in self.KEYS if not self.why_not(id_))
        return header.keys((*useful, "to_solve", "help", "palette"), cells, self.labels())

    def labels(self) -> dict[str, str]:
        """Other words for keys."""
        return {}

    def on_resize(self, event: Resize) -> None:
        """Another arrangement."""
        width, height = event.size.width, event.size.height
        self.set_class(width < TINY[0] or height < TINY[1], "tiny")
        self.set_class(width >= SIDE, "broad")
        self.call_after_refresh(self.refresh_view)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Other keys count now."""
        del event
        self.query_one("#keys", Sign).update()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Other keys count now."""
        del event
        self.query_one("#keys", Sign).update()

    def action_leave(self) -> None:
        """Close the line, or go back to the search."""
        if self.bar.display:
            self.close_bar()
        else:
            self.run_soon("to_solve")

    def run_soon(self, action: str) -> None:
        """An action of the app's."""
        self.call_later(self.app.run_action, action)

    def close_bar(self) -> None:
        """The focus goes back to the list."""
        self.bar.close()
        self.focus_next("Listing")

    def action_next(self) -> None:
        """The next pane."""
        self.focus_next()

    def action_back(self) -> None:
        """The pane before."""
        self.focus_previous()

    def action_help(self) -> None:
        """The keys that count here."""
        rows: list[Line] = [line((f"In {self.NAME}", "title")), *map(key_row, keys_of(*self.PLACES, "list")), ()]
        rows += [line(("Everywhere", "title")), *(key_row(BY_ID[id_]) for id_ in EVERYWHERE)]
        self.app.push_screen(ToldScreen("Help", rows))
