"""The strategies, by name."""

from __future__ import annotations

from reason_tui.search.events import StrategyName
from reason_tui.search.strategies.ab_mcts import AbMcts
from reason_tui.search.strategies.auto import Auto
from reason_tui.search.strategies.base import Ask, Strategy
from reason_tui.search.strategies.best_of_n import BestOfN
from reason_tui.search.strategies.greedy import Greedy
from reason_tui.search.strategies.linear import Linear, Revise
from reason_tui.search.strategies.mcts import Mcts
from reason_tui.search.strategies.random_tree import RandomTree

STRATEGIES: dict[StrategyName, Strategy] = {
    "greedy": Greedy(),
    "best-of-n": BestOfN(),
    "mcts": Mcts(),
    "ab-mcts": AbMcts(),
    "auto": Auto(),
    "linear": Linear(),
    "revise": Revise(),
    "random-tree": RandomTree(),
}

BY_RECORD: frozenset[StrategyName] = frozenset({"ab-mcts", "auto"})
"""Those that look at what is known of the model (`SearchSettings.record`)."""

__all__ = ["BY_RECORD", "STRATEGIES", "Ask", "Strategy"]
