"""One run in the engine: the search, its journal, and what the user does to it."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from reason_tui.engine.outbox import Outbox
from reason_tui.engine.protocol import Problem, Ready, Refused, ResumeRun, RunEvent, StartRun
from reason_tui.engine.same import check_same
from reason_tui.engine.telemetry import Telemetry
from reason_tui.errors import EngineError, ReasonTuiError, RefusedError
from reason_tui.runs.folders import new_run_id, run_folder, runs_dir
from reason_tui.runs.journal import JournalWriter
from reason_tui.runs.records import add_to_record, load_record
from reason_tui.sandbox.types import Sandbox
from reason_tui.search import events as ev
from reason_tui.search.acts import Act
from reason_tui.search.control import Control
from reason_tui.search.driver import resume, search
from reason_tui.search.past import Past
from reason_tui.search.record import Record
from reason_tui.search.recording import record_of
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.strategies import BY_RECORD
from reason_tui.search.tree import Tree

Search = Callable[..., Coroutine[Any, Any, Tree]]
"""`search` or `resume`, with all that distinguishes one run from another."""


class EngineRun:
    """A run from its journal's first line to its last. Made and used in the event loop's thread."""

    def __init__(self, run: str, journal: JournalWriter, search: Search, outbox: Outbox) -> None:
        self.id = run
        self._journal = journal
        self._search = search
        self._outbox = outbox
        self._telemetry = Telemetry(outbox)
        self._control = Control()
        self._control.refuse = lambda act, error: outbox.send(refused(act, error))
        self._held = False
        self._learn: Callable[[Record], object] = lambda found: None
        """Told what the run shows of the model, once it came to its end."""
        self._came_to_its_end = False
        self._going = False
        """Between the first event and RunFinished: the only time in which the user's acts belong in the journal."""
        self.over = False
        """Whether the last event was told, or there will be none."""

    @classmethod
    def begin(cls, command: StartRun, state_dir: Path, outbox: Outbox, ready: Ready) -> EngineRun:
        """A new run, told what is known of its model, unless its settings say.

        Raises JournalError where it cannot be saved: better no run than one that is lost.
        """
        run = new_run_id(command.task)
        journal = JournalWriter(runs_dir(state_dir) / run)
        settings = command.settings
        if settings.record is None and settings.strategy in BY_RECORD:
            settings = settings.model_copy(update={"record": load_record(state_dir, ready.policy)})
        made = cls(run, journal, partial(search, command.task, run=run, settings=settings), outbox)
        made._learn = partial(add_to_record, state_dir, ready.policy)
        return made

    @classmethod
    def go_on(cls, command: ResumeRun, state_dir: Path, outbox: Outbox, ready: Ready) -> EngineRun:
        """A run that was begun by another engine.

        Raises RunNotFoundError, JournalError where its journal is damaged or being written, UsageError where the run is
        over or was made with another model or sandbox than those of `ready`.
        """
        journal, events = JournalWriter.reopen(run_folder(state_dir, command.run))
        try:
            past = Past.of(events)
            check_same(events, ready)
        except ReasonTuiError:
            journal.close()
            raise
        made = cls(command.run, journal, partial(resume, past), outbox)
        if past.started.branched_from is None:  # what it began with was added by the other run
            made._learn = partial(add_to_record, state_dir, ready.policy)
        return made

    def pause(self) -> None:
        """Hold before the next expansion."""
        self._control.pause()
        if not self._held:
            self._held = True
            self._note(ev.RunPaused())

    def resume(self) -> None:
        """Go on, if paused."""
        self._control.resume()
        if self._held:
            self._held = False
            self._note(ev.RunResumed())

    def step(self) -> None:
        """Make one expansion, then hold; pauses a run that was not paused."""
        if not self._held:
            self.pause()
        self._control.step()

    def stop(self) -> None:
        """End the search and keep the best."""
        self._control.stop()

    def act(self, act: Act) -> None:
        """Do something to the tree, the tests or the settings: told by its event, or refused."""
        try:
            self._control.act(act)
        except RefusedError as error:
            self._outbox.send(refused(act, error))
        except ReasonTuiError as error:  # the journal cannot be written
            self._control.stop()
            self._outbox.send(problem(error))

    async def work(self, sampler: PolicyThread, sandbox: Sandbox) -> None:
        """Search to the end. What goes wrong is told to the client; nothing is raised but cancellation."""
        telemetry = asyncio.create_task(self._telemetry.run())
        try:
            tree = await self._search(
                sampler=sampler,
                sandbox=sandbox,
                emit=self._emit,
                control=self._control,
                on_token=self._telemetry.on_token,
            )
            if self._came_to_its_end:
                self._learn(record_of(tree))
        except ReasonTuiError as error:
            self._outbox.send(problem(error, run=self.id))
        except MemoryError:
            self._outbox.send(problem(_no_memory(), run=self.id))
        except Exception as error:  # noqa: BLE001 the engine outlives a run, whatever its fault
            traceback.print_exc()
            self._outbox.send(problem(_internal(error), run=self.id))
        finally:
            self._end()
            telemetry.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await telemetry
            self._journal.close()

    def _note(self, event: ev.Event) -> None:
        """An event that is the user's doing, not the search's. A failing journal stops the run."""
        if not self._going:
            return
        try:
            self._emit(event)
        except ReasonTuiError as error:
            self._control.stop()
            self._outbox.send(problem(error))

    def _emit(self, event: ev.Event) -> None:
        """On disk first, then told."""
        seq = self._journal.append(event)
        self._telemetry.flush()
        if isinstance(event, ev.RunFinished):
            self._telemetry.measure()  # a brief run has no other figure
        self._outbox.send(RunEvent(run=self.id, seq=seq, event=event))
        if isinstance(event, ev.RunStarted | ev.RunContinued):
            self._going = True
            if self._held:
                self._emit(ev.RunPaused())  # asked for before there was anything to hold
        elif isinstance(event, ev.RunFinished):
            self._came_to_its_end = event.final
            self._end()

    def _end(self) -> None:
        self._going = False
        self.over = True


def problem(error: ReasonTuiError, *, run: str | None = None, fatal: bool = False) -> Problem:
    """The error as the client is told it."""
    return Problem(what=error.what, why=error.why, hint=error.hint, exit_code=error.exit_code, run=run, fatal=fatal)


def refused(act: Act, error: RefusedError) -> Refused:
    """The refusal as the client is told it."""
    return Refused(act=act, what=error.what, why=error.why, hint=error.hint)


def _no_memory() -> ReasonTuiError:
    return EngineError(
        "The engine ran out of memory.",
        why="The run ended; what it found is in its journal.",
        hint="Close other programs, or use a smaller model or `context_length`; then `reason-tui runs resume last`.",
    )


def _internal(error: Exception) -> ReasonTuiError:
    return ReasonTuiError(
        "The run failed because of a fault in reason_tui.",
        why=f"{type(error).__name__}: {error}",
        hint="What was found so far is in the run's journal; the details are in engine.log.",
    )
