"""What happens in a run, as data. The journal holds these, and every view of a run is a fold over them.

Node 0 is the root (the task, or the given program of a repair task). An expansion reserves the ids of the nodes
it will make before its policy call, so that a screen can show them as being generated.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator

from reason_tui.policy import Completion, Message, PolicyInfo
from reason_tui.prompts import STOP
from reason_tui.rewards import Status
from reason_tui.sandbox.types import Limits, Verdict
from reason_tui.search.consulted import Consultation, NodeReflected, SiblingsRanked, TestsWritten
from reason_tui.search.dated import Dated
from reason_tui.search.ledger import Ledger
from reason_tui.search.record import Record
from reason_tui.search.steered import (
    HandEdited,
    HintGiven,
    HintWithdrawn,
    NodePinned,
    NodePruned,
    NodeRestored,
    Opinion,
    QuestionAnswered,
    QuestionAsked,
    Steered,
    TestAdded,
    TestEdited,
    TestRemoved,
)
from reason_tui.tasks.types import Frozen, Task

SCHEMA = 2
"""The format of a journal. `runs.upgrade` has a step from each older one; new events and meanings make a new one."""
ROOT = 0

Origin = Literal["root", "draft", "repair", "edit"]
"""`edit`: a program by hand."""
FinishReason = Literal["solved", "budget", "exhausted", "stopped", "failed"]
Outcome = Literal["solved", "unsolved", "unverified"]
StrategyName = Literal["greedy", "best-of-n", "mcts", "ab-mcts", "auto", "linear", "revise", "random-tree"]
Prompting = Literal["plain", "reason"]
"""Whether drafts are asked for at once, or after some words on how to go about it."""


class SearchSettings(Frozen):
    """How to search. `budget` counts sampled completions, duplicates and unparsable ones included.

    `width` is K, the siblings of one expansion; `exploration` is c of UCB1. `in_flight` is how many expansions may be
    asked for before the verdicts of the first are told (1: sampling and running take turns). `tokens` and `seconds` are
    further budgets; None is without limit. `ask`: where candidates survive that behave differently, a search that is
    about to end asks the user which is right, and waits for the answer.

    `memory_tokens`: how much a repair prompt tells of earlier attempts on the way to its program (0: nothing);
    `reflect`: by a sentence that the policy is asked for. `critic`: the policy ranks siblings, which makes up
    1 - `alpha` of their value. These calls are charged.

    `without_tests`: how the answer is chosen where there are no visible tests. `agreement` is with the other samples on
    made-up inputs; for `codet` the policy writes tests before the first draft, which is charged, and programs that pass
    the same of them are weighed (`rewards.codet`).
    """

    strategy: StrategyName = "auto"
    budget: int | None = Field(default=32, ge=1)
    tokens: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    width: int = Field(default=4, ge=1, le=64)
    temperature: float = Field(default=0.8, ge=0, le=5)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int = Field(default=512, ge=1)
    seed: int = Field(default=0, ge=0)
    in_flight: int = Field(default=1, ge=1, le=64)
    exploration: float = Field(default=1.4, ge=0)
    programs: int | None = Field(default=None, ge=1)
    confirm: int = Field(default=1, ge=1)
    repairs: int | None = Field(default=None, ge=0)
    prior: Literal["gaussian", "beta"] = "gaussian"
    prompts: tuple[Prompting, ...] = Field(default=("plain",), min_length=1)
    record: Record | None = None
    ask: bool = False
    memory_tokens: int = Field(default=0, ge=0)
    reflect: bool = False
    critic: bool = False
    alpha: float = Field(default=0.5, ge=0, le=1)
    without_tests: Literal["agreement", "codet"] = "agreement"
    limits: Limits = Limits()

    def left(self, completions: int, wanted: int) -> int:
        """How many of `wanted` more completions the budget has, after so many."""
        return wanted if self.budget is None else min(wanted, self.budget - completions)

    def of_budget(self, completions: int) -> str:
        """`12/32`, or `12` without limit."""
        return str(completions) if self.budget is None else f"{completions}/{self.budget}"


class Branch(Frozen):
    """Where a run branched off: everything up to this event of that run was copied, but for what was in flight."""

    run: str
    event: int


class RunStarted(Dated):
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


class ExpansionStarted(Dated):
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
    prompt: Prompting = "plain"
    hints: tuple[int, ...] = ()
    """The hints that the prompt tells."""
    cut: tuple[str, ...] = ()
    """What did not fit into the prompt and was left out, in words."""
    stop: tuple[str, ...] = STOP
    """What ends a sample. Journals older than this field asked for programs only."""


class ExpansionSampled(Dated):
    """The policy call returned after `seconds`. `controller_s`: the controller's CPU time since it was last told."""

    type: Literal["expansion_sampled"] = "expansion_sampled"
    expansion: int
    seconds: float
    controller_s: float = Field(default=0.0, ge=0, allow_inf_nan=False)


