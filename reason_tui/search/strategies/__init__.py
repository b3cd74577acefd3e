"""The strategies, by name."""

from __future__ import annotations

from reason_tui.search.events import StrategyName
from reason_tui.search.strategies.base import Ask, Strategy
from reason_tui.search.strategies.best_of_n import BestOfN
from reason_tui.search.strategies.greedy import Greedy
from reason_tui.search.strategies.mcts import Mcts

STRATEGIES: dict[StrategyName, Strategy] = {
    "greedy": Greedy(),
    "best-of-n": BestOfN(),
    "mcts": Mcts(),
}

__all__ = ["STRATEGIES", "Ask", "Strategy"]
