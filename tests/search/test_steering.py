"""What a person may do to a search that goes on: told by an event, folded by the tree, or refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from support.steered import Steered

from reason_tui.errors import RefusedError
from reason_tui.runs.research import research
from reason_tui.search import acts
from reason_tui.search import events as ev
from reason_tui.search.past import Past
from reason_tui.search.rules import Rules
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import CallCase, Task

TASK = Task(
    id="t",
    prompt="Return the larger.",
    entry_point="f",
    signature="def f(x, y):",
    visible=(CallCase(args=("1", "1"), expected="1"),),
)
WRONG = ("0", "2", "x - y", "y + 1")


def _is(node: int, act: acts.Act) -> Callable[[ev.NodeJudged], acts.Act | None]:
    return lambda event: act if event.node == node else None


def _folds_alike(bench: Steered) -> None:
    """The journal's rules let every event pass, and its fold is the tree that the search had."""
    rules = Rules()
    for event in bench.events:
        rules.apply(ev.EVENT.validate_json(ev.EVENT.dump_json(event)))
    assert rules.tree.nodes == bench.tree.nodes
    assert rules.tree.task == bench.tree.task
    assert bench.events[-1].ledger == rules.tree.ledger


async def test_nothing_is_asked_below_a_pruned_node():
    bench = Steered(*WRONG)
    bench.on("node_judged", _is(1, acts.Prune(node=1)))
    await bench.search(TASK, budget=24, width=2)
    (pruned,) = bench.of(ev.NodePruned)
    after = bench.events[bench.events.index(pruned) :]
    assert [event for event in after if isinstance(event, ev.ExpansionStarted) and event.parent == 1] == []
    assert bench.tree.nodes[1].dead
    _folds_alike(bench)


async def test_a_pruned_program_is_no_answer_unless_it_is_pinned():
    for pin in (False, True):
        bench = Steered("2")
        bench.on("node_judged", _is(1, acts.Prune(node=1)))
        if pin:
            bench.on("node_pruned", lambda event: acts.Pin(node=1))
        await bench.search(TASK, budget=4, width=1, strategy="best-of-n")
        best = bench.events[-1].answer
        assert (best == 1) is pin


async def test_a_pruning_can_be_undone():
    bench = Steered(*WRONG)
    bench.on("node_judged", _is(1, acts.Prune(node=1)))
    bench.on("node_pruned", lambda event: acts.Restore(node=1))
    await bench.search(TASK, budget=8, width=2)
    assert not bench.tree.nodes[1].dead
    _folds_alike(bench)


async def test_a_hint_stands_in_the_prompts_from_then_on():
    bench = Steered(*WRONG)
    bench.on("node_judged", _is(2, acts.GiveHint(text="  use \n max ")))
    await bench.search(TASK, budget=8, width=2, strategy="best-of-n")
    told = ["Hint: use max" in request.messages[-1].content for request in bench.policy.requests]
    assert told == [False, True, True, True]
    assert [event.hints for event in bench.of(ev.ExpansionStarted)] == [(), (0,), (0,), (0,)]


async def test_a_hint_for_a_branch_is_told_only_there():
    bench = Steered("0", "2")
    bench.on("node_judged", _is(1, acts.GiveHint(text="use max", node=1)))
    await bench.search(TASK, budget=40, width=2)
    started = bench.of(ev.ExpansionStarted)
    below = {1}
    for event in started:
        if event.parent in below:
            below.update(event.nodes)
    hinted = {event.parent in below for event in started if event.hints}
    assert hinted == {True}


async def test_a_withdrawn_hint_is_told_no_longer():
    bench = Steered(*WRONG)
    bench.on("node_judged", _is(2, acts.GiveHint(text="use max")))
    bench.on("node_judged", _is(4, acts.WithdrawHint(hint=0)))
    await bench.search(TASK, budget=8, width=2, strategy="best-of-n")
    assert [event.hints for event in bench.of(ev.ExpansionStarted)] == [(), (0,), (), ()]


async def test_with_a_new_test_every_live_node_is_judged_again():
    bench = Steered("x", "y", "1", "0")
    bench.on("node_judged", _is(3, acts.AddTest(source="f(1, 5) == 5")))
    await bench.search(Task(**TASK.model_dump() | {"visible": (CallCase(args=("9", "9"), expected="3"),)}), budget=4)
    assert [len(bench.tree.nodes[node].verdict.records) for node in (1, 2, 3, 4)] == [2] * 4
    assert not any(bench.tree.stale(node) for node in bench.tree.nodes.values())
    _folds_alike(bench)


