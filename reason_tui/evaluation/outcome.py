"""One line of an evaluation's results, and the line before the first that says how they came about."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reason_tui.policy import PolicyInfo
from reason_tui.search.events import Outcome as SearchOutcome
from reason_tui.search.events import SearchSettings, StrategyName
from reason_tui.tasks.types import Frozen

Unit = Literal["completions", "tokens"]


class EvaluationSettings(Frozen):
    """What to compare. `budgets` are nested: a run with the largest one tells what the smaller ones would have given.

    `search` holds everything else; its strategy, budget and seed are replaced. `own` has what is set otherwise for
    some strategies.
    """

    strategies: tuple[StrategyName, ...]
    budgets: tuple[int, ...]
    seeds: tuple[int, ...] = (0,)
    search: SearchSettings = SearchSettings()
    unit: Unit = "completions"
    own: dict[StrategyName, dict[str, float | int | str]] = Field(default_factory=dict)

    def run_settings(self, strategy: StrategyName, seed: int) -> SearchSettings:
        """The settings of one search."""
        most = max(self.budgets)
        limit = {"budget": most} if self.unit == "completions" else {"budget": None, "tokens": most}
        # One expansion at a time: how much of a call is sampled before a pass cuts it short is a matter of the machine.
        changed = {"strategy": strategy, "seed": seed, "in_flight": 1, **limit, **self.own.get(strategy, {})}
        return self.search.model_copy(update=changed)


class Header(Frozen):
    """The first line of a results file. Results are continued only under an equal one."""

    type: Literal["header"] = "header"
    dataset: str
    dataset_sha256: str
    tasks: int
    settings: EvaluationSettings
    policy: PolicyInfo
    model_sha256: str = ""
    app_version: str


class TaskResult(Frozen):
    """What a strategy gave on one task with a `budget` of completions or tokens.

    `passed`: the one answer passes the hidden tests; `outcome`: what the visible tests said of it. Costs are those
    within the budget. `error` says why no search could be made.
    """

    type: Literal["result"] = "result"
    task: str
    group: str = ""
    strategy: StrategyName
    seed: int
    budget: int
    outcome: SearchOutcome
    passed: bool
    completions: int
    prompt_tokens: int
    completion_tokens: int
    programs: int
    answer: str | None = None
    error: str = ""

    @property
    def tokens(self) -> int:
        """Tokens computed: of prompts and of completions."""
        return self.prompt_tokens + self.completion_tokens
