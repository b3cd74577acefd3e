"""Runs a search: asks the strategy, calls the policy, runs the programs, tells the tree, until it is over.

Every change of the tree is an event that was emitted first, and in an order that depends on nothing but the seed
and the verdicts.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reason_tui import __version__
from reason_tui.errors import BackendError, ReasonTuiError
from reason_tui.policy import Completion, SampleRequest
from reason_tui.programs import Extraction, extract
from reason_tui.prompts import Prompt, draft, repair
from reason_tui.sandbox.types import Sandbox
from reason_tui.search import events as ev
from reason_tui.search.answer import best
from reason_tui.search.control import Control
from reason_tui.search.judging import Emit, Judging
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.strategies import STRATEGIES, Ask
from reason_tui.search.tree import Node, Tree
from reason_tui.tasks.types import Task

OnToken = Callable[[int, str], None]
"""Called with the node that is being generated and its new text, from the policy's thread."""


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
    driver = _Driver(task, settings, sampler, sandbox, emit, control or Control(), on_token)
    return await driver.run(run)


class _Driver:
    def __init__(
        self,
        task: Task,
        settings: ev.SearchSettings,
        sampler: PolicyThread,
        sandbox: Sandbox,
        emit: Emit,
        control: Control,
        on_token: OnToken,
    ) -> None:
        self._task = task
        self._settings = settings
        self._sampler = sampler
        self._sandbox = sandbox
        self._sink = emit
        self._control = control
        self._on_token = on_token
        self._strategy = STRATEGIES[settings.strategy]
        self._tree = Tree()
        self._judging = Judging(task, settings.limits, sandbox, self._tree, self._emit)
        self._begun = time.monotonic()

    async def run(self, run: str) -> Tree:
        """From RunStarted to RunFinished."""
        self._emit(
            ev.RunStarted(
                run=run,
                task=self._task,
                settings=self._settings,
                policy=self._sampler.info,
                sandbox=self._sandbox.describe(),
                app_version=__version__,
            )
        )
        reason: ev.FinishReason = "failed"
        message = ""
        try:
            with self._deadline():
                reason = await self._search()
            if not self._task.visible and reason != "stopped":
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

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """A budget in seconds cuts short what is being generated when it is spent."""
        if self._settings.seconds is None:
            yield
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._settings.seconds, self._control.cancel.cancel)
        try:
            yield
        finally:
            timer.cancel()

    async def _search(self) -> ev.FinishReason:
        if self._task.given is not None:
            await self._judging.given(self._task.given)
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
            await self._expand(ask)

    def _solved(self) -> bool:
        return any(node.status == "passed" for node in self._tree.nodes.values())

    def _spent(self) -> bool:
        ledger, settings = self._tree.ledger, self._settings
        return (
            ledger.completions >= settings.budget
            or (settings.tokens is not None and ledger.tokens >= settings.tokens)
            or (settings.seconds is not None and time.monotonic() - self._begun >= settings.seconds)
        )

    # One expansion: prompt, policy call, programs, verdicts.

    async def _expand(self, ask: Ask) -> None:
        parent = self._tree.nodes[ask.parent]
        prompt = self._prompt(parent)
        started = self._start(ask, parent, prompt)
        request = SampleRequest(
            messages=prompt.messages,
            prefix=prompt.prefix,
            n=len(started.nodes),
            temperature=ask.temperature,
            top_p=self._settings.top_p,
            max_tokens=self._settings.max_tokens,
            stop=prompt.stop,
            seed=started.seed,
            node=ask.parent,
        )
        completions = await self._sample(request, started)
        if not completions:
            return
        fresh = [
            self._add(started, node, prompt, completion)
            for node, completion in zip(started.nodes, completions, strict=True)
        ]
        await self._judging.judge(fresh)

    def _prompt(self, parent: Node) -> Prompt:
        if parent.program is None or parent.verdict is None:
            return draft(self._task)
        return repair(self._task, parent.program, parent.verdict)

    def _start(self, ask: Ask, parent: Node, prompt: Prompt) -> ev.ExpansionStarted:
        expansion = len(self._tree.expansions)
        first = self._tree.next_node
        left = self._settings.budget - self._tree.ledger.completions
        started = ev.ExpansionStarted(
            expansion=expansion,
            parent=ask.parent,
            origin="draft" if parent.program is None else "repair",
            nodes=tuple(range(first, first + min(ask.n, left))),
            messages=prompt.messages,
            prefix=prompt.prefix,
            temperature=ask.temperature,
            seed=_seed(self._settings.seed, expansion),
        )
        self._emit(started)
        return started

    async def _sample(self, request: SampleRequest, started: ev.ExpansionStarted) -> list[Completion]:
        def stream(sibling: int, text: str) -> None:
            self._on_token(started.nodes[sibling], text)

        begun = time.monotonic()
        try:
            completions = await self._sampler.sample(request, stream, self._control.cancel)
        except BackendError as error:
            self._emit(ev.ExpansionFailed(expansion=started.expansion, message=str(error)))
            if not self._tree.candidates():
                raise
            return []
        seconds = time.monotonic() - begun
        self._emit(ev.ExpansionSampled(expansion=started.expansion, seconds=seconds))
        return completions

    def _add(self, started: ev.ExpansionStarted, node: int, prompt: Prompt, completion: Completion) -> Node:
        found = _program(prompt, completion, self._task)
        original = None if found.program is None else self._judging.original(found.program, node)
        self._emit(
            ev.NodeAdded(
                expansion=started.expansion,
                node=node,
                completion=completion,
                program=found.program,
                rejection=found.reason,
                duplicate_of=original,
            )
        )
        return self._tree.nodes[node]

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
            )
        )

    def _emit(self, event: ev.Event) -> None:
        """Told first (the journal writes it), then folded."""
        self._sink(event)
        self._tree.apply(event)


def _program(prompt: Prompt, completion: Completion, task: Task) -> Extraction:
    if completion.finish == "cancelled":
        return Extraction(program=None, reason="stopped while it was being written")
    return extract(prompt.prefix + completion.text, task)


def _seed(seed: int, expansion: int) -> int:
    """A seed for each expansion that nearby run seeds do not share."""
    digest = hashlib.blake2b(f"{seed}:{expansion}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) & 0x7FFFFFFF
