"""What the policy said beside its programs, as events. Every one of these calls is charged to the ledger."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reason_tui.policy import Completion, Message
from reason_tui.search.dated import Dated
from reason_tui.tasks.types import CallCase


class Consulted(Dated):
    """A policy call that gave no candidate: how it was asked, and the reply."""

    messages: tuple[Message, ...]
    prefix: str = ""
    temperature: float = 0.0
    completion: Completion
    seconds: float = Field(default=0.0, ge=0, allow_inf_nan=False)


class NodeReflected(Consulted):
    """One sentence on what is wrong with the program of a node; empty where the policy said nothing."""

    type: Literal["node_reflected"] = "node_reflected"
    node: int
    text: str


class SiblingsRanked(Consulted):
    """The policy's ranking of siblings, the best first; none where its reply was no ranking.

    The first of K is worth 1, the last 0; a node's value is blended with that by `alpha`.
    """

    type: Literal["siblings_ranked"] = "siblings_ranked"
    expansion: int
    order: tuple[int, ...] = ()
    alpha: float = Field(ge=0, le=1)


class TestsWritten(Dated):
    """Tests that the policy wrote of a task without visible ones; none where no reply had a test that can be read.

    They judge no program by themselves: see `rewards.codet`.
    """

    __test__ = False

    type: Literal["tests_written"] = "tests_written"
    messages: tuple[Message, ...]
    prefix: str = ""
    temperature: float = 0.0
    completions: tuple[Completion, ...]
    seconds: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    tests: tuple[CallCase, ...] = ()


Consultation = NodeReflected | SiblingsRanked | TestsWritten
