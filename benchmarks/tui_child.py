"""The app on a terminal with a made-up engine, measuring itself: started by `tui.py` for each scenario.

A key's time is taken when the terminal's bytes were read, in the driver's thread; it counts until the frame after it
moved the cursor was written to the terminal. `stock` shows the same nodes in Textual's own Tree.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

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

TICK_S = 0.05


class Port:
    """Parses ready-made lines at a rate, as the client parses what comes over the socket."""

    def __init__(self) -> None:
        self.lines: Iterator[bytes] = iter(())
        self.rate = 0

    async def open(self) -> None: ...

    async def ready(self) -> Ready:
        return Ready(policy=POLICY, sandbox="none", sandbox_ok=True, level="landlock")

    async def messages(self) -> AsyncIterator[Message]:
        """Bursts, twenty a second."""
        owed = 0.0
        while True:
            await asyncio.sleep(TICK_S)
            owed += self.rate * TICK_S
            while owed >= 1 and (line := next(self.lines, b"")):
                yield MESSAGE.validate_python(json.loads(line))
                owed -= 1

    async def start(self, task: Task, settings: SearchSettings) -> None: ...

    async def resume(self, run: str) -> None: ...

    async def send(self, command: Command) -> None: ...

    async def restart(self) -> None: ...

    async def close(self) -> None: ...


_READ_AT: dict[int, float] = {}
"""By key: what the process had computed when it was read."""


class Latency:
    """Mixed into an app: from a key to the frame that shows what it did."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key_at: tuple[float, float] | None = None
        self.moved_at: tuple[float, float] | None = None
        self.took: list[float] = []
        self.computed: list[float] = []

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            self.key_at = (event.time, _READ_AT.pop(id(event), time.process_time()))
        await super().on_event(event)  # type: ignore[misc]

    def moved(self) -> None:
        """The cursor moved: the next frame shows it."""
        self.moved_at = self.key_at

    def _display(self, screen: Any, renderable: Any) -> None:
        batched = bool(self._batch_count)  # type: ignore[attr-defined]
        super()._display(screen, renderable)  # type: ignore[misc]
        if renderable is not None and not batched and self.moved_at is not None:
            self.took.append(time.monotonic() - self.moved_at[0])
            self.computed.append(time.process_time() - self.moved_at[1])
            self.moved_at = None

    def ask(self) -> None:
        """The parent sends keys from now on."""
        driver = self._driver  # type: ignore[attr-defined]
        send = driver.send_message

        def read(message: events.Event) -> None:
            if isinstance(message, events.Key):
                _READ_AT[id(message)] = time.process_time()
            send(message)

        driver.send_message = read
        Path(sys.argv[2]).touch()


class Measured(Latency, ReasonApp):
    """The app."""

    def on_ready(self) -> None:
        self.session.run.lost = False
        tree = self.solve.search_tree
        move = tree._move

        def moved(*args: Any, **kwargs: Any) -> None:
            move(*args, **kwargs)
            self.moved()

        tree._move = moved  # type: ignore[method-assign]
        self.run_worker(self._measure())

    async def _measure(self) -> None:
        await measure(self, self.port, lambda: len(self.session.run.view.tree.nodes))


class Stock(Latency, App[int]):
    """Textual's Tree with every node expanded, as one would write it: a label for each row, set when it changes."""

    CSS = "Tree { height: 1fr; }"

    def __init__(self, port: Port, prefill: Iterable[ev.Event]) -> None:
        super().__init__()
        self.animation_level = "none"
        self._port = port
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
        self.run_worker(self._feed())
        self.run_worker(measure(self, self._port, lambda: len(self._rows)))

    async def _feed(self) -> None:
        async for message in self._port.messages():
            assert isinstance(message, RunEvent)
            self._take(message.event)

    def _take(self, event: ev.Event) -> None:
        if isinstance(event, ev.ExpansionStarted):
            for node in event.nodes:
                self._rows[node] = self._rows[event.parent].add(f"n{node}", expand=True)
        elif isinstance(event, ev.NodeJudged):
            self._rows[event.node].set_label(f"{event.status} {event.reward:.2f} n{event.node}")


async def measure(app: Any, port: Port, count: Any) -> None:
    """At each rate: let the parent press keys for a while and count. Then write what was found and leave."""
    scenario = json.loads(sys.argv[1])
    found = []
    app.ask()
    for rate in scenario["rates"]:
        port.rate = rate
        await asyncio.sleep(1.0)
        app.took.clear()
        app.computed.clear()
        begun, cpu, nodes = time.monotonic(), _cpu(), count()
        await asyncio.sleep(scenario["seconds"])
        wall = time.monotonic() - begun
        figures = {"rate": rate, "nodes": nodes, "cpu": (_cpu() - cpu) / wall, "mb": resident_mb()}
        found.append(figures | {"took": list(app.took), "computed": list(app.computed)})
    Path(sys.argv[3]).write_text(json.dumps(found))
    app.exit(0)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """`tui_child.py SCENARIO ASK OUT`; the scenario is JSON: what, nodes, rates, seconds, wide."""
    scenario = json.loads(sys.argv[1])
    growth, port = Growth(wide=scenario.get("wide", False)), Port()
    begin = growth.begin()
    prefill = growth.upto(scenario["nodes"])
    app: Any
    if scenario["what"] == "stock":
        app = Stock(port, list(prefill))
    else:
        app = Measured(port, SearchSettings(), replay=[begin])
        _fill(app.session.run, prefill)
    with tempfile.TemporaryFile() as file:
        _write(growth, int(sum(scenario["rates"]) * (scenario["seconds"] + 5)), file)
        port.lines = iter(file.readline, b"")
        app.run()


def _fill(run: Run, events: Iterable[ev.Event]) -> None:
    """Fold them in as the app does, frame by frame, but for the log: it keeps the last lines only."""
    for number, event in enumerate(events):
        run.apply(event)
        if number % 1000 == 0:
            run.frame()
    run.frame()


def _write(growth: Growth, many: int, file: IO[bytes]) -> None:
    """Ready-made lines, on the disk: they are not the app's memory."""
    while many > 0:
        expansion = growth.expansion()
        file.writelines(dump(RunEvent(run="r", seq=0, event=event)) + b"\n" for event in expansion)
        many -= len(expansion)
    file.seek(0)


if __name__ == "__main__":
    main()
