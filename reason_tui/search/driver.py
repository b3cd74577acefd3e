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
from reason_tui.search.answer import best, solved
from reason_tui.search.asking import Asking
from reason_tui.search.control import Control
from reason_tui.search.effort import Effort
from reason_tui.search.expanding import Expanding, OnToken
from reason_tui.search.judging import Emit, Judging
from reason_tui.search.past import Past
from reason_tui.search.pipeline import Pipeline
from reason_tui.search.referee import Referee, SandboxReferee
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.steering import Script, Steering
from reason_tui.search.strategies import STRATEGIES, Ask, Strategy
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
    referee = SandboxReferee(settings.limits, sandbox)
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
    referee = SandboxReferee(settings.limits, sandbox)
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
        script: Script | None = None,
    ) -> None:
        """`strategy` is the one of the settings, if none is given; `script` is what was done to a recorded run."""
        self._task = task
        self._first_settings = settings
        self._sink = emit
        self._control = control or Control()
        self._strategy = strategy
        self._tree = tree
        self._judging = Judging(tree, referee, self._emit)
        self._steering = Steering(tree, self._judging, Asking(tree, referee), self._emit, self._control, script)
        self._effort = Effort()
        self._expanding = Expanding(tree, sampler, self._judging, self._emit, self._control, on_token, self._effort)
        self._pipeline = Pipeline(
            tree, self._expanding, self._judging, settings.in_flight, self._solved, self._control.cut_short
        )
        self._begun = time.monotonic() - tree.seconds
        self._alarm: asyncio.TimerHandle | None = None

    async def run(self, first: ev.RunStarted | ev.RunContinued) -> Tree:
        """From the `first` event to RunFinished."""
        self._emit(first)
        self._steering.begin()
        reason: ev.FinishReason = "failed"
        message = ""
        try:
            reason = await self._to_the_end()
        except ReasonTuiError as error:
            reason, message = "failed", str(error)
            raise
        except asyncio.CancelledError:
            self._control.stop()
            reason = "stopped"
            raise
        finally:
            await self._steering.end()
            self._judging.close()
            self._finish(reason, message)
        return self._tree

    @property
    def _seconds(self) -> float:
        """How long was searched, before an interruption too."""
        return time.monotonic() - self._begun

    @property
    def _settings(self) -> ev.SearchSettings:
        """As they are now: a person may change them."""
        return self._tree.settings or self._first_settings

    @property
    def _now(self) -> Task:
        """The task with the visible tests as they are now."""
        return self._tree.task or self._task

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """A budget in seconds cuts short what is being generated when it is spent."""
        self._set_alarm()
        try:
            yield
        finally:
            if self._alarm is not None:
                self._alarm.cancel()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        if self._settings.seconds is not None:
            left = self._settings.seconds - self._seconds
            self._alarm = asyncio.get_running_loop().call_later(left, self._control.cut_short)

    async def _to_the_end(self) -> ev.FinishReason:
        """Search, and where nothing is visible compare; and again where a test came meanwhile."""
        while True:
            tests = self._tree.tests
            with self._deadline():
                reason = await self._search()
            if self._now.visible or reason == "stopped" or self._tree.compared:
                return reason
            await self._judging.compare()
            if self._tree.tests == tests:
                return reason

    async def _search(self) -> ev.FinishReason:
        """Until the end, and on where a person's answer to the question at the end makes it none."""
        if self._task.given is not None and self._tree.root.reward is None:
            await self._judging.given(self._task.given)
        while True:
            reason = await self._grow()
            if reason == "stopped" or not (self._settings.ask and await self._steering.asked()):
                return "stopped" if self._control.stopped else reason
            self._control.renew()

    async def _grow(self) -> ev.FinishReason:
        await self._pipeline.catch_up()
        while True:
            await asyncio.sleep(0)  # what was asked for by now is done first
            await self._steering.settled()
            if not self._solved():
                if self._control.paused:
                    await self._pipeline.land()  # whoever holds a search wants to see what it found
                await self._control.wait_for_turn()
                await self._steering.settled()
            if self._solved():
                return "solved"
            over = self._over()
            if over != "stopped" and self._pipeline.overtaken:  # a test of this moment made the pass none
                if not over:
                    self._control.renew()
                await self._pipeline.catch_up()
                continue
            if not over and await self._expanding.prepare():
                continue
            ask = None if over else self._decide()
            if ask is not None:
                await self._pipeline.expand(ask)
            elif over:
                if over != "stopped":  # a run that is stopped may go on, and then as if it had not been
                    await self._land()
                return "solved" if self._solved() else over
            elif not await self._pipeline.tell_oldest():
                return "exhausted"

    async def _land(self) -> None:
        """Tell all that is in flight, by the tests as they are now, unless something of it ends the search."""
        while True:
            await self._pipeline.land()
            await self._steering.settled()
            if self._solved() or not self._pipeline.flying:
                return

    def _decide(self) -> Ask | None:
        strategy = self._strategy or STRATEGIES[self._settings.strategy]
        return strategy.ask(self._tree, self._settings)

    def _over(self) -> ev.FinishReason | None:
        """Why no further expansion may be made."""
        if self._control.stopped:
            return "stopped"
        return "budget" if self._spent() else None

    def _solved(self) -> bool:
        return solved(self._tree) and self._judging.confirmed(self._settings.confirm)

    def _spent(self) -> bool:
        ledger, settings = self._tree.ledger, self._settings
        return (
            (settings.budget is not None and ledger.completions >= settings.budget)
            or (settings.tokens is not None and ledger.tokens >= settings.tokens)
            or (settings.programs is not None and ledger.programs >= settings.programs)
            or (settings.seconds is not None and self._seconds >= settings.seconds)
        )

    def _finish(self, reason: ev.FinishReason, message: str = "") -> None:
        answer = best(self._tree)
        outcome: ev.Outcome = "unsolved"
        if answer is not None and answer.status == "passed":
            outcome = "solved"
        elif answer is not None and answer.status == "unverified":
            outcome = "unverified"
        effort = self._effort.take()
        self._emit(
            ev.RunFinished(
                reason=reason,
                outcome=outcome,
                answer=None if answer is None else answer.id,
                ledger=self._tree.ledger.charge_controller(effort),
                message=message,
                seconds=self._seconds,
                controller_s=effort,
            )
        )

    def _emit(self, event: ev.Event) -> None:
        """Told first (the journal writes it), then folded."""
        self._sink(event)
        self._tree.apply(event)
        if isinstance(event, ev.SettingsChanged):
            self._set_alarm()
        self._steering.follow(event)
