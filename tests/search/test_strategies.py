"""Where each strategy spends the next completions, on trees made of events."""

from __future__ import annotations

import math
import random

import pytest

from reason_tui.policy import Completion, Usage
from reason_tui.sandbox.types import Verdict
from reason_tui.search import events as ev
from reason_tui.search.strategies import STRATEGIES
from reason_tui.search.tree import Tree, ucb1

SETTINGS = ev.SearchSettings(width=2, exploration=1.4)
VERDICT = Verdict(status="fail", loaded=True, has_entry_point=True)


def expand(tree: Tree, parent: int, *rewards: float | None) -> list[int]:
    """Add siblings below `parent`; None is a completion without a program."""
    first, expansion = tree.next_node, len(tree.expansions)
    nodes = tuple(range(first, first + len(rewards)))
    start(tree, parent, nodes)
    for node, reward in zip(nodes, rewards, strict=True):
        program = None if reward is None else f"def f(): return {node}"
        completion = Completion(text=program or "?", usage=Usage(completion=1))
        tree.apply(ev.NodeAdded(expansion=expansion, node=node, completion=completion, program=program))
        status = "unparsable" if reward is None else "passed" if reward == 1 else "failed"
        verdict = None if reward is None else VERDICT
        tree.apply(ev.NodeJudged(node=node, reward=reward or 0.0, status=status, verdict=verdict))
    return list(nodes)


def start(tree: Tree, parent: int, nodes: tuple[int, ...]) -> None:
    tree.apply(
        ev.ExpansionStarted(
            expansion=len(tree.expansions),
            parent=parent,
            origin="repair" if parent else "draft",
            nodes=nodes,
            messages=(),
            prefix="",
            temperature=0.8,
            seed=0,
        )
    )


def ask(tree: Tree, strategy: ev.StrategyName = "mcts"):
    return STRATEGIES[strategy].ask(tree, SETTINGS)


@pytest.mark.parametrize("strategy", ["greedy", "best-of-n", "mcts"])
def test_every_strategy_begins_with_drafts(strategy: ev.StrategyName):
    first = ask(Tree(), strategy)
    assert first is not None
    assert first.parent == ev.ROOT


def test_greedy_asks_once_and_at_temperature_zero():
    tree = Tree()
    first = ask(tree, "greedy")
    assert (first.n, first.temperature) == (1, 0.0)
    expand(tree, ev.ROOT, 0.2)
    assert ask(tree, "greedy") is None


def test_best_of_n_never_repairs():
    tree = Tree()
    for _ in range(5):
        assert ask(tree, "best-of-n").parent == ev.ROOT
        expand(tree, ev.ROOT, 0.9, 0.2)


def test_mcts_repairs_the_better_draft_once_the_root_is_wide_enough():
    tree = Tree()
    worse, better = expand(tree, ev.ROOT, 0.2, 0.6)
    expand(tree, ev.ROOT, 0.2, 0.2)
    assert len(tree.root.children) >= 2 * math.sqrt(tree.root.visits)
    assert ask(tree).parent == better != worse


def test_mcts_widens_the_root_again_as_visits_grow():
    tree = Tree()
    draft, *_ = expand(tree, ev.ROOT, 0.6, 0.2, 0.2, 0.2)
    assert ask(tree).parent != ev.ROOT
    expand(tree, draft, 0.6, 0.6)
    assert ask(tree).parent == ev.ROOT


def test_mcts_passes_over_what_cannot_be_repaired():
    tree = Tree()
    unparsable, _, program, _ = expand(tree, ev.ROOT, None, None, 0.2, None)
    assert ask(tree).parent == program != unparsable


def test_mcts_goes_back_to_the_root_when_nothing_below_can_be_repaired():
    tree = Tree()
    expand(tree, ev.ROOT, None, None, None, None)
    assert ask(tree).parent == ev.ROOT


def test_a_node_whose_policy_call_failed_is_not_asked_again():
    tree = Tree()
    start(tree, ev.ROOT, (1, 2))
    tree.apply(ev.ExpansionFailed(expansion=0, message="too long"))
    assert ask(tree) is None
    assert tree.root.children == []
    assert tree.root.pending == 0


def test_siblings_in_flight_count_as_visits_without_reward():
    tree = Tree()
    one, two, *_ = expand(tree, ev.ROOT, 0.6, 0.59, 0.2, 0.2, 0.2, 0.2)
    assert ask(tree).parent == one
    start(tree, one, (7, 8))
    assert ask(tree).parent == two


def test_ucb1_is_its_formula():
    tree = Tree()
    one, *_ = expand(tree, ev.ROOT, 0.6, 0.2)
    expected = 0.6 + 1.4 * math.sqrt(math.log(2) / 1)
    assert ucb1(tree.nodes[one], tree.root, 1.4) == pytest.approx(expected)


def test_the_order_in_which_siblings_are_judged_changes_no_sum():
    """Not in its last bit either, which can decide between equals: time would."""
    rng = random.Random(3)
    rewards = [rng.choice([0.1, 0.2, 0.44, 2 / 3, 0.05]) for _ in range(60)]
    totals = set()
    for _ in range(5):
        rng.shuffle(rewards)
        tree = Tree()
        expand(tree, ev.ROOT, *rewards)
        totals.add(tree.root.total)
    assert len(totals) == 1


def test_statistics_stay_consistent_over_random_searches():
    rng = random.Random(7)
    tree = Tree()
    for _ in range(120):
        at = ask(tree)
        expand(tree, at.parent, *(rng.choice([None, 0.1, 0.2, 0.44, 0.68]) for _ in range(at.n)))
    for node in tree.nodes.values():
        own = 0 if node.reward is None else 1
        below = tree.children(node)
        assert node.visits == own + sum(child.visits for child in below)
        assert node.total == pytest.approx((node.reward or 0.0) + sum(child.total for child in below))
        assert node.pending == 0
    assert tree.root.visits == tree.ledger.completions == 240
    assert max(node.depth for node in tree.nodes.values()) > 2
