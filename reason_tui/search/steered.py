"""What a person did to a run while it went on, as events. Which act gives which is in `acting`; the fold in `folding`.

The visible tests of a run have a version: 0 is what the task came with, and each act upon the tests makes the next
one. A node judged by an older version is stale until it is judged again (`Tree.stale`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reason_tui.search.dated import Dated
from reason_tui.tasks.types import CallCase, Frozen, TestCase

MAX_HINT = 2000
"""Characters of a hint: it goes into every later prompt."""


class NodePruned(Dated):
    """The node and all below it get no more policy calls and are no candidates, unless pinned. Visits stay."""

    type: Literal["node_pruned"] = "node_pruned"
    node: int


class NodeRestored(Dated):
    """A pruning was undone. What was pruned below the node on its own stays pruned."""

    type: Literal["node_restored"] = "node_restored"
    node: int


class NodePinned(Dated):
    """The node is a candidate whatever is pruned, always compared, and first among equals; or no longer."""

    type: Literal["node_pinned"] = "node_pinned"
    node: int
    pinned: bool = True


class HintGiven(Dated):
    """Words for the prompts of later expansions at or below `node` (the root: all). Hints are numbered from 0."""

    type: Literal["hint_given"] = "hint_given"
    hint: int
    node: int = 0
    text: str = Field(min_length=1, max_length=MAX_HINT)


class HintWithdrawn(Dated):
    """A hint is no longer told."""

    type: Literal["hint_withdrawn"] = "hint_withdrawn"
    hint: int


class TestAdded(Dated):
    """A new visible test, after those there are."""

    __test__ = False

    type: Literal["test_added"] = "test_added"
    test: TestCase
    entry_point: str | None = None
    """Of the task from now on, where it named none."""


class TestEdited(Dated):
    """Another test in the place of the visible test at `index`."""

    __test__ = False

    type: Literal["test_edited"] = "test_edited"
    index: int = Field(ge=0)
    test: TestCase


class TestRemoved(Dated):
    """The visible test at `index` is gone; those after it move up."""

    __test__ = False

    type: Literal["test_removed"] = "test_removed"
    index: int = Field(ge=0)


class HandEdited(Dated):
    """A program that a person wrote, as a new child of `parent`. Its verdict follows as of any node."""

    type: Literal["hand_edited"] = "hand_edited"
    node: int
    parent: int
    program: str = Field(min_length=1)


class Opinion(Frozen):
    """What a group of programs does with the input of a question: returns a value, raises, or does not end."""

    nodes: tuple[int, ...]
    """The distinct programs of the group, the best first."""
    returned: str | None = None
    """A bounded repr."""
    raised: str | None = None
    """The exception's name."""

    def words(self) -> str:
        """`0`, `raises IndexError`, or `does not end in time`."""
        if self.returned is not None:
            return self.returned
        return "does not end in time" if self.raised is None else f"raises {self.raised}"


class QuestionAsked(Dated):
    """The smallest input found on which surviving candidates differ; the largest group first.

    `inputs` is how many were tried. Until it is answered a search that asks (`SearchSettings.ask`) waits at its end.
    """

    type: Literal["question_asked"] = "question_asked"
    question: int
    case: CallCase
    opinions: tuple[Opinion, ...]
    inputs: int
    waiting: bool = False
    """Whether the search waits for the answer."""


Says = Literal["group", "own", "neither", "skip"]


class QuestionAnswered(Dated):
    """Which group is right, another outcome, `neither` (all are wrong), or `skip` (it does not matter).

    `test` is the visible test that the answer makes, added after those there are; None for `skip`.
    """

    type: Literal["question_answered"] = "question_answered"
    question: int
    says: Says
    group: int | None = None
    test: TestCase | None = None


Steered = (
    NodePruned
    | NodeRestored
    | NodePinned
    | HintGiven
    | HintWithdrawn
    | TestAdded
    | TestEdited
    | TestRemoved
    | HandEdited
    | QuestionAsked
    | QuestionAnswered
)
