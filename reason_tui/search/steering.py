"""A person's acts upon a search that goes on: told at once, and what follows from them done beside the search.

New and stale programs are judged as soon as they are there, paused or not; the search waits for that (`settled`)
before it decides anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Protocol

from reason_tui.errors import ReasonTuiError, RefusedError
from reason_tui.search import acts
from reason_tui.search import events as ev
from reason_tui.search.acting import events_of
from reason_tui.search.asking import Asking
from reason_tui.search.control import Control
from reason_tui.search.judging import Emit, Judging
from reason_tui.search.placing import objection
from reason_tui.search.tree import Tree


class Script(Protocol):
    """What a person did to a recorded run. Each event is given once, in the order in which it was done."""

    def after(self, event: ev.Event) -> Iterator[ev.Event]:
        """What was done when `event` and all before it had come, as far as that can be told."""
        ...

    def before(self, expansion: int) -> Iterator[ev.Event]:
        """The rest of what was done before the expansion of this number was asked for."""
        ...


class Steering:
    """Takes the acts of `control` from `begin` to `end`, or those of a `script`, in a search that is made again."""

    def __init__(
        self,
        tree: Tree,
        judging: Judging,
        asking: Asking,
        emit: Emit,
        control: Control,
        script: Script | None = None,
    ) -> None:
        self._tree = tree
        self._judging = judging
        self._asking = asking
        self._emit = emit
        self._control = control
        self._script = script
        self._judged: asyncio.Task[None] | None = None
        self._asked: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()

    def begin(self) -> None:
        """The run has begun: acts are taken from now on."""
        self._control.steered_by(self.act)

    async def end(self) -> None:
        """No more acts. What was begun is given up: a run that goes on will do it."""
        self._control.steered_by(None)
        for task in (self._judged, self._asked):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})

    def act(self, act: acts.Act) -> None:
        """Do it. Raises RefusedError where it makes no sense, and what emitting raises."""
        if isinstance(act, acts.AskQuestion):
            self._ask(act)
            return
        for event in events_of(self._tree, act, self._judging.met):
            self.take(event)

    def take(self, event: ev.Event) -> None:
        """Emit an event of a person, and begin what follows from it."""
        if isinstance(event, ev.HandEdited):
            self._judging.original(event.program, event.node)
        self._emit(event)
        if isinstance(event, ev.QuestionAnswered):
            self._answered.set()
        if self._judging.due() and (self._judged is None or self._judged.done()):
            self._judged = asyncio.create_task(self._judging.settle())

    async def settled(self) -> None:
        """Wait until every program that counts was judged by the tests as they are. Raises what judging raised."""
        if self._script is not None:
            self._take_again(self._script.before(len(self._tree.expansions)))
        while self._judged is not None or self._judging.due():
            judged = self._judged or asyncio.create_task(self._judging.settle())
            self._judged = judged
            await asyncio.shield(judged)
            if self._judged is judged:
                self._judged = None

    def follow(self, event: ev.Event) -> None:
        """An event was emitted: in a search that is made again, what was done at this moment is done again."""
        if self._script is not None:
            self._take_again(self._script.after(event))

    def _take_again(self, events: Iterable[ev.Event]) -> None:
        for event in events:
            if not objection(self._tree, event):
                self.take(event)

    async def asked(self) -> bool:
        """At the end of a search: ask about what the tests leave open, and wait for the answer.

        Whether there was one that changed the tests. Asks on while an answer leaves another question.
        """
        changed = False
        while self._script is None and not self._control.stopped and await self._open_question():
            tests = self._tree.tests
            await self._wait_for_answer()
            await self.settled()
            changed = changed or self._tree.tests != tests
        return changed

    async def _open_question(self) -> bool:
        self._answered.clear()
        if self._tree.question is None:
            question = await self._asking.question(waiting=True)
            if question is not None:
                self._emit(question)
        return self._tree.question is not None

    async def _wait_for_answer(self) -> None:
        stopped = asyncio.create_task(self._control.wait_for_stop())
        answered = asyncio.create_task(self._answered.wait())
        try:
            await asyncio.wait({stopped, answered}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            answered.cancel()

    def _ask(self, act: acts.AskQuestion) -> None:
        if self._tree.question is not None:
            raise RefusedError("There is a question already.", why="It waits for its answer.")
        if self._asked is not None and not self._asked.done():
            raise RefusedError("A question is being looked for.")
        self._asked = asyncio.create_task(self._look(act))

    async def _look(self, act: acts.AskQuestion) -> None:
        try:
            question = await self._asking.question(waiting=False)
        except ReasonTuiError as error:
            self._control.refuse(act, RefusedError(error.what, why=error.why, hint=error.hint))
            return
        if self._tree.question is not None:
            return  # the search's own came first
        if question is None:
            self._control.refuse(act, RefusedError("There is nothing to ask.", why=self._asking.why_not))
        else:
            self._emit(question)
