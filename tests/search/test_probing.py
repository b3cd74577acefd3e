"""Inputs where the task says nothing of its arguments: the candidates' own parameters, tried out."""

from __future__ import annotations

import pytest
from support.executing import InProcess

from reason_tui.sandbox.types import Limits
from reason_tui.search.probing import inputs_for
from reason_tui.search.referee import SandboxReferee
from reason_tui.tasks.types import CallCase, Task

BARE = Task(id="t", prompt="Do it.", entry_point="f")


async def found(task: Task, *programs: str) -> tuple[CallCase, ...]:
    return await inputs_for(SandboxReferee(Limits(), InProcess()), task, dict(enumerate(programs, 1)))


@pytest.mark.parametrize(
    ("body", "kind"),
    [("sum(qq)", list), ("qq.upper()", str), ("qq + 1", int), ("[w + 1 for w in qq]", list), ("qq.items()", dict)],
)
async def test_inputs_are_of_the_type_that_the_candidates_take(body: str, kind: type):
    cases = await found(BARE, f"def f(qq):\n    return {body}\n")
    assert len(cases) > 5
    assert {type(eval(case.args[0])) for case in cases} == {kind}
    values = [eval(f"(lambda qq: {body})({case.args[0]})") for case in cases]
    assert values, "and every one of them can be called with"


async def test_the_parameters_are_those_of_most_candidates():
    cases = await found(BARE, *["def f(a, b):\n    return a + b\n"] * 2, "def f(a):\n    return a\n")
    assert {len(case.args) for case in cases} == {2}


async def test_examples_and_annotations_are_believed():
    example = BARE.model_copy(update={"visible": (CallCase(args=("'x'",), expected="1"),)})
    assert all(case.args[0][0] in "'\"" for case in await found(example, "def f(q):\n    return q + 1\n"))
    typed = BARE.model_copy(update={"signature": "def f(q: str):"})
    assert all(case.args[0][0] in "'\"" for case in await found(typed, "def f(q):\n    return q + 1\n"))


async def test_nothing_is_made_up_where_nothing_is_known_to_call():
    assert await found(BARE.model_copy(update={"entry_point": None}), "def f(q):\n    return q\n") == ()
    assert await found(BARE, "x = 1\n") == ()
