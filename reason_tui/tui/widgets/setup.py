"""How to search, in one line whose fields are changed in place: ← → choose one, ↑ ↓ change it, digits replace it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from pydantic import ValidationError
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from reason_tui.search.events import SearchSettings, StrategyName
from reason_tui.text import one_line
from reason_tui.tui.glyphs import clock, count
from reason_tui.tui.ink import Line, Span, cut, line, plain
from reason_tui.tui.widgets.sign import strip

Value = str | int | float | bool | None
STRATEGIES: tuple[StrategyName, ...] = get_args(StrategyName)
_TIMES = (None, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
_TOKENS = (None, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000)


@dataclass(frozen=True)
class Field:
    """`name` as in SearchSettings; `step` gives the value after (1) or before (-1) one."""

    name: str
    label: str
    step: Callable[[Value, int], Value]
    show: Callable[[Value], str] = str
    inflight: bool = True


def _around(values: tuple[Value, ...]) -> Callable[[Value, int], Value]:
    def step(value: Value, by: int) -> Value:
        at = values.index(value) if value in values else 0
        return values[(at + by) % len(values)]

    return step


def _double(value: Value, by: int) -> Value:
    return max(1, int(value or 1) * 2 if by > 0 else int(value or 1) // 2)


def _by(size: float, least: float, digits: int = 0) -> Callable[[Value, int], Value]:
    def step(value: Value, by: int) -> Value:
        found = max(least, float(value or 0) + by * size)
        return round(found, digits) if digits else int(found)

    return step


FIELDS = (
    Field("strategy", "", _around(STRATEGIES)),
    Field("budget", "budget", _double, lambda value: "none" if value is None else str(value)),
    Field("width", "width", _by(1, 1)),
    Field("temperature", "T", _by(0.1, 0, 2), lambda value: f"{float(value or 0):g}"),
    Field("seconds", "time", _around(_TIMES), lambda value: "none" if value is None else clock(float(value))),
    Field("tokens", "tokens", _around(_TOKENS), lambda value: "none" if value is None else count(int(value))),
    Field("ask", "ask", lambda value, by: not value, lambda value: "yes" if value else "no"),
    Field("seed", "seed", _by(1, 0), inflight=False),
)


class Setup(Widget, can_focus=True):
    """Shows settings; `Changed` when one is another, `Done` at Enter."""

    DEFAULT_CSS = "Setup { height: 1; width: 1fr; }"

    class Changed(Message):
        """A field has another value."""

        def __init__(self, setup: Setup, settings: SearchSettings) -> None:
            super().__init__()
            self.setup = setup
            self.settings = settings

        @property
        def control(self) -> Setup:
            """Which line it was."""
            return self.setup

    class Done(Changed):
        """Enter: that is it."""

    class Choose(Changed):
        """Something else is to be chosen for what the line begins with: the model."""

    def __init__(
        self,
        settings: SearchSettings,
        begin: Callable[[], Line] = tuple,
        *,
        inflight: bool = False,
        chooses: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.settings = settings
        self._begin = begin
        self._first = -1 if chooses else 0
        """Where the cursor begins: before all fields is what the line begins with."""
        self._fields = tuple(field for field in FIELDS if field.inflight or not inflight)
        self._at = 0
        self._typed = ""

    def show(self, settings: SearchSettings) -> None:
        """Begin with these."""
        self.settings, self._typed, self._at = settings, "", 0
        self.refresh()

    def spans(self) -> Line:
        """The line as it is now."""
        begun = self._begin()
        if self._at < 0 and self.has_focus:
            begun = line((plain(begun).strip(), "chosen"), "   ")
        spans: list[Span | str] = [" ", *begun]
        for at, field in enumerate(self._fields):
            chosen = at == self._at and self.has_focus
            value = self._typed if chosen and self._typed else field.show(getattr(self.settings, field.name))
            if field.label:
                spans.append((f"{field.label} ", "dim"))
            spans += [(value, "chosen" if chosen else "strong" if not at else ""), "   "]
        if self.has_focus:
            does = "Enter another model  ← → next" if self._at < 0 else "↑ ↓ change  ← → next"
            spans.append((does, "dim"))
        return line(*spans)

    def render_line(self, y: int) -> Strip:
        """One line."""
        cells = self.size.width
        if y:
            return Strip.blank(cells, self.rich_style)
        drawn = strip(cut(self.spans(), cells), self.app.theme)
        return drawn.apply_style(self.rich_style).adjust_cell_length(cells, self.rich_style)

    def on_key(self, event: events.Key) -> None:
        """Choose, change, type, take."""
        if event.key in ("left", "right"):
            self._take_typed()
            self._turn(1 if event.key == "right" else -1)
        elif self._at < 0 and event.key in ("up", "down", "enter"):
            self.post_message(self.Choose(self, self.settings))
        elif event.key in ("up", "down"):
            self._take_typed()
            field = self._fields[self._at]
            self._set(field.step(getattr(self.settings, field.name), 1 if event.key == "up" else -1))
        elif event.key == "backspace":
            self._typed = self._typed[:-1]
        elif event.key == "enter":
            self._take_typed()
            self.post_message(self.Done(self, self.settings))
        elif self._at >= 0 and event.character is not None and event.character in "0123456789.":
            self._typed += event.character
        else:
            return
        event.stop()
        event.prevent_default()
        self.refresh()

    def _turn(self, by: int) -> None:
        places = len(self._fields) - self._first
        self._at = (self._at - self._first + by) % places + self._first

    def on_blur(self) -> None:
        """What was typed counts."""
        self._take_typed()
        self.refresh()

    def _take_typed(self) -> None:
        typed, self._typed = self._typed, ""
        if not typed:
            return
        try:
            self._set(float(typed) if "." in typed.strip(".") else int(typed.strip(".") or 0))
        except ValueError:
            self._refuse(typed, "That is no number.")

    def _set(self, value: Value) -> None:
        name = self._fields[self._at].name
        try:
            changed = SearchSettings.model_validate(self.settings.model_dump() | {name: value})
        except ValidationError as error:
            self._refuse(str(value), f"{error.errors()[0]['msg']}.")
            return
        if changed != self.settings:
            self.settings = changed
            self.post_message(self.Changed(self, changed))

    def _refuse(self, value: str, why: str) -> None:
        field = self._fields[self._at]
        what = f"The {field.label or field.name} cannot be {one_line(value, 20)}."
        self.app.notify(f"{what}\n{why}", severity="warning", markup=False)