class ExpansionFailed(Dated):
    """The policy call gave nothing; its nodes vanish."""

    type: Literal["expansion_failed"] = "expansion_failed"
    expansion: int
    message: str


class NodeAdded(Dated):
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


class NodeJudged(Dated):
    """The reward of a node. `verdict` is None for a node without a program; `executed` is false for duplicates.

    A node is judged again when the visible tests change; `tests` is their version (see `steered`).
    """

    type: Literal["node_judged"] = "node_judged"
    node: int
    reward: float = Field(ge=0, le=1)
    status: Status
    verdict: Verdict | None = None
    executed: bool = True
    tests: int = 0


class Agreement(Frozen):
    """A group of programs that behave alike on the inputs tried; or, by CodeT, that pass the same tests.

    `passed` says how many of the `inputs` tests that the policy wrote they pass; None where behaviour was compared.
    """

    nodes: tuple[int, ...]
    inputs: int
    passed: int | None = None


class CandidatesCompared(Dated):
    """Candidates grouped by what they return on made-up inputs, the largest group first; by CodeT the best one.

    Those that were compared are `nodes`; in journals older than this field, those of the groups. `scores` says of each
    how far the other samples agree with it, in [0, 1] (see `rewards.agreement`); older journals have none.
    """

    type: Literal["candidates_compared"] = "candidates_compared"
    groups: tuple[Agreement, ...]
    nodes: tuple[int, ...] = ()
    scores: tuple[tuple[int, float], ...] = ()


class SettingsChanged(Dated):
    """The user changed settings; these hold from the next expansion on."""

    type: Literal["settings_changed"] = "settings_changed"
    settings: SearchSettings


class RunPaused(Dated):
    """The user paused the run."""

    type: Literal["run_paused"] = "run_paused"


class RunResumed(Dated):
    """The user let the run go on."""

    type: Literal["run_resumed"] = "run_resumed"


class RunContinued(Dated):
    """Another process goes on with a run that was interrupted, stopped or failed.

    What a stop cut short is forgotten (not its tokens): it is asked for again, as is the expansion whose samples were
    lost, under its own number and seed.
    """

    type: Literal["run_continued"] = "run_continued"
    schema_version: int = SCHEMA
    policy: PolicyInfo
    sandbox: str
    app_version: str


class RunFinished(Dated):
    """The last event, unless the run is continued: why the search ended, and its answer.

    `seconds` is how long it was searched, without the time between an end and a RunContinued. `controller_s` is the
    controller's CPU time since this was last told, and part of the ledger.
    """

    type: Literal["run_finished"] = "run_finished"
    reason: FinishReason
    outcome: Outcome
    answer: int | None
    ledger: Ledger
    message: str = ""
    seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    controller_s: float = Field(default=0.0, ge=0, allow_inf_nan=False)

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
    | Consultation
    | SettingsChanged
    | Steered
    | RunPaused
    | RunResumed
    | RunContinued
    | RunFinished,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Parses and prints any event: `EVENT.validate_json(line)`, `EVENT.dump_json(event)`."""

__all__ = [
    "EVENT",
    "ROOT",
    "SCHEMA",
    "Agreement",
    "Branch",
    "CandidatesCompared",
    "Event",
    "ExpansionFailed",
    "ExpansionSampled",
    "ExpansionStarted",
    "FinishReason",
    "HandEdited",
    "HintGiven",
    "HintWithdrawn",
    "NodeAdded",
    "NodeJudged",
    "NodePinned",
    "NodePruned",
    "NodeReflected",
    "NodeRestored",
    "Opinion",
    "Origin",
    "Outcome",
    "QuestionAnswered",
    "QuestionAsked",
    "RunContinued",
    "RunFinished",
    "RunPaused",
    "RunResumed",
    "RunStarted",
    "SearchSettings",
    "SettingsChanged",
    "SiblingsRanked",
    "Steered",
    "StrategyName",
    "TestAdded",
    "TestEdited",
    "TestRemoved",
    "TestsWritten",
]
