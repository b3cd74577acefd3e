"""Runs made by a real search with a scripted policy and a table for a sandbox: what an engine would have sent."""

from __future__ import annotations

from reason_tui.policy import SampleRequest
from reason_tui.search.control import Control
from reason_tui.search.driver import search
from reason_tui.search.events import Event, NodeAdded, SearchSettings
from reason_tui.search.sampling import PolicyThread
from reason_tui.tasks.types import CallCase, Task
from support.scripted import Script, ScriptedPolicy, TableSandbox

TASK = Task(
    id="double-1",
    prompt="Return x.",
    entry_point="f",
    signature="def f(x):",
    visible=(CallCase(args=("1",), expected="1"),),
)
TABLE = {"return x": 1.0, "return 0": 0.3, "return 1": 0.5, "return 2": 0.0}


async def events_of(script: Script, task: Task = TASK, **settings: object) -> list[Event]:
    """Every event of the run, in order: of a tree search, unless the settings name another."""
    sampler = PolicyThread(ScriptedPolicy(script))
    events: list[Event] = []
    try:
        await search(
            task,
            run="r",
            settings=SearchSettings(**{"strategy": "mcts"} | settings),
            sampler=sampler,
            sandbox=TableSandbox(TABLE),
            emit=events.append,
            control=Control(),
        )
    finally:
        await sampler.close()
    return events


def answers(*drafts: str, repairs: tuple[str, ...] = ()) -> Script:
    """A policy whose n-th program returns the n-th of `drafts`, over and over; `repairs` answer a repair."""
    asked = {"draft": 0, "repair": 0}

    def script(request: SampleRequest) -> list[str]:
        kind = "repair" if "This program is wrong" in request.messages[-1].content and repairs else "draft"
        values = repairs if kind == "repair" else drafts
        start = asked[kind]
        asked[kind] += request.n
        return [f"    return {values[(start + i) % len(values)]}\n" for i in range(request.n)]

    return script


async def solved_run() -> list[Event]:
    """Four drafts that do not pass (one of them twice, one raises), then repairs, of which the third passes."""
    script = answers("0", "2", "y", "0", "1", "1", "2", "0", repairs=("2", "1", "x", "0"))
    return await events_of(script, budget=16, width=4, seed=1)


async def stopped_run() -> list[Event]:
    """Two replies without a program; the second as one is that was stopped while it was written."""
    events = await events_of(lambda request: ["    return ((\n"] * request.n, budget=2, width=2)
    return [_stopped(event) if isinstance(event, NodeAdded) and event.node == 2 else event for event in events]


def _stopped(added: NodeAdded) -> NodeAdded:
    cancelled = added.completion.model_copy(update={"finish": "cancelled"})
    return added.model_copy(update={"completion": cancelled, "rejection": "stopped while it was being written"})
