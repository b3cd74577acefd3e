"""Runs a search: asks the strategy, makes the expansion, tells the tree, until it is over; or goes on with one.

Every change of the tree is an event that was emitted first, and in an order that depends on nothing but the seed
and the verdicts. So a run that was cut off anywhere and goes on decides as if nothing had happened.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from reason_tui import __version__
from reason_tui.errors import ReasonTuiError
from reason_tui.sandbox.types import Sandbox
from reason_tui.search import events as ev
from reason_tui.search.answer import best
from reason_tui.search.control import Control
from reason_tui.search.expanding import Expanding, OnToken
from reason_tui.search.judging import Emit, Judging
from reason_tui.search.past import Past
from reason_tui.search.referee import Referee, SandboxReferee
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.strategies import STRATEGIES, Strategy
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import Task


def no_tokens(node: int, text: str) -> None:
    """For callers that do not stream."""


async def search(
    task: Task,
    *,
    run: str,
    settings: ev.SearchSettings,
    sampler: PolicyThread,
    sandbox: Sandbox,
    emit: Emit,
    control: Control | None = None,
    on_token: OnToken = no_tokens,
) -> Tree:
    """Search `task` and return the tree. The first event is RunStarted, the last RunFinished, whatever happens.

    Raises what the policy, the sandbox or `emit` raised, after RunFinished(reason="failed") was emitted
    (unless it is `emit` that fails). Cancelling the task cancels the policy call too.
    """
    referee = SandboxReferee(task, settings.limits, sandbox)
    driver = Driver(task, settings, Tree(), sampler, referee, emit, control=control, on_token=on_token)
    return await driver.run(
        ev.RunStarted(
            run=run,
            task=task,
            settings=settings,
            policy=sampler.info,
            sandbox=sandbox.describe(),
            app_version=__version__,
        )
    )


async def resume(
    past: Past,
    *,
    sampler: PolicyThread,
    sandbox: Sandbox,
    emit: Emit,
    control: Control | None = None,
    on_token: OnToken = no_tokens,
) -> Tree:
    """Go on where `past` ends, as `search` would have; the first event is RunContinued.

    Nothing of the past is sampled or executed again. An expansion whose samples are missing is made as it was asked
    for. Raises what `search` raises.
    """
    task, settings = past.started.task, past.started.settings
    referee = SandboxReferee(task, settings.limits, sandbox)
    driver = Driver(task, settings, past.tree, sampler, referee, emit, control=control, on_token=on_token)
    return await driver.run(
        ev.RunContinued(policy=sampler.info, sandbox=sandbox.describe(), app_version=__version__),
    )


class Driver:
    """One search of `task` that grows `tree`. `search` and `resume` are the usual ways to one."""

    def __init__(
        self,
        task: Task,
        settings: ev.SearchSettings,
        tree: Tree,
        sampler: PolicyThread,
        referee: Referee,
        emit: Emit,
        *,
        control: Control | None = None,
        on_token: OnToken = no_tokens,
        strategy: Strategy | None = None,
    ) -> None:
        """`strategy` is the one of the settings, if none is given."""
        self._task = task
        self._settings = settings
        self._sink = emit
        self._control = control or Control()
        self._strategy = strategy or STRATEGIES[settings.strategy]
        self._tree = tree
        self._judging = Judging(task, tree, referee, self._emit)
        self._expanding = Expanding(task, settings, tree, sampler, self._judging, self._emit, self._control, on_token)
        self._begun = time.monotonic() - tree.seconds

    async def run(self, first: ev.RunStarted | ev.RunContinued) -> Tree:
        """From the `first` event to RunFinished."""
        self._emit(first)
        reason: ev.FinishReason = "failed"
        message = ""
        try:
            with self._deadline():
                reason = await self._search()
            if not self._task.visible and reason != "stopped" and not self._tree.compared:
                await self._judging.compare()
        except ReasonTuiError as error:
            reason, message = "failed", str(error)
            raise
        except asyncio.CancelledError:
            self._control.stop()
            reason = "stopped"
            raise
        finally:
            self._finish(reason, message)
        return self._tree

    @property
    def _seconds(self) -> float:
        """How long was searched, before an interruption too."""
        return time.monotonic() - self._begun

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """A budget in seconds cuts short what is being generated when it is spent."""
        if self._settings.seconds is None:
            yield
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._settings.seconds - self._seconds, self._control.cancel.cancel)
        try:
            yield
        finally:
            timer.cancel()

    async def _search(self) -> ev.FinishReason:
        if self._task.given is not None and self._tree.root.reward is None:
            await self._judging.given(self._task.given)
        for expansion in self._tree.unfinished():
            await self._expanding.complete(expansion)
        while True:
            if self._solved():
                return "solved"
            await self._control.wait_for_turn()
            if self._control.stopped:
                return "stopped"
            if self._spent():
                return "budget"
            ask = self._strategy.ask(self._tree, self._settings)
            if ask is None:
                return "exhausted"
            await self._expanding.expand(ask)

    def _solved(self) -> bool:
        return any(node.status == "passed" for node in self._tree.nodes.values())

    def _spent(self) -> bool:
        ledger, settings = self._tree.ledger, self._settings
        return (
            ledger.completions >= settings.budget
            or (settings.tokens is not None and ledger.tokens >= settings.tokens)
            or (settings.seconds is not None and self._seconds >= settings.seconds)
        )

    def _finish(self, reason: ev.FinishReason, message: str = "") -> None:
        answer = best(self._tree)
        outcome: ev.Outcome = "unsolved"
        if answer is not None and answer.status == "passed":
            outcome = "solved"
        elif answer is not None and answer.status == "unverified":
            outcome = "unverified"
        self._emit(
            ev.RunFinished(
                reason=reason,
                outcome=outcome,
                answer=None if answer is None else answer.id,
                ledger=self._tree.ledger,
                message=message,
                seconds=self._seconds,
            )
        )

    def _emit(self, event: ev.Event) -> None:
        """Told first (the journal writes it), then folded."""
        self._sink(event)
        self._tree.apply(event)
