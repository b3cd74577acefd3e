"""Events of a real search with a scripted model, for journals to hold."""

from __future__ import annotations

import pytest
from support.scripted import ScriptedPolicy, TableSandbox

from reason_tui.policy import SampleRequest
from reason_tui.search.driver import search
from reason_tui.search.events import Event, SearchSettings
from reason_tui.search.sampling import PolicyThread
from reason_tui.tasks.types import AssertCase, CallCase, Task

TASK = Task(
    id="add",
    prompt="Add two numbers.\n\x1b[31m>>> add(1, 2)\n3",
    entry_point="add",
    visible=(
        CallCase(args=("1", "2"), expected="3"),
        CallCase(args=("'a'", "1"), raises="TypeError"),
        AssertCase(source="assert add(0, 0) in (0,)"),
    ),
)


def programs(request: SampleRequest) -> list[str]:
    """Two failures and a duplicate, then one that passes."""
    bad = "```python\ndef add(a, b):\n    return a - b\n```"
    worse = "def add(a, b) return"
    good = "```python\ndef add(a, b):\n    return a + b\n```"
    repairing = "This program is wrong" in request.messages[-1].content
    return [good] * request.n if repairing else [bad, worse, bad, bad][: request.n]


async def searched(task: Task = TASK, run: str = "20260102-030405-add-0000") -> list[Event]:
    events: list[Event] = []
    sampler = PolicyThread(ScriptedPolicy(programs))
    sandbox = TableSandbox({"a + b": 1.0, "a - b": 0.5})
    settings = SearchSettings(strategy="mcts", budget=8, width=4)
    await search(task, run=run, settings=settings, sampler=sampler, sandbox=sandbox, emit=events.append)
    await sampler.close()
    return events


@pytest.fixture
async def events() -> list[Event]:
    """From RunStarted to RunFinished, solved after a repair."""
    return await searched()
