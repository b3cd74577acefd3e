"""`auto` where its record says little, one-sided things, or nonsense: it tries every kind, and decides by seed."""

from __future__ import annotations

from collections import Counter

import pytest

from reason_tui.policy import Completion, Usage
from reason_tui.sandbox.types import Verdict
from reason_tui.search import events as ev
from reason_tui.search.record import BUCKETS, Cell, Record
from reason_tui.search.strategies import STRATEGIES
from reason_tui.search.tree import Tree

VERDICT = Verdict(status="fail", loaded=True, has_entry_point=True)


def cells(kind: str, passed: int, of: int = 400, tokens: int = 8000) -> dict[str, Cell]:
    return {f"{kind}/{at}": Cell(tried=of, fresh=of, passed=passed, tokens=tokens) for at in range(BUCKETS)}


def tree_of(*rewards: float, alike: bool = False) -> Tree:
    """Drafts of these rewards; `alike`: all of them are the first one again."""
    tree, nodes = Tree(), tuple(range(1, len(rewards) + 1))
    tree.apply(
        ev.ExpansionStarted(
            expansion=0, parent=ev.ROOT, origin="draft", nodes=nodes, messages=(), prefix="", temperature=0.8, seed=0
        )
    )
    for node, reward in zip(nodes, rewards, strict=True):
        text = f"def f(): return {node}"
        completion = Completion(text=text, usage=Usage(prompt=10, completion=5))
        original = 1 if alike and node > 1 else None
        added = ev.NodeAdded(expansion=0, node=node, completion=completion, program=text, duplicate_of=original)
        tree.apply(added)
        tree.apply(ev.NodeJudged(node=node, reward=reward, status="partial", verdict=VERDICT))
    return tree


def asked(tree: Tree, record: Record | None, **changes: object) -> Counter[tuple[int, str]]:
    """Parents and ways asked for under two hundred seeds."""
    settings = [ev.SearchSettings(record=record, seed=seed).model_copy(update=changes) for seed in range(200)]
    asks = [STRATEGIES["auto"].ask(tree, each) for each in settings]
    return Counter((ask.parent, ask.prompt) for ask in asks if ask is not None)


def drafts(found: Counter[tuple[int, str]]) -> int:
    return found[ev.ROOT, "plain"] + found[ev.ROOT, "reason"]


@pytest.mark.parametrize("record", [None, Record(), Record(runs=7)])
def test_without_a_record_every_kind_is_tried(record: Record | None):
    found = asked(tree_of(0.5, 0.2), record)
    assert 0 < drafts(found) < 200


def test_it_knows_no_difference_between_no_record_and_an_empty_one():
    tree = tree_of(0.5, 0.2)
    assert asked(tree, None) == asked(tree, Record())


def test_the_same_seed_and_record_ask_the_same():
    tree, record = tree_of(0.5, 0.2), Record(cells=cells("draft", 4, 40))
    settings = ev.SearchSettings(record=record, seed=3)
    assert STRATEGIES["auto"].ask(tree, settings) == STRATEGIES["auto"].ask(tree, settings)


def test_of_equal_promises_the_node_that_was_there_first_is_taken():
    repairs = Record(cells=cells("draft", 0) | cells("repair:part", 200))
    assert asked(tree_of(0.5, 0.5, 0.5), repairs) == {(1, "plain"): 200}


def test_the_record_of_drafts_alone_leaves_repairs_a_chance_and_takes_them_where_drafts_are_hopeless():
    some, none = (Record(cells=cells("draft", passed)) for passed in (20, 0))
    tree = tree_of(0.5, 0.2)
    assert 0 < drafts(asked(tree, some)) < 200
    assert drafts(asked(tree, none)) == 0
    assert drafts(asked(tree, Record(cells=cells("draft", 200)))) == 200


def test_the_record_of_repairs_alone_leaves_drafts_a_chance_and_takes_them_where_repairs_are_hopeless():
    tree = tree_of(0.5, 0.5)
    assert drafts(asked(tree, Record(cells=cells("repair:part", 0)))) > 150
    assert 0 < drafts(asked(tree, Record(cells=cells("repair:part", 40, tokens=24_000)))) < 200


def test_a_way_of_asking_that_was_never_recorded_is_tried():
    found = asked(tree_of(0.2), Record(cells=cells("draft", 40, tokens=24_000)), prompts=("plain", "reason"))
    assert found[ev.ROOT, "plain"] and found[ev.ROOT, "reason"]


def test_cheap_passes_are_worth_more_than_dear_ones():
    dear = cells("draft", 100, tokens=400_000) | cells("repair:part", 100, tokens=8_000)
    assert drafts(asked(tree_of(0.5), Record(cells=dear))) == 0


def test_a_record_that_makes_no_sense_is_survived():
    odd = {"draft/0": Cell(tried=1, fresh=0, passed=99), "repair:part/0": Cell(passed=5), "nonsense/77": Cell(tried=3)}
    assert sum(asked(tree_of(0.5, 0.2), Record(cells=odd)).values()) == 200


def test_first_it_takes_what_the_model_thinks_likeliest():
    ask = STRATEGIES["auto"].ask(Tree(), ev.SearchSettings())
    assert ask is not None
    assert (ask.parent, ask.n, ask.temperature) == (ev.ROOT, 1, 0.0)


@pytest.mark.parametrize(("base", "alike", "expected"), [(0.8, False, 0.8), (0.8, True, 1.2), (0.0, True, 0.0)])
def test_it_samples_hotter_where_the_model_repeats_itself(base: float, alike: bool, expected: float):
    settings = ev.SearchSettings(temperature=base, record=Record(cells=cells("draft", 200)))
    ask = STRATEGIES["auto"].ask(tree_of(*[0.2] * 6, alike=alike), settings)
    assert ask is not None
    assert (ask.parent, ask.n, ask.temperature) == (ev.ROOT, settings.width, expected)
