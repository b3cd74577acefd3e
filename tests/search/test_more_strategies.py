"""Chains, random trees, AB-MCTS and auto: where they spend the next completions, on trees made of events."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from reason_tui.policy import Completion, Usage
from reason_tui.sandbox.types import Verdict
from reason_tui.search import events as ev
from reason_tui.search.record import Cell, Record, bucket
from reason_tui.search.recording import record_of
from reason_tui.search.strategies import STRATEGIES
from reason_tui.search.strategies.posterior import Seen, beta, gaussian
from reason_tui.search.tree import Tree

SETTINGS = ev.SearchSettings(width=2, temperature=0.7)
VERDICT = Verdict(status="fail", loaded=True, has_entry_point=True)
GOOD_DRAFTS = Record(
    runs=50, cells={f"draft/{at}": Cell(tried=400, fresh=400, passed=80, tokens=8000) for at in range(9)}
)
GOOD_REPAIRS = Record(
    runs=50,
    cells={f"draft/{at}": Cell(tried=400, fresh=400, passed=4, tokens=8000) for at in range(9)}
    | {f"repair:part/{at}": Cell(tried=400, fresh=400, passed=200, tokens=20000) for at in range(9)},
)


def expand(tree: Tree, parent: int, *rewards: float | None, prompt: ev.Prompting = "plain", same: int = 0) -> list[int]:
    """Add siblings below `parent`; None is one in flight. With `same` all are duplicates of that node."""
    first, expansion = tree.next_node, len(tree.expansions)
    nodes = tuple(range(first, first + len(rewards)))
    tree.apply(
        ev.ExpansionStarted(
            expansion=expansion,
            parent=parent,
            origin="repair" if parent else "draft",
            nodes=nodes,
            messages=(),
            prefix="",
            temperature=0.8,
            seed=0,
            prompt=prompt,
        )
    )
    for node, reward in zip(nodes, rewards, strict=True):
        if reward is None:
            continue
        program = f"def f(): return {same or node}"
        completion = Completion(text=program, usage=Usage(prompt=10 if node == first else 0, completion=5))
        tree.apply(
            ev.NodeAdded(
                expansion=expansion, node=node, completion=completion, program=program, duplicate_of=same or None
            )
        )
        status = "passed" if reward == 1 else "failed" if reward <= 0.2 else "partial"
        tree.apply(ev.NodeJudged(node=node, reward=reward, status=status, verdict=VERDICT))
    return list(nodes)


def ask(tree: Tree, strategy: ev.StrategyName, **changes: object):
    return STRATEGIES[strategy].ask(tree, SETTINGS.model_copy(update=changes))


def asked(tree: Tree, strategy: ev.StrategyName, **changes: object) -> Counter[int]:
    """The parents asked for under many seeds."""
    return Counter(ask(tree, strategy, seed=seed, **changes).parent for seed in range(200))


def test_linear_repairs_the_last_program_one_at_a_time():
    tree = Tree()
    first = ask(tree, "linear")
    assert (first.parent, first.n) == (ev.ROOT, 1)
    (one,) = expand(tree, ev.ROOT, 0.6)
    assert ask(tree, "linear").parent == one
    (two,) = expand(tree, one, 0.2)
    assert ask(tree, "linear").parent == two


def test_linear_goes_back_where_the_last_program_is_nothing_new():
    tree = Tree()
    (one,) = expand(tree, ev.ROOT, 0.6)
    expand(tree, one, 0.6, same=one)
    assert ask(tree, "linear").parent == one


def test_linear_waits_for_the_verdict_of_the_last_program():
    tree = Tree()
    (one,) = expand(tree, ev.ROOT, 0.6)
    expand(tree, one, None)
    assert ask(tree, "linear") is None


@pytest.mark.parametrize("repairs", [0, 1, 2])
def test_a_capped_chain_ends_after_its_repairs(repairs: int):
    tree, at = Tree(), ev.ROOT
    while (now := ask(tree, "linear", repairs=repairs)) is not None:
        (at,) = expand(tree, now.parent, 0.4)
    assert tree.nodes[at].depth == 1 + repairs


def test_revise_drafts_once_and_revises_once_at_temperature_zero():
    tree = Tree()
    assert ask(tree, "revise").temperature == 0.0
    (one,) = expand(tree, ev.ROOT, 0.6)
    again = ask(tree, "revise")
    assert (again.parent, again.temperature) == (one, 0.0)
    expand(tree, one, 0.6)
    assert ask(tree, "revise") is None


def test_random_tree_goes_everywhere_and_the_same_way_for_the_same_seed():
    tree = Tree()
    one, two = expand(tree, ev.ROOT, 0.2, 0.6)
    found = asked(tree, "random-tree")
    assert found == asked(tree, "random-tree")
    assert set(found) == {ev.ROOT, one, two} and min(found.values()) > 40


def test_best_of_n_stops_where_another_draft_is_not_worth_it():
    tree = Tree()
    expand(tree, ev.ROOT, *[0.2] * 30)
    assert ask(tree, "best-of-n") is not None, "thirty programs, all different: there is more to find"
    for _ in range(40):
        expand(tree, ev.ROOT, *[0.2] * 30, same=1)
    assert ask(tree, "best-of-n") is None


def test_drafts_are_asked_for_in_each_way_in_turn():
    tree, ways = Tree(), []
    for _ in range(4):
        now = ask(tree, "best-of-n", prompts=("plain", "reason"))
        ways.append(now.prompt)
        expand(tree, ev.ROOT, 0.2, prompt=now.prompt)
    assert ways == ["plain", "reason", "plain", "reason"]


def test_ab_mcts_goes_deep_where_repairs_gave_more_and_wide_where_they_gave_nothing():
    good, bad = Tree(), Tree()
    for tree, reward in ((good, 0.9), (bad, 0.0)):
        one, *_ = expand(tree, ev.ROOT, 0.3, 0.3, 0.3, 0.3)
        expand(tree, one, *[reward] * 4)
    assert asked(good, "ab-mcts")[ev.ROOT] < 40
    assert asked(bad, "ab-mcts")[ev.ROOT] > 100


@pytest.mark.parametrize("prior", ["gaussian", "beta"])
def test_ab_mcts_begins_with_what_the_model_has_shown(prior: str):
    tree = Tree()
    expand(tree, ev.ROOT, 0.3, 0.3)
    shown = {"draft/0": Cell(tried=100, total=60, squares=40), "repair:part/0": Cell(tried=100, total=2, squares=1)}
    wide = asked(tree, "ab-mcts", prior=prior, record=Record(runs=9, cells=shown))[ev.ROOT]
    shown = {"draft/0": shown["repair:part/0"], "repair:part/0": shown["draft/0"]}
    deep = asked(tree, "ab-mcts", prior=prior, record=Record(runs=9, cells=shown))[ev.ROOT]
    assert wide > deep + 40


def test_ab_mcts_prefers_the_way_of_asking_that_gave_more():
    tree = Tree()
    expand(tree, ev.ROOT, *[0.1] * 6)
    expand(tree, ev.ROOT, *[0.8] * 6, prompt="reason")
    for node in tree.nodes.values():
        node.blocked = node.id != ev.ROOT
    ways = [ask(tree, "ab-mcts", prompts=("plain", "reason"), seed=seed).prompt for seed in range(100)]
    assert ways.count("reason") > 90


def test_auto_drafts_where_drafts_pass_and_repairs_where_repairs_do():
    tree = Tree()
    _, near = expand(tree, ev.ROOT, 0.2, 0.5)
    assert asked(tree, "auto", record=GOOD_DRAFTS)[ev.ROOT] == 200
    assert asked(tree, "auto", record=GOOD_REPAIRS)[near] == 200


def test_auto_leaves_a_node_whose_repairs_are_nothing_new():
    tree = Tree()
    one, two = expand(tree, ev.ROOT, 0.5, 0.5)
    assert asked(tree, "auto", record=GOOD_REPAIRS)[one] == 200, "equals: the first"
    expand(tree, one, 0.5, 0.5, 0.5, 0.5, same=one)
    assert asked(tree, "auto", record=GOOD_REPAIRS)[two] == 200


def test_auto_tries_everything_while_it_knows_nothing():
    tree = Tree()
    expand(tree, ev.ROOT, 0.2, 0.5)
    assert len(asked(tree, "auto")) > 1


def test_the_posterior_is_that_of_its_formula():
    seen, rng = Seen(), random.Random(1)
    for reward in (0.2, 0.6, 1.0, 1.0):
        seen.add(reward)
    draws = [gaussian(seen, Cell(), rng) for _ in range(20_000)]
    assert sum(draws) / len(draws) == pytest.approx(4 * 0.7 / 5, abs=0.01)
    draws = [beta(seen, Cell(), rng) for _ in range(20_000)]
    assert sum(draws) / len(draws) == pytest.approx(3.3 / 5, abs=0.01)


def test_a_record_counts_up_to_the_first_expansion_that_passes():
    tree = Tree()
    one, _ = expand(tree, ev.ROOT, 0.5, 0.2)
    expand(tree, one, 0.5, same=one)
    expand(tree, one, 1.0)
    expand(tree, ev.ROOT, 0.2)
    found = record_of(tree)
    drafts, repairs = found.of("draft"), found.of("repair:part")
    assert (drafts.tried, drafts.fresh, drafts.passed, drafts.tokens) == (2, 2, 0, 20)
    assert (drafts.total, drafts.squares) == (pytest.approx(0.7), pytest.approx(0.29))
    assert (repairs.tried, repairs.fresh, repairs.passed, repairs.tokens, repairs.total) == (2, 1, 1, 30, 1.5)
    assert set(found.cells) == {"draft/0", "draft/1", "repair:part/0", "repair:part/1"}
    assert (found + found).runs == 2 and (found + Record()).cells == found.cells


def test_buckets_double():
    assert [bucket(before) for before in (0, 1, 2, 3, 4, 7, 8, 127, 128, 10_000)] == [0, 1, 2, 2, 3, 3, 4, 7, 8, 8]
