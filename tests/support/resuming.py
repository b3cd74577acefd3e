"""Runs that are cut off and go on: a policy whose answers depend on the request alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from reason_tui.policy import SampleRequest
from reason_tui.search import events as ev
from reason_tui.search.control import Control
from reason_tui.search.driver import resume, search
from reason_tui.search.past import Past
from reason_tui.search.sampling import PolicyThread
from reason_tui.tasks.types import CallCase, Task
from support.scripted import Script, ScriptedPolicy, TableSandbox

TASK = Task(
    id="t",
    prompt="Return x.",
    entry_point="f",
    signature="def f(x):",
    visible=(CallCase(args=("1",), expected="1"),),
)
TABLE = {"return x": 1.0, "return 0": 0.3, "return 1": 0.5, "return 2": 0.0}


def by_seed(*bodies: str) -> Script:
    """Bodies drawn by the request's seed and the sibling's index: the same request gives the same siblings."""

    def script(request: SampleRequest) -> list[str]:
        drawn = (hashlib.blake2b(f"{request.seed}:{i}".encode()).digest()[0] for i in range(request.n))
        return [f"    return {bodies[value % len(bodies)]}\n" for value in drawn]

    return script


class Bench:
    """A policy and a sandbox of its own for one part of a run; keeps what was asked of them."""

    def __init__(self, script: Script) -> None:
        self.policy = ScriptedPolicy(script)
        self.sandbox = TableSandbox(TABLE)
        self.control = Control()
        self.events: list[ev.Event] = []

    async def search(self, task: Task = TASK, **settings: Any) -> list[ev.Event]:
        """The events of a whole run: of a tree search, unless the settings name another."""
        asked = ev.SearchSettings(**{"strategy": "mcts"} | settings)
        return await self._run(search, task, run="r", settings=asked)

    async def resume(self, past: Sequence[ev.Event]) -> list[ev.Event]:
        """The events with which a run goes on."""
        return await self._run(resume, Past.of(past))

    async def _run(self, how: Any, *what: Any, **more: Any) -> list[ev.Event]:
        sampler = PolicyThread(self.policy)
        parts = {"sampler": sampler, "sandbox": self.sandbox, "control": self.control}
        try:
            await how(*what, **more, **parts, emit=self._emit)
        finally:
            await sampler.close()
        return self.events

    def _emit(self, event: ev.Event) -> None:
        self.events.append(event)
        self.told(event)

    def told(self, event: ev.Event) -> None:
        """For tests that act upon an event."""
