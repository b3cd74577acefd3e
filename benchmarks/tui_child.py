"""The app on a terminal with a made-up engine, measuring itself: started by `tui.py` for each scenario.

Frame by frame: the events of a tenth of a second come as lines, are parsed and folded in, a key is pressed, and the
time ends when the frame in which the cursor moved was written to the terminal. `stock` shows the same nodes in
Textual's own Tree.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Tree
from textual.widgets.tree import TreeNode
from tui_events import POLICY, Growth

from reason_tui.engine.protocol import MESSAGE, Command, Message, Ready, RunEvent
from reason_tui.runs.lines import dump
from reason_tui.search import events as ev
from reason_tui.search.events import SearchSettings
from reason_tui.tasks.types import Task
from reason_tui.tui.app import ReasonApp
from reason_tui.tui.memory import resident_mb
from reason_tui.tui.run import Run
from reason_tui.tui.widgets.text_pane import TextPane

WARM = 5
"""Frames that are not counted."""
GROWTHS: list[Growth] = []
"""The run that goes on growing."""


class Port:
    """An engine that says nothing: what it would say is fed frame by frame."""

    async def open(self) -> None: ...

    async def ready(self) -> Ready:
        return Ready(policy=POLICY, sandbox="none", sandbox_ok=True, level="landlock")

    async def messages(self) -> AsyncIterator[Message]:
        """Nothing."""
        await asyncio.Event().wait()
        yield await self.ready()

    async def start(self, task: Task, settings: SearchSettings) -> None: ...

    async def resume(self, run: str) -> None: ...

    async def send(self, command: Command) -> None: ...

    async def restart(self) -> None: ...

    async def close(self) -> None: ...


class Latency:
    """Mixed into an app: says when the frame is there that shows what a key did."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.moving = False
        self.drawn = asyncio.Event()

    def moved(self) -> None:
        """The cursor moved: the next frame shows it."""
        self.moving = True

    def _display(self, screen: Any, renderable: Any) -> None:
        batched = bool(self._batch_count)  # type: ignore[attr-defined]
        super()._display(screen, renderable)  # type: ignore[misc]
        if renderable is not None and not batched and self.moving:
            self.moving = False
            self.drawn.set()


class Measured(Latency, ReasonApp):
    """The app."""

    def on_ready(self) -> None:
        scenario = json.loads(sys.argv[1])
        self.session.run.lost = not scenario["rates"]  # idle: no run is going on
        if scenario["what"] == "log":
            pane = self.solve.query_one("#log", TextPane)
            pane.focus()
            self._follow(pane, "_by")
        else:
            self._follow(self.solve.search_tree, "_move")
        self.run_worker(self._measure())

    def _follow(self, widget: Any, method: str) -> None:
        """Whatever calls this method moves what is seen."""
        move = getattr(widget, method)

        def moved(*args: Any, **kwargs: Any) -> None:
            move(*args, **kwargs)
            self.moved()

        setattr(widget, method, moved)

    async def _measure(self) -> None:
        await measure(self, self._take_in)

    def _take_in(self, messages: list[Message]) -> None:
        self.inbox.extend(messages)
        self.flush()


class Stock(Latency, App[int]):
    """Textual's Tree with every node expanded, as one would write it: a label for each row, set when it changes."""

    CSS = "Tree { height: 1fr; }"

    def __init__(self, prefill: Iterable[ev.Event]) -> None:
        super().__init__()
        self.animation_level = "none"
        self._prefill = prefill
        self._rows: dict[int, TreeNode[int]] = {}

    def compose(self) -> ComposeResult:
        yield Tree("root")

    def on_mount(self) -> None:
        tree = self.query_one(Tree)
        tree.root.expand()
        self._rows[0] = tree.root
        for event in self._prefill:
            self._take(event)
        tree.focus()
        watch = tree.watch_cursor_line

        def moved(before: int, after: int) -> None:
            watch(before, after)
            self.moved()

        tree.watch_cursor_line = moved  # type: ignore[method-assign]
        self.run_worker(measure(self, self._take_in))

    def _take_in(self, messages: list[Message]) -> None:
        for message in messages:
            assert isinstance(message, RunEvent)
            self._take(message.event)

    def _take(self, event: ev.Event) -> None:
        if isinstance(event, ev.ExpansionStarted):
            for node in event.nodes:
                self._rows[node] = self._rows[event.parent].add(f"n{node}", expand=True)
        elif isinstance(event, ev.NodeJudged):
            self._rows[event.node].set_label(f"{event.status} {event.reward:.2f} n{event.node}")