async def test_values_in_the_tree_are_those_of_the_new_rewards():
    bench = Steered("x", "y", "x + 7", "0")
    task = TASK.model_copy(update={"visible": (CallCase(args=("4", "4"), expected="5"),)})
    bench.on("node_judged", _is(3, acts.AddTest(source="f(1, 5) == 5")))
    await bench.search(task, budget=8)
    for node in bench.tree.nodes.values():
        waiting = [n for n in bench.tree.nodes.values() if node in bench.tree.ancestors(n) and n.reward is not None]
        assert node.total == pytest.approx(sum(n.reward for n in waiting))
        assert node.visits == len(waiting)


async def test_a_test_that_is_removed_again_runs_nothing_again():
    bench = Steered("x", "y", "x + 7")
    bench.on("node_judged", _is(1, acts.AddTest(source="f(1, 5) == 7")))
    bench.on("test_added", lambda event: acts.RemoveTest(index=1))
    await bench.search(TASK.model_copy(update={"visible": (CallCase(args=("4", "4"), expected="5"),)}), budget=1)
    last = bench.of(ev.NodeJudged)[-1]
    assert (last.tests, last.executed) == (2, False)
    assert len(bench.tree.nodes[1].verdict.records) == 1


async def test_a_program_that_passed_is_none_after_a_test_that_it_fails():
    bench = Steered("x", "max(x, y)")
    bench.on("run_started", lambda event: acts.AddTest(source="f(1, 5) == 5"))
    await bench.search(TASK, budget=64, width=1, strategy="best-of-n")
    assert bench.events[-1].outcome == "solved"
    assert "max" in bench.tree.nodes[bench.events[-1].answer].program


async def test_a_hand_edit_is_a_child_that_is_run_and_may_be_the_answer():
    bench = Steered(*WRONG)
    bench.on("node_judged", _is(1, acts.EditNode(node=1, program="def f(x, y):\n    return max(x, y)")))
    await bench.search(TASK, budget=12, width=2)
    (edit,) = bench.of(ev.HandEdited)
    node = bench.tree.nodes[edit.node]
    assert (node.origin, node.parent, node.status) == ("edit", 1, "passed")
    assert (bench.events[-1].answer, bench.events[-1].reason) == (edit.node, "solved")
    _folds_alike(bench)


async def test_tests_and_edits_are_judged_while_the_run_is_paused():
    bench = Steered(*WRONG)
    judged = asyncio.Event()

    def told(event: ev.Event) -> None:
        Steered.told(bench, event)
        if isinstance(event, ev.NodeJudged) and bench.tree.nodes[event.node].origin == "edit":
            judged.set()

    bench.told = told
    bench.on("node_judged", lambda event: bench.control.pause())
    running = asyncio.create_task(bench.search(TASK, budget=4, width=2))
    while not bench.control.paused:
        await asyncio.sleep(0)
    bench.act(acts.EditNode(node=1, program="def f(x, y):\n    return max(x, y)"))
    await asyncio.wait_for(judged.wait(), 10)
    assert bench.control.paused and not running.done()
    bench.control.resume()
    await running
    assert bench.events[-1].reason == "solved"


async def test_settings_hold_from_the_next_expansion_on():
    bench = Steered(*WRONG)
    changes = {"width": 3, "temperature": 0.1, "strategy": "best-of-n", "budget": 8}
    bench.on("node_judged", _is(2, acts.ChangeSettings(changes=changes)))
    await bench.search(TASK, budget=32, width=2)
    assert [(request.n, request.temperature) for request in bench.policy.requests] == [(2, 0.8), (3, 0.1), (3, 0.1)]
    assert {event.parent for event in bench.of(ev.ExpansionStarted)} == {ev.ROOT}
    assert bench.events[-1].reason == "budget"


