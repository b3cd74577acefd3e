"""What a person may do to a run that goes on, as data. The engine takes these as commands.

`acting` says what each one does, or why it makes no sense at the time: that is told as a refusal and changes nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reason_tui.search.events import ROOT
from reason_tui.search.steered import Says
from reason_tui.tasks.types import Frozen

Setting = Literal["strategy", "width", "temperature", "budget", "tokens", "seconds", "ask"]
"""What may be changed in flight."""


class Prune(Frozen):
    """No more policy calls at or below `node`; none of its programs is the answer, unless pinned."""

    type: Literal["prune"] = "prune"
    node: int


class Restore(Frozen):
    """Undo a pruning."""

    type: Literal["restore"] = "restore"
    node: int


class Pin(Frozen):
    """Keep this candidate whatever happens, or let go of it."""

    type: Literal["pin"] = "pin"
    node: int
    pinned: bool = True


class GiveHint(Frozen):
    """Tell the policy this in every later prompt at or below `node`."""

    type: Literal["give_hint"] = "give_hint"
    text: str
    node: int = ROOT


class WithdrawHint(Frozen):
    """Tell it no longer. Hints are numbered in the order in which they were given, from 0."""

    type: Literal["withdraw_hint"] = "withdraw_hint"
    hint: int


class AddTest(Frozen):
    """More visible tests, as a person writes them: `f(1) == 2`, `f(-1) raises ValueError`, `>>> f(1)`, `assert …`."""

    type: Literal["add_test"] = "add_test"
    source: str


class EditTest(Frozen):
    """Another test in the place of the visible test at `index` (from 0, as in `Tree.task.visible`)."""

    type: Literal["edit_test"] = "edit_test"
    index: int
    source: str


class RemoveTest(Frozen):
    """One visible test less."""

    type: Literal["remove_test"] = "remove_test"
    index: int


class EditNode(Frozen):
    """A program by hand, as a new child of `node`; it is run at once."""

    type: Literal["edit_node"] = "edit_node"
    node: int
    program: str


class ChangeSettings(Frozen):
    """Other settings from the next expansion on; None lifts a budget in tokens or seconds."""

    type: Literal["change_settings"] = "change_settings"
    changes: dict[Setting, str | bool | int | float | None]


class AskQuestion(Frozen):
    """Look for an input on which the surviving candidates differ, and ask about it."""

    type: Literal["ask_question"] = "ask_question"


class Answer(Frozen):
    """The answer to the open question: one of its `group`s (from 0), `own` with `text` (a literal, or `raises NAME`),
    `neither`, or `skip`."""

    type: Literal["answer"] = "answer"
    question: int
    says: Says
    group: int | None = None
    text: str = ""


Act = Annotated[
    Prune
    | Restore
    | Pin
    | GiveHint
    | WithdrawHint
    | AddTest
    | EditTest
    | RemoveTest
    | EditNode
    | ChangeSettings
    | AskQuestion
    | Answer,
    Field(discriminator="type"),
]
