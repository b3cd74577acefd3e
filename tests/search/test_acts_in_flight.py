"""Acts of a person while expansions are in flight: nothing is lost, and a search that is made again decides alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.steered import Steered

from reason_tui.policy import SampleRequest
from reason_tui.runs.decisions import without_void
from reason_tui.runs.research import research
from reason_tui.sandbox.types import Job, Verdict
from reason_tui.search import acts
from reason_tui.search import events as ev
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import CallCase, Task

TASK = Task(
    id="t",
    prompt="Return the larger.",
    entry_point="f",
    signature="def f(x, y):",
    visible=(CallCase(args=("1", "1"), expected="1"),),
)
ENOUGH = {"strategy": "best-of-n", "budget": 60, "width": 2, "in_flight": 2}


def in_turn(*calls: tuple[str, ...]) -> Callable[[SampleRequest], list[str]]:
    """The bodies of each call, one call after the other; the last again and again."""
    left = list(calls)
    return lambda request: [f"    return {body}\n" for body in (left.pop(0) if len(left) > 1 else left[0])]


def takes_back(event: ev.NodeJudged) -> acts.Act | None:
    """The first program that passes is wrong."""
    return acts.AddTest(source="f(1, 5) == 5") if event.status == "passed" else None


async def test_a_pass_that_a_new_test_takes_back_lets_the_search_go_on():
    bench = Steered(script=in_turn(("x", "0"), ("1", "2"), ("3", "4"), ("y * y", "max(x, y)")))
    bench.on("node_judged", takes_back)
    events = await bench.search(TASK, **ENOUGH)
    assert events[-1].outcome == "solved"
    assert "max" in (bench.tree.nodes[events[-1].answer].program or "")
    added = [event for event in events if isinstance(event, ev.NodeAdded)]
    assert all(event.completion.finish == "stop" for event in added[4:8]), "but for what a pass cut short"


async def test_what_a_pass_overtook_is_judged_when_it_is_none_any_more():
    bench = Steered(script=in_turn(("x", "0"), ("1", "2"), ("3", "4")))
    # The second expansion was given up by then: its siblings, cut short, are told as what they are.
    bench.on("node_judged", lambda event: acts.AddTest(source="f(1, 5) == 5") if event.node > 2 else None)
    await bench.search(TASK, **{**ENOUGH, "budget": 8})
    assert bench.events[-1].reason == "budget"
    assert [node.id for node in bench.tree.nodes.values() if node.parent is not None and node.reward is None] == []
    assert all(node.pending == 0 for node in bench.tree.nodes.values())
    assert len(bench.policy.requests) == 4


async def test_what_a_pass_overtook_is_judged_though_the_budget_is_spent():
    bench = Steered(script=in_turn(("x", "0"), ("1", "2")))
    bench.on("node_judged", lambda event: acts.AddTest(source="f(1, 5) == 5") if event.node > 2 else None)
    await bench.search(TASK, **{**ENOUGH, "budget": 4})
    assert bench.events[-1].reason == "budget" and bench.events[-1].outcome == "unsolved"
    assert all(node.reward is not None for node in bench.tree.nodes.values() if node.parent is not None)


async def test_the_last_programs_are_judged_by_the_tests_as_they_are_at_the_end():
    bench = Steered(script=in_turn(("x", "0")))
    bench.on("node_added", lambda event: acts.AddTest(source="f(1, 5) == 5"))
    events = await bench.search(TASK, **{**ENOUGH, "budget": 2})
    assert [bench.tree.nodes[node].tests for node in (1, 2)] == [1, 1]
    assert (events[-1].reason, events[-1].outcome) == ("budget", "unsolved")


async def test_a_test_that_comes_while_candidates_are_compared_counts():
    bench = Steered(script=in_turn(("x", "max(x, y)")))
    run, asked = bench.sandbox.run, []

    async def add_a_test(job: Job) -> Verdict:
        if any(case.expected is None for case in job.cases) and not asked:
            asked.append(job)
            bench.act(acts.AddTest(source="f(1, 5) == 5"))
        return await run(job)

    bench.sandbox.run = add_a_test  # type: ignore[method-assign]
    task = TASK.model_copy(update={"visible": (), "signature": "def f(x: int, y: int) -> int:"})
    events = await bench.search(task, **{**ENOUGH, "budget": 2})
    assert asked and not bench.refused
    assert (events[-1].reason, events[-1].outcome, events[-1].answer) == ("solved", "solved", 2)


def outcome(events: list[ev.Event]) -> object:
    """What was asked of the policy, what was found, and what it cost; without what the end overtook."""
    tree, told = Tree(), without_void(events)
    for event in told:
        tree.apply(event)
    asked = [
        (each.parent, each.nodes, each.started.messages, each.started.temperature, each.started.prompt)
        for each in tree.expansions.values()
    ]
    nodes = [
        (n.id, n.parent, n.program, n.status, n.reward, n.duplicate_of, n.dead, n.pinned) for n in tree.nodes.values()
    ]
    return asked, nodes, tree.task, tree.settings, events[-1].reason, events[-1].answer, tree.ledger.completions


DONE = {
    "a test": acts.AddTest(source="f(1, 5) == 5"),
    "no test": acts.RemoveTest(index=0),
    "a hint": acts.GiveHint(text="use max"),
    "a pruning": acts.Prune(node=1),
    "a pin": acts.Pin(node=1),
    "what the model says later": acts.EditNode(node=0, program="def f(x, y):\n    return y + 1\n"),
    "other settings": acts.ChangeSettings(changes={"width": 1, "temperature": 0.2, "strategy": "random-tree"}),
    "a smaller budget": acts.ChangeSettings(changes={"budget": 7}),
}
WHEN = {
    "before the samples come": ("expansion_started", lambda event: event.expansion == 1),
    "between the samples": ("node_added", lambda event: event.expansion == 1),
    "between the verdicts": ("node_judged", lambda event: event.node == 2),
    "after a pass": ("node_judged", lambda event: event.status == "passed"),
}


@pytest.mark.parametrize("in_flight", [1, 2])
@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("what", DONE)
async def test_a_search_that_is_made_again_has_the_acts_at_the_same_moment(what: str, when: str, in_flight: int):
    bench = Steered("0", "x - y", "y + 1", "x", "2", "x * y + 3", "max(x, y)", "y - x", "x + y + 7")
    kind, moment = WHEN[when]
    bench.on(kind, lambda event: DONE[what] if moment(event) else None)
    whole = await bench.search(TASK, strategy="mcts", budget=14, width=3, in_flight=in_flight, seed=3)
    again = await research(whole)
    assert not again.ran_out
    assert outcome(again.events) == outcome(whole)


@pytest.mark.parametrize(("moment", "original"), [("expansion_started", "edit"), ("expansion_sampled", "sample")])
async def test_a_program_by_hand_and_the_same_from_the_model_come_in_the_same_order(moment: str, original: str):
    bench = Steered(script=in_turn(("0", "2"), ("y + 1", "3"), ("4", "5")))
    edit = acts.EditNode(node=1, program="def f(x, y):\n    return y + 1\n")
    bench.on(moment, lambda event: edit if event.expansion == 1 else None)
    whole = await bench.search(TASK, strategy="mcts", budget=8, width=2)
    by_hand = [node.id for node in bench.tree.nodes.values() if node.origin == "edit"]
    assert (bench.tree.nodes[3].duplicate_of in by_hand) is (original == "edit")
    again = await research(whole)
    assert not again.ran_out
    assert outcome(again.events) == outcome(whole)
