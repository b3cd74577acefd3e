"""What a chain of rounds shall do, and what it came to."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pydantic import Field

from reason_tui.learning.adapters.manifest import Base, Compared, Manifest
from reason_tui.learning.pairs import PairRules
from reason_tui.learning.training.settings import TrainSettings
from reason_tui.search.events import SearchSettings
from reason_tui.search.ledger import Ledger
from reason_tui.tasks.types import Frozen, Task


class Plan(Frozen):
    """Rounds of collect → SFT → DPO → measure. The same plan from the same weights is the same work, made once.

    `searches` are made of each task in a round, and `on_policy` more with the SFT adapter before DPO. `samples` are
    drawn of each held-out task. `ordinary` is a dataset whose pass@1 should not fall.
    """

    dataset: str
    group: str = ""
    limit: int | None = Field(default=None, ge=1)
    share: float = Field(default=0.2, ge=0, lt=1)
    rounds: int = Field(default=1, ge=1)
    searches: int = Field(default=1, ge=1)
    on_policy: int = Field(default=1, ge=0)
    search: SearchSettings = SearchSettings(strategy="best-of-n")
    rules: PairRules = PairRules()
    sft: TrainSettings = TrainSettings(method="sft")
    dpo: TrainSettings | None = TrainSettings(method="dpo")
    held_out: int | None = Field(default=None, ge=1, description="Held-out tasks to measure on at most.")
    samples: int = Field(default=8, ge=1)
    ordinary: str = ""
    ordinary_limit: int | None = Field(default=120, ge=1)

    def digest(self, weights: str, tasks: Sequence[Task] = ()) -> str:
        """Names the work of this plan from these weights on these tasks: a file may have others next time."""
        digest = hashlib.sha256(f"{weights}\0{self.model_dump_json()}".encode())
        for task in tasks:
            digest.update(task.model_dump_json().encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:8]


class Round(Frozen):
    """One round: what was searched, what was learned from, and pass@1 on the held-out tasks by adapter."""

    number: int
    searches: int
    tasks: int
    tasks_solved: int
    examples: int
    pairs: int
    sft: str
    dpo: str | None = None
    measured: tuple[Compared, ...] = ()
    """Each against what the chain began with: after SFT, then after DPO."""
    dpo_over_sft: Compared | None = None
    note: str = ""


class Costs(Frozen):
    """What it took. `seconds` by stage, of the processes that worked on it; `ledger` of the searches."""

    seconds: dict[str, float] = Field(default_factory=dict)
    ledger: Ledger = Ledger()

    @property
    def total(self) -> float:
        """Seconds of all stages."""
        return sum(self.seconds.values())


class LearnReport(Frozen):
    """The figures of a chain: `delta` with its 95% interval is the last adapter against the start, held-out tasks."""

    base: Base
    start: str | None
    plan: Plan
    rounds: tuple[Round, ...]
    adapter: str
    delta: float
    ci_low: float
    ci_high: float
    before: float
    after: float
    ordinary: Compared | None = None
    costs: Costs
    app_version: str


def weights_of(base: Base, adapter: Manifest | None) -> str:
    """Names the weights that a policy has: base, and adapter by its data and settings."""
    known = "+".join(sorted(base.sha256.values()))
    return known if adapter is None else f"{known}:{adapter.name}:{adapter.data_sha256}"
