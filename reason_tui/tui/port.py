"""All that the app knows of an engine. `reason_tui.engine.client.EngineClient` is one; tests have their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from reason_tui.engine.protocol import Command, EngineSettings, Message, Ready
from reason_tui.search.events import SearchSettings
from reason_tui.tasks.types import Task


class EnginePort(Protocol):
    """One engine at a time, behind a pipe. Everything but `messages` raises EngineError when the engine is dead."""

    settings: EngineSettings
    """How the engine is, or would be, started."""

    async def open(self) -> None:
        """Start the process."""
        ...

    async def ready(self) -> Ready:
        """Wait until a run can be started. Raises what kept the engine from starting."""
        ...

    async def start(self, task: Task, settings: SearchSettings) -> None:
        """Ask for a run."""
        ...

    async def resume(self, run: str) -> None:
        """Ask for an unfinished run to go on."""
        ...

    async def send(self, command: Command) -> None:
        """Steer the run."""
        ...

    def messages(self) -> AsyncIterator[Message]:
        """What the engine says, in order. Raises EngineError when it dies."""
        ...

    async def restart(self) -> None:
        """A new process in the place of a dead one."""
        ...

    async def switch(self, settings: EngineSettings) -> None:
        """Another process with these settings; wait for it with `ready`."""
        ...

    async def close(self) -> None:
        """End it; a run going on is stopped and kept."""
        ...