REFUSED = {
    "no such node": acts.Prune(node=99),
    "the root": acts.Prune(node=0),
    "not pruned": acts.Restore(node=1),
    "not pinned": acts.Pin(node=1, pinned=False),
    "empty hint": acts.GiveHint(text=" \n"),
    "no hint": acts.WithdrawHint(hint=0),
    "no test": acts.AddTest(source="f(1, 2)"),
    "the same test": acts.AddTest(source="f(1, 1) == 1"),
    "a contradiction": acts.AddTest(source="f(1, 1) == 2"),
    "no such test": acts.RemoveTest(index=1),
    "an index below": acts.RemoveTest(index=-1),
    "an edit of nothing": acts.EditTest(index=4, source="f(1, 2) == 2"),
    "the test it was": acts.EditTest(index=0, source="f(1, 1) == 1"),
    "no program": acts.EditNode(node=1, program="\n"),
    "no Python": acts.EditNode(node=1, program="def f(x, y:\n  return"),
    "the same program": acts.EditNode(node=1, program="def f(x, y):  # as it was\n    return 2\n"),
    "no settings": acts.ChangeSettings(changes={}),
    "a width of nothing": acts.ChangeSettings(changes={"width": 0}),
    "an unknown strategy": acts.ChangeSettings(changes={"strategy": "luck"}),
    "no question": acts.Answer(question=0, says="skip"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(name: str):
    bench = Steered("2")
    bench.on("node_judged", _is(1, REFUSED[name]))
    events = await bench.search(TASK, budget=2, width=1, strategy="best-of-n")
    assert len(bench.refused) == 1
    assert bench.refused[0].what
    plain = Steered("2")
    assert [event.type for event in events] == [
        event.type for event in await plain.search(TASK, budget=2, width=1, strategy="best-of-n")
    ]


async def test_nothing_can_be_done_to_a_run_that_is_over():
    bench = Steered("2")
    await bench.search(TASK, budget=1)
    with pytest.raises(RefusedError):
        bench.control.act(acts.Prune(node=1))


async def test_a_steered_run_goes_on_with_what_was_done_to_it():
    bench = Steered("2", "0", "x + y")
    bench.on("node_judged", _is(1, acts.AddTest(source="f(1, 5) == 5")))
    bench.on("test_added", lambda event: acts.GiveHint(text="use max"))
    bench.on("hint_given", lambda event: acts.ChangeSettings(changes={"width": 1}))
    bench.on("settings_changed", lambda event: acts.Prune(node=1))
    await bench.search(TASK, budget=8, width=2, strategy="best-of-n")
    cut = next(at for at, event in enumerate(bench.events) if isinstance(event, ev.NodePruned)) + 1
    again = Steered("2", "0", "x + y")
    for event in bench.events[:cut]:
        again.tree.apply(event)
    events = await again.resume(bench.events[:cut])
    assert again.policy.requests[-1].n == 1
    assert "Hint: use max" in again.policy.requests[-1].messages[-1].content
    whole = Past.of([*bench.events[:cut], *events[:-1]]).tree
    assert whole.nodes[1].pruned and len(whole.task.visible) == 2
    assert {len(node.verdict.records) for node in whole.candidates() if not node.dead} == {2}


async def test_a_steered_run_is_searched_again_with_what_was_done_to_it():
    bench = Steered("2", "0", "x + y", "y - x", "x * 7")
    bench.on("node_judged", _is(2, acts.AddTest(source="f(1, 5) == 5")))
    bench.on("test_added", lambda event: acts.GiveHint(text="use max"))
    bench.on("hint_given", lambda event: acts.Prune(node=1))
    bench.on("node_judged", _is(4, acts.ChangeSettings(changes={"width": 1, "strategy": "best-of-n"})))
    await bench.search(TASK, budget=9, width=2)
    again = await research(bench.events)
    assert not again.ran_out
    tree = Tree()
    for event in again.events:
        tree.apply(event)
    assert {n.id: (n.program, n.reward, n.dead) for n in tree.nodes.values()} == {
        n.id: (n.program, n.reward, n.dead) for n in bench.tree.nodes.values()
    }
    assert tree.task == bench.tree.task
    assert again.events[-1].answer == bench.events[-1].answer


async def test_another_strategy_searches_a_steered_run_as_it_was_begun():
    bench = Steered("2", "0", "x + y", "y - x", "x * 7")
    bench.on("node_judged", _is(2, acts.AddTest(source="f(1, 5) == 5")))
    await bench.search(TASK, budget=8, width=2, strategy="best-of-n")
    again = await research(bench.events, bench.events[0].settings.model_copy(update={"strategy": "mcts"}))
    assert not [event for event in again.events if isinstance(event, ev.TestAdded)]
    assert {len(e.verdict.records) for e in again.events if isinstance(e, ev.NodeJudged) and e.verdict} == {1}
