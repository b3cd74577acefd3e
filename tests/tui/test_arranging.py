"""Sorted, filtered and rolled-up rows."""

from __future__ import annotations

from itertools import pairwise

import pytest
from support.recorded import answers, events_of, solved_run

from reason_tui.search import events as ev
from reason_tui.tui.arranging import SORTS
from reason_tui.tui.run import Run


def shown(events: list[ev.Event]) -> Run:
    run = Run()
    for event in events:
        run.apply(event)
    run.frame()
    return run


def rows(run: Run) -> list[int]:
    run.frame()
    return [row.node for row in run.forest.rows(0, len(run.forest))]


@pytest.fixture
async def run() -> Run:
    return shown(await solved_run())


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("n3", {3}),
        ("nameerror", {3}),
        ("repair", {5, 6, 7, 8}),
        ("repair !passed", {5, 6, 8}),
        ("passed", {7}),
        ("no such word", set()),
        ("", {1, 2, 3, 4, 5, 6, 7, 8}),
    ],
)
async def test_a_filter_shows_what_has_its_words_and_what_is_above(run, words, wanted):
    everything = set(run.view.tree.nodes) - {0}
    run.arranging.only(words, run.forest)
    found = set(rows(run)) - {0}
    let_through = {node for node in everything if run.arranging.lets_through(node)} if words else found
    assert let_through == wanted & everything
    assert found == {above.id for node in let_through for above in run.view.tree.ancestors(run.node(node))} - {0}


async def test_a_filter_holds_for_nodes_that_come_later_and_for_those_that_change():
    events = await solved_run()
    run = Run()
    for event in events[:3]:
        run.apply(event)
    run.arranging.only("passed", run.forest)
    for event in events[3:]:
        run.apply(event)
        run.frame()
    assert set(rows(run)) == {0, 7} | {above.id for above in run.view.tree.ancestors(run.node(7))}
    run.arranging.only("", run.forest)
    assert len(rows(run)) == len(run.view.tree.nodes)


@pytest.mark.parametrize("sort", SORTS)
async def test_siblings_stand_in_order(run, sort):
    run.arranging.by(sort, run.forest)
    rows(run)
    figures = {
        "age": lambda node: -node.id,
        "tests": lambda node: node.reward,
        "Q": lambda node: node.value,
        "visits": lambda node: node.visits,
        "U": lambda node: node.value * 0,
    }
    for parent in run.forest.parents:
        values = [figures[sort](run.view.tree.nodes[child]) for child in run.forest.children(parent)]
        assert values == sorted(values, reverse=True)


async def test_the_order_is_kept_up_while_the_run_goes_on():
    events, run = await solved_run(), Run()
    run.arranging.by("tests", run.forest)
    for event in events:
        run.apply(event)
        run.frame()
        for parent in run.forest.parents:
            rewards = [run.view.tree.nodes[child].reward or 0.0 for child in run.forest.children(parent)]
            assert rewards == sorted(rewards, reverse=True)


async def test_a_subtree_in_which_everything_failed_is_rolled_up_and_opened_when_the_search_returns():
    events = await events_of(answers("2", repairs=("y",)), budget=6, width=1, strategy="linear")
    run = Run()
    run.rollup.say(True, run.view.tree, run.forest)
    rolled: list[bool] = []
    for event in events:
        run.apply(event)
        run.frame()
        rolled.append(run.rollup.is_rolled(1))
    assert rolled[-1], "all of it failed"
    assert rows(run) == [0, 1]
    changes = sum(before != after for before, after in pairwise(rolled))
    assert changes >= 3, "it was opened for each new node, and closed again"
    run.rollup.say(False, run.view.tree, run.forest)
    assert len(rows(run)) == len(run.view.tree.nodes)


async def test_what_the_user_unfolds_stays_so_and_a_pinned_node_is_no_failure():
    events = await events_of(answers("2", repairs=("y",)), budget=4, width=1, strategy="linear")
    run = shown(events)
    run.rollup.say(True, run.view.tree, run.forest)
    assert run.rollup.is_rolled(1)
    run.forest.unfold(1)
    run.rollup.by_hand(1, folded=False)
    run.apply(ev.NodePinned(node=2))
    run.apply(ev.NodePinned(node=2, pinned=False))
    run.frame()
    assert 1 not in run.forest.folded
    other = shown(events)
    other.rollup.say(True, other.view.tree, other.forest)
    other.apply(ev.NodePinned(node=3))
    other.frame()
    assert 1 not in other.forest.folded
