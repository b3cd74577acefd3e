"""What the command line says of a search: what was left out of a prompt, and what the answer was chosen by."""

from __future__ import annotations

from support.executing import InProcess
from support.recorded import stopped_run
from support.resuming import Bench, by_seed

from reason_tui.cli.progress import Plain, told
from reason_tui.cli.words import verdict_on
from reason_tui.engine.protocol import Note
from reason_tui.policy import SampleRequest
from reason_tui.runs.fold import RunView
from reason_tui.runs.report import report
from reason_tui.search import events as ev
from reason_tui.tasks.types import CallCase, Task

UNTESTED = Task(id="t", prompt="How far x is from 0.", entry_point="f", signature="def f(x: int) -> int:")


def lines(events: list[ev.Event]) -> tuple[RunView, list[str]]:
    """The view after a run, and what was told on the way, without the time."""
    view, found = RunView(), []
    for event in events:
        view.apply(event)
        found.append(told(view, event).partition(" ")[2])
    return view, found


def script(request: SampleRequest) -> list[str]:
    if "assert statements" in request.messages[-1].content:
        return ["-3) == 3\nassert f(2) == 2"] * request.n
    return ["    return abs(x)\n", "    return 0\n"][: request.n]


async def test_a_prompt_that_was_cut_is_told_of():
    many = tuple(CallCase(args=(str(i),), expected=str(i)) for i in range(500))
    task = UNTESTED.model_copy(update={"visible": many})
    _, found = lines(await Bench(by_seed("0")).search(task, budget=1, width=1))
    assert any(line.startswith("left out of the prompt: ") and "examples of tests" in line for line in found)


async def test_a_reply_that_was_stopped_is_not_called_one_without_a_program():
    view, found = lines(await stopped_run())
    without, stopped = (line for line in found if line.startswith("node "))
    assert "no program in the reply" in without
    assert stopped == "node 2, draft: cut short, reward 0.00, stopped while it was being written"
    assert "| 2 | 0 | 1 | draft | cut short | 0.00 | cut short | stopped while" in report(view)


def test_what_a_backend_says_is_a_line_for_whoever_reads_lines(capsys):
    Plain().message(RunView(), Note(text="Out of memory:\x1b[2J 2 siblings\nat a time."))
    assert capsys.readouterr().err == "Out of memory:\\x1b[2J 2 siblings at a time.\n"


async def test_an_answer_chosen_by_tests_of_the_model_says_so():
    bench = Bench(script)
    bench.sandbox = InProcess()
    events = await bench.search(UNTESTED, budget=2, width=2, strategy="best-of-n", without_tests="codet")
    view, found = lines(events)
    assert "the model wrote 2 tests to choose by" in found
    assert "1 of 2 distinct programs pass the same 2 of 2 tests that the model wrote." in verdict_on(view)
