"""What happens in a run, as data. The journal holds these, and every view of a run is a fold over them.

Node 0 is the root (the task, or the given program of a repair task). An expansion reserves the ids of the nodes
it will make before its policy call, so that a screen can show them as being generated.
"""

from __future__ import annotations

import time
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator

from reason_tui.policy import Completion, Message, PolicyInfo
from reason_tui.rewards import Status
from reason_tui.sandbox.types import Limits, Verdict
from reason_tui.search.ledger import Ledger
from reason_tui.tasks.types import Frozen, Task

SCHEMA = 1
ROOT = 0

Origin = Literal["root", "draft", "repair"]
FinishReason = Literal["solved", "budget", "exhausted", "stopped", "failed"]
Outcome = Literal["solved", "unsolved", "unverified"]
StrategyName = Literal["greedy", "best-of-n", "mcts"]


class SearchSettings(Frozen):
    """How to search. `budget` counts sampled completions, duplicates and unparsable ones included.

    `width` is K, the siblings of one expansion; `exploration` is c of UCB1. `tokens` and `seconds` are further
    budgets; None is without limit.
    """

    strategy: StrategyName = "mcts"
    budget: int = Field(default=32, ge=1)
    tokens: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    width: int = Field(default=4, ge=1, le=64)
    temperature: float = Field(default=0.8, ge=0, le=5)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int = Field(default=512, ge=1)
    seed: int = Field(default=0, ge=0)
    exploration: float = Field(default=1.4, ge=0)
    limits: Limits = Limits()


class _Event(Frozen):
    at: float = Field(default_factory=time.time, ge=0, le=1e11, allow_inf_nan=False)
    """Unix time by the wall clock, which can be set back."""


class Branch(Frozen):
    """Where a run branched off: everything up to this event of that run was copied, but for what was in flight."""

    run: str
    event: int


class RunStarted(_Event):
    """The first event of every journal."""

    type: Literal["run_started"] = "run_started"
    schema_version: int = SCHEMA
    run: str
    task: Task
    settings: SearchSettings
    policy: PolicyInfo
    sandbox: str
    app_version: str
    branched_from: Branch | None = None


class ExpansionStarted(_Event):
    """A policy call is about to be made: `nodes` are the ids of the siblings it will give."""

    type: Literal["expansion_started"] = "expansion_started"
    expansion: int
    parent: int
    origin: Origin
    nodes: tuple[int, ...]
    messages: tuple[Message, ...]
    prefix: str
    temperature: float
    seed: int


class ExpansionSampled(_Event):
    """The policy call returned after `seconds`."""

    type: Literal["expansion_sampled"] = "expansion_sampled"
    expansion: int
    seconds: float


class ExpansionFailed(_Event):
    """The policy call gave nothing; its nodes vanish."""

    type: Literal["expansion_failed"] = "expansion_failed"
    expansion: int
    message: str


class NodeAdded(_Event):
    """One sibling: the raw completion, and the program found in it or the reason why there is none.

    `duplicate_of` names an earlier node with the same normal form; it is not executed again.
    """

    type: Literal["node_added"] = "node_added"
    expansion: int
    node: int
    completion: Completion
    program: str | None = None
    rejection: str = ""
    duplicate_of: int | None = None


class NodeJudged(_Event):
    """The reward of a node. `verdict` is None for a node without a program; `executed` is false for duplicates."""

    type: Literal["node_judged"] = "node_judged"
    node: int
    reward: float = Field(ge=0, le=1)
    status: Status
    verdict: Verdict | None = None
    executed: bool = True


class Agreement(Frozen):
    """A group of programs that behave alike on the inputs tried."""

    nodes: tuple[int, ...]
    inputs: int


class CandidatesCompared(_Event):
    """Without visible tests: candidates grouped by what they return on made-up inputs, the largest group first."""

    type: Literal["candidates_compared"] = "candidates_compared"
    groups: tuple[Agreement, ...]


class RunPaused(_Event):
    """The user paused the run."""

    type: Literal["run_paused"] = "run_paused"


class RunResumed(_Event):
    """The user let the run go on."""

    type: Literal["run_resumed"] = "run_resumed"


class RunContinued(_Event):
    """Another process goes on with a run that was interrupted, stopped or failed.

    What a stop cut short is forgotten (not its tokens): it is asked for again, as is the expansion whose samples were
    lost, under its own number and seed.
    """

    type: Literal["run_continued"] = "run_continued"
    schema_version: int = SCHEMA
    policy: PolicyInfo
    sandbox: str
    app_version: str


class RunFinished(_Event):
    """The last event, unless the run is continued: why the search ended, and its answer.

    `seconds` is how long it was searched, without the time between an end and a RunContinued.
    """

    type: Literal["run_finished"] = "run_finished"
    reason: FinishReason
    outcome: Outcome
    answer: int | None
    ledger: Ledger
    message: str = ""
    seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)

    @property
    def final(self) -> bool:
        """Whether there is nothing to go on with. A run that was stopped or failed can be continued."""
        return self.reason not in ("stopped", "failed")

    @model_validator(mode="after")
    def _solved_has_an_answer(self) -> RunFinished:
        if self.outcome == "solved" and self.answer is None:
            raise ValueError("a solved run names its answer")
        return self


Event = Annotated[
    RunStarted
    | ExpansionStarted
    | ExpansionSampled
    | ExpansionFailed
    | NodeAdded
    | NodeJudged
    | CandidatesCompared
    | RunPaused
    | RunResumed
    | RunContinued
    | RunFinished,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Parses and prints any event: `EVENT.validate_json(line)`, `EVENT.dump_json(event)`."""
