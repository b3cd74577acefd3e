"""The engine as a screen or the CLI sees it: a child process that takes commands and sends messages.

    async with EngineClient(settings) as engine:
        await engine.ready()
        await engine.start(task, search_settings)
        async for message in engine.messages():
            ...

Never blocks the event loop, never leaves a process behind. Use it from one event loop, in a thread that stays.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType

from reason_tui.engine.child import Child
from reason_tui.engine.protocol import PROTOCOL, Command, EngineSettings, Message, Problem, Ready, ResumeRun, StartRun
from reason_tui.engine.watch import Watch
from reason_tui.errors import BackendError, EngineError, ReasonTuiError, SandboxError, UsageError
from reason_tui.search.acts import Act
from reason_tui.search.events import SearchSettings
from reason_tui.tasks.types import Task

_ENTRY = ("-m", "reason_tui.engine")
_KINDS: dict[int, type[ReasonTuiError]] = {2: UsageError, 3: BackendError, 4: SandboxError, 5: EngineError}


class EngineClient:
    """One engine process at a time; `restart` gives a new one after a crash."""

    def __init__(
        self, settings: EngineSettings, *, entry: Sequence[str] = _ENTRY, watch: Callable[[], Watch] = Watch
    ) -> None:
        """`entry` is what Python runs, given the arguments of `reason_tui.engine`; tests have their own.

        `watch` makes what decides when an engine counts as hung.
        """
        self.settings = settings
        self.info: Ready | None = None
        """What the engine said of its model and sandbox, once it is ready."""
        self._entry = entry
        self._watch = watch
        self._child: Child | None = None

    async def __aenter__(self) -> EngineClient:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Start the process. Returns before the model is loaded; see `ready`."""
        if self._child is None:
            self._child = await Child.spawn(self.settings, self._entry, self._watch())

    async def ready(self) -> Ready:
        """Wait until a run can be started. Raises what kept the engine from starting, told as by the engine itself."""
        while self.info is None:
            message = await self._living().next()
            if message is None:
                raise EngineError("The engine was closed before it was ready.")
            if isinstance(message, Problem) and message.fatal:
                raise as_error(message)
            if isinstance(message, Ready):
                self._welcome(message)
                return message
        return self.info

    def _welcome(self, message: Ready) -> None:
        if message.protocol != PROTOCOL:
            raise EngineError(
                "The engine is of another version than the app.",
                why=f"It speaks protocol {message.protocol}, the app {PROTOCOL}.",
                hint="Install the package again.",
            )
        self.info = message

    async def start(self, task: Task, settings: SearchSettings) -> None:
        """Ask for a run; its first event, or a Problem, comes with the messages."""
        await self.send(StartRun(task=task, settings=settings))

    async def resume(self, run: str) -> None:
        """Ask for an unfinished run of the state folder to go on; see ResumeRun for what comes."""
        await self.send(ResumeRun(run=run))

    async def act(self, act: Act) -> None:
        """Do something to the run: an event tells that it was done, a Refused that it makes no sense."""
        await self.send(act)

    async def send(self, command: Command) -> None:
        """Send a command. Raises EngineError when the engine has died."""
        await self._living().send(command)

    async def messages(self) -> AsyncIterator[Message]:
        """What the engine sends, in order, until `close`, or until a fatal Problem, which is the last.

        Raises EngineError when the engine dies; `restart` and a new iteration go on from there.
        """
        child = self._living()
        while (message := await child.next()) is not None:
            if isinstance(message, Ready):
                self._welcome(message)
            yield message
            if isinstance(message, Problem) and message.fatal:
                return

    async def restart(self) -> None:
        """End what is left of the engine and start a new one; wait for it with `ready`."""
        await self.close()
        await self.open()

    async def switch(self, settings: EngineSettings) -> None:
        """Go on with another model, backend or options: the engine ends, and one with these settings starts.

        A process of its own for each model is what gives all of its memory back. Wait for it with `ready`; where that
        raises, `switch` to what there was before.
        """
        self.settings = settings
        await self.restart()

    async def close(self) -> None:
        """End the engine: a run going on is stopped and kept. Kills what does not end in time."""
        child, self._child, self.info = self._child, None, None
        if child is not None:
            await child.close()

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return None if self._child is None else self._child.pid

    def _living(self) -> Child:
        if self._child is None:
            raise EngineError("The engine is not running.", hint="Start it first.")
        return self._child


def as_error(problem: Problem) -> ReasonTuiError:
    """The engine's problem as the error it was there."""
    kind = _KINDS.get(problem.exit_code, EngineError)
    return kind(problem.what, why=problem.why, hint=problem.hint)
