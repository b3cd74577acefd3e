"""What a search would have given with fewer tokens, from the events of one with more."""

from __future__ import annotations

import pytest
from support.resuming import TASK, Bench, by_seed

from reason_tui.evaluation.nested import cut
from reason_tui.evaluation.outcome import EvaluationSettings
from reason_tui.search import events as ev

SCRIPT = by_seed("0", "1", "2", "(", "-x", "y", "1 - x", "2 * x", "0 * x", "x")


@pytest.mark.parametrize("strategy", ["mcts", "best-of-n", "linear", "auto"])
async def test_nothing_counts_that_cost_more_and_all_counts_at_the_end(strategy: ev.StrategyName):
    whole = await Bench(SCRIPT).search(TASK, strategy=strategy, budget=20, width=3, seed=4)
    spent = whole[-1].ledger
    before = 0
    for budget in range(0, spent.tokens + 1, 5):
        state = cut(whole, budget, "tokens")
        assert state.ledger.tokens <= budget and state.ledger.completions >= before
        before = state.ledger.completions
    last = cut(whole, spent.tokens, "tokens")
    assert (last.ledger.completions, last.ledger.tokens) == (spent.completions, spent.tokens)
    assert last.outcome == whole[-1].outcome


async def test_a_smaller_search_ends_within_one_call_of_it():
    whole = await Bench(SCRIPT).search(TASK, strategy="mcts", budget=20, width=3, seed=7)
    for tokens in (30, 60, 90):
        small = await Bench(SCRIPT).search(TASK, strategy="mcts", budget=20, width=3, seed=7, tokens=tokens)
        inside = cut(whole, tokens, "tokens").ledger.completions
        assert inside <= small[-1].ledger.completions <= inside + 3


def test_every_search_of_an_evaluation_has_the_largest_budget_and_what_is_its_own():
    plan = EvaluationSettings(
        strategies=("mcts", "auto"), budgets=(100, 500), unit="tokens", own={"mcts": {"exploration": 0.5}}
    )
    mcts, auto = plan.run_settings("mcts", 3), plan.run_settings("auto", 3)
    assert (mcts.tokens, mcts.budget, mcts.exploration, mcts.in_flight, mcts.seed) == (500, None, 0.5, 1, 3)
    assert (auto.tokens, auto.exploration) == (500, 1.4)
    assert plan.model_copy(update={"unit": "completions"}).run_settings("auto", 0).budget == 500
