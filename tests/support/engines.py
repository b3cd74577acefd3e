"""Engine processes with a scripted model, and what a test wants of their messages."""

from __future__ import annotations

import os
import select
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import Message, RunEvent
from reason_tui.search.events import Event, SearchSettings
from reason_tui.tasks.types import CallCase, Task

SCRIPTED = (str(Path(__file__).parents[1] / "engine" / "scripted_engine.py"),)
"""The `entry` of an EngineClient whose model is a script."""
TASK = Task(id="t", prompt="Add.", entry_point="add", visible=(CallCase(args=("1", "2"), expected="3"),))
BRIEF = SearchSettings(strategy="best-of-n", budget=8, width=4)
ENDLESS = SearchSettings(strategy="best-of-n", budget=100_000, width=2)


class Inbox:
    """Messages of a client as they come; `until` reads on to the first that fits, and everything read is kept."""

    def __init__(self, client: EngineClient) -> None:
        self._messages: AsyncIterator[Message] = client.messages()
        self.seen: list[Message] = []

    async def until(self, fits: Callable[[Message], bool]) -> Message:
        """The next message that fits."""
        async for message in self._messages:
            self.seen.append(message)
            if fits(message):
                return message
        raise AssertionError(f"the messages ended without it, after {self.seen[-3:]}")

    async def kind(self, name: str) -> Message:
        """The next message of this type."""
        return await self.until(lambda message: message.type == name)

    async def event(self, name: str) -> Event:
        """The next event of this type."""
        found = await self.until(lambda message: isinstance(message, RunEvent) and message.event.type == name)
        assert isinstance(found, RunEvent)
        return found.event

    async def rest(self) -> list[Message]:
        """What comes until the messages end."""
        before = len(self.seen)
        async for message in self._messages:
            self.seen.append(message)
        return self.seen[before:]

    @property
    def events(self) -> list[Event]:
        """The events read so far."""
        return [message.event for message in self.seen if isinstance(message, RunEvent)]


def descendants(pid: int) -> list[int]:
    """Every living process below `pid` (Linux)."""
    below: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        below += [int(child) for child in (thread / "children").read_text().split()]
    return [*below, *(deeper for child in below for deeper in descendants(child))]


class Deaths:
    """Waits for processes that are not our children (Linux): taken hold of while they live."""

    def __init__(self, pids: list[int]) -> None:
        self._open = {os.pidfd_open(pid): pid for pid in pids}

    def wait(self, seconds: float) -> list[int]:
        """The processes that still live after `seconds`."""
        poll = select.poll()
        for descriptor in self._open:
            poll.register(descriptor, select.POLLIN)
        while self._open:
            ready = poll.poll(seconds * 1000)
            if not ready:
                break
            for descriptor, _ in ready:
                poll.unregister(descriptor)
                os.close(descriptor)
                del self._open[descriptor]
        left = list(self._open.values())
        for descriptor in self._open:
            os.close(descriptor)
        return left
