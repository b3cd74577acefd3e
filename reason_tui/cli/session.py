"""One run in an engine of its own, from a command: messages are shown as they come, Ctrl+C stops and keeps the best."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from reason_tui.cli.asking import answer
from reason_tui.cli.edge import INTERRUPTED
from reason_tui.cli.stdin import Lines
from reason_tui.engine.client import EngineClient, as_error
from reason_tui.engine.protocol import EngineSettings, Message, Problem, Ready, Refused, RunEvent, Stop
from reason_tui.engine.walls import not_holding
from reason_tui.errors import EngineError
from reason_tui.runs.fold import RunView
from reason_tui.runs.folders import run_folder
from reason_tui.runs.journal import read_events
from reason_tui.search.acts import Answer
from reason_tui.search.events import QuestionAsked, RunContinued, RunFinished, SearchSettings
from reason_tui.tasks.types import Task

Begin = Callable[[EngineClient], Awaitable[None]]
"""Asks the engine for the run."""


class Observer(Protocol):
    """What shows a run while it goes on."""

    def ready(self, ready: Ready) -> None:
        """The model is loaded."""
        ...

    def message(self, view: RunView, message: Message) -> None:
        """`message` came; `view` has it folded in already."""
        ...

    def stopping(self) -> None:
        """The user asked for an end."""
        ...

    def question(self, view: RunView, asked: QuestionAsked) -> None:
        """The search waits for an answer, which is read from standard input."""
        ...

    def refused(self, refusal: Refused) -> None:
        """What the user typed makes no sense."""
        ...

    def died(self, death: EngineError) -> None:
        """The engine died, and the run goes on in a new one."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


def run_task(task: Task, engine: EngineSettings, search: SearchSettings, observer: Observer) -> tuple[RunView, bool]:
    """Search `task`; the finished run, and whether the user stopped it.

    An engine that dies is replaced and the run goes on, as long as each of them gets somewhere. Raises what kept the
    engine or the run from working, KeyboardInterrupt when stopped before there was a run.
    """
    return _run(RunView(), lambda client: client.start(task, search), engine, observer)


def resume_run(run: str, view: RunView, engine: EngineSettings, observer: Observer) -> tuple[RunView, bool]:
    """Go on with the run of this whole name, of which `view` is what there is; else as `run_task`."""
    return _run(view, lambda client: client.resume(run), engine, observer)


def _run(view: RunView, begin: Begin, engine: EngineSettings, observer: Observer) -> tuple[RunView, bool]:
    try:
        return asyncio.run(_Session(view, begin, engine, observer).run())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        observer.close()


class _Session:
    def __init__(self, view: RunView, begin: Begin, engine: EngineSettings, observer: Observer) -> None:
        self._view = view
        self._begin = begin
        self._engine = engine
        self._observer = observer
        self._interrupted = False
        self._lines = Lines()
        self._answering: asyncio.Task[None] | None = None

    async def run(self) -> tuple[RunView, bool]:
        async with EngineClient(self._engine) as client:
            before_the_run = asyncio.current_task()
            assert before_the_run is not None, "run by asyncio.run"
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGINT, before_the_run.cancel)
            self._check(await client.ready())
            loop.add_signal_handler(signal.SIGINT, self._interrupt, client)
            await self._begin(client)
            try:
                while (death := await self._follow(client)) is not None:
                    await self._replace(client, death)
            finally:
                if self._answering is not None:
                    self._answering.cancel()
            return self._view, self._interrupted

    async def _follow(self, client: EngineClient) -> EngineError | None:
        """Take in messages until the run is over: None, or how the engine died. Raises what made the run fail."""
        before = self._view.ledger.completions
        problem = None
        try:
            async for message in client.messages():
                problem = message if isinstance(message, Problem) else None
                if problem is not None or self._apply(message):
                    break
                self._ask(client, message)
        except EngineError as death:
            if self._catch_up():
                return None
            if self._interrupted or self._view.ledger.completions == before:
                raise
            return death
        if problem is not None:
            raise as_error(problem)
        return None

    def _catch_up(self) -> bool:
        """Take in what the dead engine wrote and did not tell any more; whether the run was over."""
        over = False
        if self._view.started is not None:
            run = self._view.started.run
            for seq, event in enumerate(read_events(run_folder(Path(self._engine.state_dir), run))):
                if seq >= self._view.events:
                    over = self._apply(RunEvent(run=run, seq=seq, event=event))
        return over

    async def _replace(self, client: EngineClient, death: EngineError) -> None:
        """Go on with the run in a new engine."""
        assert self._view.started is not None, "it had completions"
        self._observer.died(death)
        await client.restart()
        self._check(await client.ready())
        await client.resume(self._view.started.run)
        if self._interrupted:
            await client.send(Stop())

    def _check(self, ready: Ready) -> None:
        if not ready.sandbox_ok and not self._engine.unsafe_local:
            raise not_holding(ready.sandbox)
        self._observer.ready(ready)

    def _apply(self, message: Message) -> bool:
        """Take a message in; whether it was the last. A run that failed says why after its last event."""
        if isinstance(message, RunEvent):
            self._view.apply(message.event)
        self._observer.message(self._view, message)
        ended = message.event if isinstance(message, RunEvent) else None
        return isinstance(ended, RunFinished) and ended.reason != "failed"

    def _ask(self, client: EngineClient, message: Message) -> None:
        """Where the search waits for an answer: ask for it, once more if it made no sense, or if the engine died."""
        asked = self._view.tree.question
        again = isinstance(message, Refused) and isinstance(message.act, Answer)
        came = isinstance(message, RunEvent) and isinstance(message.event, QuestionAsked | RunContinued)
        if asked is None or not asked.waiting or self._interrupted or not (again or came):
            return
        if isinstance(message, Refused):
            self._observer.refused(message)
        else:
            self._observer.question(self._view, asked)
        if self._answering is not None:
            self._answering.cancel()
        self._answering = asyncio.create_task(self._answer(client, asked))

    async def _answer(self, client: EngineClient, asked: QuestionAsked) -> None:
        while (act := answer(asked, await self._lines.next())) is None:
            pass
        with contextlib.suppress(EngineError):  # the message loop tells of its death
            await client.act(act)

    def _interrupt(self, client: EngineClient) -> None:
        """First: stop and keep the best. Again: leave; the engine ends with us, and the journal has what there is."""
        if self._interrupted:
            self._observer.close()
            os._exit(INTERRUPTED)
        self._interrupted = True
        self._observer.stopping()
        self._stopping = asyncio.ensure_future(_stop(client))


async def _stop(client: EngineClient) -> None:
    try:
        await client.send(Stop())
    except EngineError:
        return  # the message loop tells of its death
