"""An app at a given size with a fake engine, and waiting without a clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.fake_engine import FakeEngine
from textual.pilot import Pilot

from reason_tui.models.outlook import Outlook
from reason_tui.search.events import Event, SearchSettings
from reason_tui.tui.app import ReasonApp
from reason_tui.tui.screens.solve import SolveScreen
from reason_tui.tui.widgets.sign import Sign
from reason_tui.tui.widgets.text_pane import TextPane

TURNS = 500


@dataclass
class Driven:
    """The app under a test's hands."""

    app: ReasonApp
    engine: FakeEngine
    pilot: Pilot[int]
    told: list[str] = field(default_factory=list)
    """Every toast there was, gone or not."""

    @property
    def screen(self) -> SolveScreen:
        return self.app.solve

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Let everything that is ready run, frame by frame, until the condition holds."""
        for _ in range(TURNS):
            self.app.flush()
            if condition():
                await self.pilot.pause()
                return
            await self.pilot.pause()
        raise AssertionError(f"never came about: {what or condition}")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()
        self.app.flush()
        await self.pilot.pause()

    async def ready(self) -> None:
        await self.until(lambda: self.app.session.phase == "ready", "a ready engine")

    async def show(self, events: list[Event]) -> None:
        """Run what stands in the editor; the engine answers with these events."""
        await self.ready()
        await self.press("ctrl+j")
        await self.until(lambda: self.engine.started, "a started run")
        await self.say(events)

    async def say(self, events: list[Event]) -> None:
        before = self.app.session.run.view.events
        self.engine.tell(events)
        await self.until(lambda: self.app.session.run.view.events == before + len(events), "all events")

    def pane(self, name: str) -> str:
        """What stands in a pane."""
        return self.screen.query_one(f"#{name}", TextPane).text

    def sign(self, name: str) -> str:
        """What stands in one of the fixed lines."""
        rows = self.screen.query_one(f"#{name}", Sign).rows
        return "\n".join("".join(text for text, _ in row) for row in rows)

    def visible(self) -> set[str]:
        """The ids of the panes that are on the screen with at least a row."""
        names = ("problem", "tests", "setup", "tree", "inspector", "log", "strip", "banner", "notice", "header", "keys")
        found = {name: self.screen.query_one(f"#{name}") for name in names}
        return {name for name, widget in found.items() if widget.is_on_screen and widget.size.area}

    def frame(self) -> list[str]:
        """The whole screen as text, as the terminal would show it."""
        width, height = self.app.size
        return [
            "".join(segment.text for segment in strip)[:width] for strip in self.app.screen._compositor.render_strips()
        ][:height]


OpenApp = Callable[..., object]


@pytest.fixture(autouse=True)
def outlooks(monkeypatch) -> dict[str, Outlook]:
    """By model: what it would take of memory. Else it is not known; no process is asked."""
    known: dict[str, Outlook] = {}

    async def foresee(model: str, backend: str, options: object) -> Outlook:
        return known.get(model, Outlook())

    monkeypatch.setattr("reason_tui.tui.switching.foresee", foresee)
    monkeypatch.setattr("reason_tui.tui.screens.models.SETTLE_S", 0.0)
    return known


@pytest.fixture
def open_app(monkeypatch):
    """`async with open_app(size=(80, 24)) as driven`."""

    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = (120, 40),
        *,
        loaded: bool = True,
        prompt: str | None = None,
        state_dir: Path | None = None,
        **settings: object,
    ) -> AsyncIterator[Driven]:
        engine = FakeEngine(loaded=loaded)
        app = ReasonApp(engine, SearchSettings(**settings), prompt=prompt, state_dir=state_dir)
        notify, told = app.notify, []
        monkeypatch.setattr(app, "notify", lambda text, **how: (told.append(text), notify(text, **how)))
        async with app.run_test(size=size, notifications=True) as pilot:
            driven = Driven(app, engine, pilot, told)
            await pilot.pause()
            yield driven

    return opened
