"""An engine for the app's tests: says what a test puts into it, and keeps what it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

from reason_tui.engine.protocol import Command, EngineSettings, Message, Ready, RunEvent
from reason_tui.errors import EngineError, ReasonTuiError
from reason_tui.policy import PolicyInfo
from reason_tui.search.events import Event, SearchSettings
from reason_tui.tasks.types import Task

INFO = PolicyInfo(model="scripted", backend="test", context_length=2048)
READY = Ready(
    policy=INFO, sandbox="landlock+seccomp · no net · 256 MB · self-test 12/12", sandbox_ok=True, level="landlock"
)


class FakeEngine:
    """A port of the app. It is ready when `load` is called, dies by `die`; `commands` is what it was sent."""

    def __init__(self, *, loaded: bool = True, state_dir: str = "nowhere") -> None:
        self.settings = EngineSettings(state_dir=state_dir)
        self.bad: dict[str, ReasonTuiError] = {}
        """By model: why it cannot be loaded."""
        self.commands: list[Command] = []
        self.started: list[tuple[Task, SearchSettings]] = []
        self.resumed: list[str] = []
        self.restarts = 0
        self.closed = False
        self._loaded = loaded
        self._fresh()

    def _fresh(self) -> None:
        self._ready: asyncio.Future[Ready] | None = None
        self._said: asyncio.Queue[Message | ReasonTuiError] = asyncio.Queue()

    async def open(self) -> None:
        self._ready = asyncio.get_running_loop().create_future()
        if self._loaded:
            self.load()

    def load(self) -> None:
        assert self._ready is not None
        own = {"model": self.settings.model, "backend": self.settings.backend, "adapter": self.settings.adapter}
        switched = self.settings.model != "embedded" or self.settings.backend != "auto"
        info = INFO.model_copy(update=own) if switched else INFO
        self._ready.set_result(READY.model_copy(update={"policy": info}))

    def fail(self, error: ReasonTuiError) -> None:
        assert self._ready is not None
        self._ready.set_exception(error)

    async def ready(self) -> Ready:
        assert self._ready is not None
        return await self._ready

    async def start(self, task: Task, settings: SearchSettings) -> None:
        self.started.append((task, settings))

    async def resume(self, run: str) -> None:
        self.resumed.append(run)

    async def send(self, command: Command) -> None:
        self.commands.append(command)

    async def messages(self) -> AsyncIterator[Message]:
        while True:
            item = await self._said.get()
            if isinstance(item, ReasonTuiError):
                raise item
            yield item

    def say(self, *messages: Message | ReasonTuiError) -> None:
        for message in messages:
            self._said.put_nowait(message)

    def tell(self, events: Iterable[Event]) -> None:
        """Events as the engine sends them."""
        for seq, event in enumerate(events):
            self.say(RunEvent(run="r", seq=seq, event=event))

    def die(self) -> None:
        self._said.put_nowait(EngineError("The engine stopped unexpectedly.", why="It was killed by signal 9."))

    async def restart(self) -> None:
        self.restarts += 1
        self._fresh()
        await self.open()

    async def switch(self, settings: EngineSettings) -> None:
        self.settings = settings
        self._fresh()
        self._ready = asyncio.get_running_loop().create_future()
        if settings.model in self.bad:
            self.fail(self.bad[settings.model])
        elif self._loaded:
            self.load()

    async def close(self) -> None:
        self.closed = True
