"""The question that separates the candidates that are left, and what its answer does to the search."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from support.resuming import by_seed
from support.steered import Steered

from reason_tui.search import acts
from reason_tui.search import events as ev
from reason_tui.tasks.types import CallCase, Task

TASK = Task(
    id="t",
    prompt="The larger of two numbers.",
    entry_point="f",
    signature="def f(x: int, y: int) -> int:",
    visible=(CallCase(args=("1", "3"), expected="3"),),
)
UNTESTED = TASK.model_copy(update={"visible": ()})
PASSING = ("max(x, y)", "y", "x + 2")


def each(*bodies: str) -> Callable[..., list[str]]:
    """The siblings of every call have these bodies, in this order."""
    return lambda request: [f"    return {bodies[i % len(bodies)]}\n" for i in range(request.n)]


def _answered(bench: Steered, **says: object) -> None:
    bench.on("question_asked", lambda event: acts.Answer(question=event.question, **says))


def _right(bench: Steered, body: str) -> None:
    """The person says what `body` gives, whatever is asked."""

    def answer(event: ev.QuestionAsked) -> acts.Answer:
        value = eval(f"(lambda x, y: {body})({', '.join(event.case.args)})")
        return acts.Answer(question=event.question, says="own", text=repr(value))

    for _ in range(9):
        bench.on("question_asked", answer)


async def test_the_question_shows_each_group_with_what_it_says_on_a_small_input():
    bench = Steered(script=each(*PASSING, "y", "max(y, x)"))
    _answered(bench, says="skip")
    await bench.search(TASK, budget=5, width=5, ask=True)
    asked = bench.of(ev.QuestionAsked)[0]
    assert asked.waiting and asked.inputs > 10
    x, y = map(int, asked.case.args)
    said = {opinion.returned for opinion in asked.opinions}
    assert said <= {str(max(x, y)), str(y), str(x + 2)} and len(said) >= 2
    assert len(repr(asked.case.args)) <= len("('-9', '-9')")
    assert sorted(node for opinion in asked.opinions for node in opinion.nodes) == [1, 2, 3, 5]


async def test_the_answer_is_a_visible_test_and_decides():
    bench = Steered(script=each(*PASSING))
    _right(bench, "max(x, y)")
    await bench.search(TASK, budget=3, width=3, ask=True)
    last = bench.events[-1]
    assert (last.outcome, last.answer) == ("solved", 1)
    assert len(bench.tree.task.visible) > 1
    assert {bench.tree.nodes[node].status for node in (2, 3)} == {"partial"}


async def test_without_the_setting_nothing_is_asked():
    bench = Steered(script=each(*PASSING))
    await bench.search(TASK, budget=3, width=3)
    assert bench.of(ev.QuestionAsked) == []


async def test_a_skipped_question_is_not_asked_again_and_leaves_the_tests_as_they_were():
    bench = Steered(script=each("max(x, y)", "y"))
    _answered(bench, says="skip")
    await bench.search(TASK, budget=2, width=2, ask=True)
    assert len(bench.of(ev.QuestionAsked)) == 1
    assert bench.tree.task.visible == TASK.visible
    assert bench.events[-1].outcome == "solved"


async def test_neither_rules_out_every_group_and_the_search_goes_on():
    script = each("3", "x + 2")
    bench = Steered(
        script=lambda request: script(request) if request.n == 2 else ["    return 3 * x * x\n"] * request.n
    )
    _answered(bench, says="neither")
    bench.on("question_answered", lambda event: acts.ChangeSettings(changes={"width": 3}))
    await bench.search(TASK, budget=9, width=2, ask=True, strategy="best-of-n")
    (answered,) = bench.of(ev.QuestionAnswered)
    assert {bench.tree.nodes[node].status for node in (1, 2)} == {"partial"}
    assert "not in" in answered.test.source
    assert bench.tree.nodes[bench.events[-1].answer].program.endswith("return 3 * x * x")
    assert bench.events[-1].reason == "solved"


async def test_a_group_that_raises_can_be_the_right_one():
    task = TASK.model_copy(
        update={"signature": "def f(x: list[int]) -> int:", "visible": (CallCase(args=("[3]",), expected="3"),)}
    )
    bench = Steered(script=each("max(x)", "x[0] if x else 0"))

    def raising(event: ev.QuestionAsked) -> acts.Answer:
        at = next(at for at, said in enumerate(event.opinions) if said.raised or said.returned != "0")
        return acts.Answer(question=event.question, says="group", group=at)

    for _ in range(5):
        bench.on("question_asked", raising)
    await bench.search(task, budget=2, width=2, ask=True)
    assert bench.events[-1].answer == 1


async def test_without_visible_tests_those_that_run_are_asked_about():
    bench = Steered(script=each("max(x, y)", "y", "z"))
    _right(bench, "max(x, y)")
    await bench.search(UNTESTED, budget=3, width=3, ask=True)
    assert (bench.events[-1].outcome, bench.events[-1].answer) == ("solved", 1)


async def test_candidates_that_behave_alike_leave_nothing_to_ask():
    bench = Steered(script=each("max(x, y)", "x if x > y else y"))
    await bench.search(TASK, budget=2, width=2, ask=True)
    assert bench.of(ev.QuestionAsked) == []
    assert bench.events[-1].outcome == "solved"


async def test_a_person_may_ask_at_any_time_and_is_told_why_there_is_no_question():
    bench = Steered(script=each("max(x, y)", "x if x > y else y"))
    refused: list[str] = []
    bench.control.refuse = lambda act, error: refused.append(error.why)
    bench.on("node_judged", lambda event: acts.AskQuestion() if event.node == 1 else None)
    task = TASK.model_copy(update={"visible": (CallCase(args=("1", "3"), expected="4"),)})
    await bench.search(task, budget=40, width=2, strategy="best-of-n")
    assert refused == ["No candidate is left to compare."]


@pytest.mark.parametrize("text", ["", "max", "raises", "f(1)"])
async def test_an_answer_that_is_no_value_is_refused_and_the_question_stays(text: str):
    bench = Steered(script=each("max(x, y)", "y"))

    def stop_later(event: ev.QuestionAsked) -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, bench.control.stop)

    bench.on("question_asked", stop_later)
    _answered(bench, says="own", text=text)
    await bench.search(TASK, budget=2, width=2, ask=True)
    assert len(bench.refused) == 1
    assert bench.of(ev.QuestionAnswered) == []
    assert bench.events[-1].reason == "stopped"
    assert bench.tree.question is not None


async def test_a_run_that_waited_for_an_answer_waits_for_it_when_it_goes_on():
    bench = Steered(script=each("max(x, y)", "y"))
    bench.on("question_asked", lambda event: bench.control.stop())
    events = await bench.search(TASK, budget=2, width=2, ask=True)
    again = Steered(script=each("max(x, y)", "y"))
    for event in events:
        again.tree.apply(event)
    asked = again.tree.question
    right = str(max(map(int, asked.case.args)))
    own = acts.Answer(question=asked.question, says="own", text=right)
    again.on("run_continued", lambda event: own)
    for _ in range(9):
        _answered(again, says="skip")
    await again.resume(events)
    assert len(again.tree.task.visible) == 2
    assert again.events[-1].outcome == "solved"


async def test_the_same_script_gives_the_same_questions():
    asked = []
    for _ in range(2):
        bench = Steered(script=by_seed("max(x, y)", "y", "x + 2", "3"))
        for _ in range(9):
            _answered(bench, says="group", group=0)
        await bench.search(TASK, budget=8, width=8, ask=True)
        asked.append([(event.case, event.opinions) for event in bench.of(ev.QuestionAsked)])
    assert asked[0] == asked[1] != []