KEYS = {
    "app": ("j", "j", "k", "pagedown", "j", "pageup"),
    "stock": ("down", "down", "up", "pagedown", "down", "pageup"),
    "log": ("pageup", "up", "up", "pagedown", "pageup", "pagedown"),
}
"""In this order, so that each of them moves something: down on the whole, in the log up from its end."""


async def measure(app: Any, take_in: Callable[[list[Message]], None]) -> None:
    """At each rate so many frames, each with its events and a key; or so many seconds of nothing."""
    scenario = json.loads(sys.argv[1])
    lines, keys, found = scenario_lines(scenario), cycle(KEYS[scenario["what"]]), []
    await asyncio.sleep(1.0)
    for rate in scenario["rates"]:
        took, computed = [], []
        for number in range(scenario["frames"] + WARM):
            begun, cpu = time.monotonic(), _cpu()
            take_in([MESSAGE.validate_python(json.loads(next(lines))) for _ in range(rate // 10)])
            key = next(keys)
            app.drawn.clear()
            app.post_message(events.Key(key, key if len(key) == 1 else None))
            await app.drawn.wait()
            if number >= WARM:
                took.append(time.monotonic() - begun)
                computed.append(_cpu() - cpu)
        found.append({"rate": rate, "took": took, "computed": computed, "mb": resident_mb(), "logged": logged(app)})
    if scenario["idle"]:
        begun, cpu = time.monotonic(), _cpu()
        await asyncio.sleep(scenario["idle"])
        found.append({"idle": (_cpu() - cpu) / (time.monotonic() - begun)})
    Path(sys.argv[2]).write_text(json.dumps(found))
    app.exit(0)


def logged(app: Any) -> int:
    """How many lines the app's log was told."""
    return app.session.run.logged if isinstance(app, ReasonApp) else 0


def scenario_lines(scenario: dict[str, Any]) -> Iterator[bytes]:
    """Ready-made lines, on the disk: they are not the app's memory."""
    growth = GROWTHS.pop()
    with tempfile.TemporaryFile() as file:
        for _ in range(sum(scenario["rates"]) // 10 * (scenario["frames"] + WARM) // 5 + 10):
            for event in growth.expansion():
                file.write(dump(RunEvent(run="r", seq=0, event=event)) + b"\n")
        file.seek(0)
        yield from iter(file.readline, b"")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """`tui_child.py SCENARIO OUT`; the scenario is JSON: what, nodes, rates, frames, idle, wide."""
    scenario = json.loads(sys.argv[1])
    growth = Growth(wide=scenario["wide"])
    GROWTHS.append(growth)
    begin, prefill = growth.begin(), growth.upto(scenario["nodes"])
    app: Any
    if scenario["what"] == "stock":
        app = Stock(list(prefill))
    else:
        app = Measured(Port(), SearchSettings(), replay=[begin])
        if scenario["what"] == "log":
            app.session.replay(prefill)
        else:
            _fill(app.session.run, prefill)
    app.run()


def _fill(run: Run, events: Iterable[ev.Event]) -> None:
    """Fold them in as the app does, frame by frame, but for the log: it keeps the last lines only."""
    for number, event in enumerate(events):
        run.apply(event)
        if number % 1000 == 0:
            run.frame()
    run.frame()


if __name__ == "__main__":
    main()
