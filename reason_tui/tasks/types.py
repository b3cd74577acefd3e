"""What a task is. Visible tests steer a search; hidden tests only grade, and no search can hold one.

All values inside tests are Python literals kept as source text, so that they survive JSON exactly.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """Base of every record that crosses a process or lands in a journal."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CallCase(Frozen):
    """One call of the entry point with literal arguments.

    Exactly one of `expected` (a literal) and `raises` (an exception's name) is set; with neither, the call
    is only observed. `sequences`: lists, tuples and iterators are told apart by what they hold and not by their type.
    """

    kind: Literal["call"] = "call"
    args: tuple[str, ...] = ()
    kwargs: dict[str, str] = Field(default_factory=dict)
    expected: str | None = None
    raises: str | None = None
    sequences: bool = False

    def call(self, entry_point: str) -> str:
        """The call as source, e.g. `add(1, 2)`."""
        named = (f"{name}={value}" for name, value in self.kwargs.items())
        return f"{entry_point}({', '.join((*self.args, *named))})"

    def describe(self, entry_point: str) -> str:
        """The test as a reader would write it, e.g. `add(1, 2) == 3`."""
        call = self.call(entry_point)
        if self.raises is not None:
            return f"{call} raises {self.raises}"
        return call if self.expected is None else f"{call} == {self.expected}"


class AssertCase(Frozen):
    """One `assert` statement that mentions the entry point in a way that is not a plain call."""

    kind: Literal["assert"] = "assert"
    source: str

    def describe(self, entry_point: str) -> str:
        """The statement without its `assert`."""
        del entry_point
        return self.source.removeprefix("assert").strip()


class FunctionCase(Frozen):
    """A test function (or class) as pytest would run it, with what it needs of its file.

    It imports the program by the names in `modules`. With parameters it stands for several tests, and gives as many
    records.
    """

    kind: Literal["function"] = "function"
    name: str
    source: str
    modules: tuple[str, ...] = ()

    def describe(self, entry_point: str) -> str:
        """Its name."""
        del entry_point
        return self.name


TestCase = Annotated[CallCase | AssertCase | FunctionCase, Field(discriminator="kind")]


class Task(Frozen):
    """A coding problem as the search sees it.

    `signature` is the `def` line(s) of the entry point as they stand in the prompt, without the body;
    `preamble` the imports and helper functions before it; `given` a program to repair.
    """

    id: str
    prompt: str
    kind: Literal["code", "math"] = "code"
    entry_point: str | None = None
    signature: str | None = None
    preamble: str = ""
    visible: tuple[TestCase, ...] = ()
    given: str | None = None
    answer: str | None = None
    """Of a math problem, where the person knows it."""


class HiddenTests(Frozen):
    """The tests that grade, once, the one answer of a search.

    Either `cases`, or `check`: source that defines `check(candidate)` or holds bare asserts. `setup` is
    executed before it where the tests run (imports, helpers the tests use).
    """

    cases: tuple[CallCase, ...] = ()
    check: str = ""
    setup: str = ""
    answer: str = ""
    """Of a math problem, in the place of tests."""


class GradedTask(Frozen):
    """A task of a dataset: what a search may see, and beside it what only the grader may."""

    task: Task
    hidden: HiddenTests
    reference: str
    group: str = ""
