"""A search whose programs really run: scripted replies, the real sandbox, what a developer typed as the task."""

from __future__ import annotations

import pytest
from support.scripted import ScriptedPolicy

from reason_tui.policy import SampleRequest
from reason_tui.sandbox import open_sandbox
from reason_tui.search import events as ev
from reason_tui.search.driver import search
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.tree import Tree
from reason_tui.tasks.prompt import read_prompt
from reason_tui.tasks.types import Task

PROMPT = "Return the largest number, 0 for none.\n>>> top([1, 3, 2])\n3\n>>> top([])\n0"
DRAFTS = ("xs):\n    return max(xs)", "xs):\n    return xs[0]")
REPAIR = "xs):\n    return max(xs, default=0)"


@pytest.fixture
async def sandbox():
    box = await open_sandbox(slots=2)
    yield box
    await box.close()


async def run(sandbox, task: Task, script, **settings: object) -> tuple[Tree, list[ev.Event], ScriptedPolicy]:
    """A tree search, unless the settings name another."""
    events: list[ev.Event] = []
    policy = ScriptedPolicy(script)
    sampler = PolicyThread(policy)
    tree = await search(
        task,
        run="r",
        settings=ev.SearchSettings(**{"strategy": "mcts"} | settings),
        sampler=sampler,
        sandbox=sandbox,
        emit=events.append,
    )
    await sampler.close()
    return tree, events, policy


def drafts_then_repair(request: SampleRequest) -> list[str]:
    if "This program is wrong" in request.messages[-1].content:
        return [REPAIR] * request.n
    return [DRAFTS[sibling % 2] for sibling in range(request.n)]


async def test_a_failing_draft_is_repaired_from_what_the_sandbox_found(sandbox):
    tree, events, policy = await run(sandbox, read_prompt(PROMPT), drafts_then_repair, width=2, budget=16)
    finished = events[-1]
    assert (finished.type, finished.outcome) == ("run_finished", "solved")
    answer = tree.nodes[finished.answer]
    assert answer.program == f"def top({REPAIR}"
    assert answer.origin == "repair"
    told = policy.requests[-1].messages[-1].content
    assert "1 of 2 tests pass." in told
    assert "top([]) raised ValueError: max" in told
    assert "at line 2: return max(xs); expected 0" in told


async def test_without_tests_programs_that_behave_alike_outvote_the_odd_one(sandbox):
    bodies = ("x + 1", "1 + x", "x - 1", "x * 2")
    task = read_prompt('def f(x: int) -> int:\n    """Return the number after x."""')
    tree, events, _ = await run(
        sandbox, task, lambda request: [f"    return {body}" for body in bodies], width=4, budget=4
    )
    assert events[-1].outcome == "unverified"
    assert tree.groups[0].nodes == (1, 2)
    assert events[-1].answer == 1


async def test_a_program_that_never_ends_costs_its_time_and_no_more(sandbox):
    from reason_tui.sandbox import Limits

    script = ["xs):\n    while True: pass", REPAIR]
    tree, events, _ = await run(
        sandbox, read_prompt(PROMPT), lambda request: script, width=2, limits=Limits(wall_s=0.5)
    )
    assert tree.nodes[1].status == "timeout"
    assert events[-1].answer == 2
