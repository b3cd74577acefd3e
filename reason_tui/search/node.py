"""A candidate and a policy call, as the tree keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field

from reason_tui.rewards import Status
from reason_tui.rewards.critique import blend
from reason_tui.sandbox.types import Verdict
from reason_tui.search import events as ev


@dataclass(slots=True)
class Node:
    """A candidate, its place in the tree and its statistics.

    `visits` and `total` are N and W of SEARCH.md; `pending` counts siblings in flight below it (virtual loss).
    `status` is None while the node is generated (`completion` is None) or waits for its verdict. `blocked`: a policy
    call below it failed, and would fail again. `dead`: it or a node above it was pruned.
    """

    id: int
    parent: int | None
    origin: ev.Origin
    depth: int = 0
    expansion: int | None = None
    children: list[int] = field(default_factory=list)
    completion: str | None = None
    completion_tokens: int = 0
    tokens: int = 0
    """Those computed for it: of its completion, and for the first sibling of the prompt."""
    mean_logprob: float | None = None
    program: str | None = None
    rejection: str = ""
    duplicate_of: int | None = None
    status: Status | None = None
    reward: float | None = None
    verdict: Verdict | None = None
    visits: int = 0
    total: float = 0.0
    pending: int = 0
    blocked: bool = False
    cancelled: bool = False
    """A stop cut its completion short."""
    pruned: bool = False
    dead: bool = False
    pinned: bool = False
    tests: int = 0
    """The version of the visible tests that it was judged by."""
    reflection: str | None = None
    """What the policy said is wrong with it; None where it was not asked."""
    opinion: float | None = None
    """Q_ai: what the policy thinks of it among its siblings, in [0, 1]."""
    alpha: float = 1.0
    """How much of its value is measured; the rest is the opinion."""

    @property
    def value(self) -> float:
        """Mean reward Q = W / N; 0 where nothing is known."""
        return self.total / self.visits if self.visits else 0.0

    def blended(self, value: float) -> float:
        """A mean reward, and the policy's opinion where there is one."""
        return value if self.opinion is None else blend(value, self.opinion, self.alpha)

    @property
    def eligible(self) -> bool:
        """Whether it may be the answer: a judged program that is not pruned, or is pinned."""
        return self.program is not None and self.reward is not None and (self.pinned or not self.dead)

    @property
    def repairable(self) -> bool:
        """Whether a repair of this node makes sense: it has a program of its own, executed, that does not pass."""
        return (
            self.program is not None
            and self.verdict is not None
            and self.duplicate_of is None
            and self.status not in ("passed", "unverified")
        )


@dataclass(slots=True)
class Expansion:
    """A policy call as it was asked for."""

    id: int
    parent: int
    origin: ev.Origin
    nodes: tuple[int, ...]
    started: ev.ExpansionStarted
    sampled: bool = False
    failed: bool = False
    ranked: bool = False
