"""A search without visible tests whose answer is chosen by tests that the model wrote (CodeT)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

from support.executing import InProcess
from support.resuming import Bench

from reason_tui.errors import BackendError
from reason_tui.policy import SampleRequest
from reason_tui.runs.decisions import decisions
from reason_tui.runs.research import research
from reason_tui.search import events as ev
from reason_tui.search.rules import Rules
from reason_tui.tasks.types import CallCase, Task

TASK = Task(id="t", prompt="How far x is from 0.", entry_point="f", signature="def f(x: int) -> int:")
BODIES = ("0", "0 * x", "abs(x)", "0 + 0", "max(x, -x)")
"""Three behave alike and are wrong; two are right."""
RIGHT = ("-3) == 3\nassert f(5) == 5", "4) == 4\nassert f(-1) == 1", "2) == 9", "-3) == 3")
SETTINGS = {"strategy": "best-of-n", "budget": 5, "width": 5, "without_tests": "codet"}


def asks_for_tests(request: SampleRequest) -> bool:
    return "assert statements that test f" in request.messages[-1].content


def script(tests: tuple[str, ...] = RIGHT) -> Callable[[SampleRequest], list[str]]:
    def answer(request: SampleRequest) -> list[str]:
        if asks_for_tests(request):
            return list(tests)
        drawn = cycle(BODIES)
        return [f"    return {next(drawn)}\n" for _ in range(request.n)]

    return answer


class Untested(Bench):
    def __init__(self, answer: Callable[[SampleRequest], list[str]] | None = None) -> None:
        super().__init__(answer or script())
        self.sandbox = InProcess()


def answer_of(events: list[ev.Event]) -> str:
    programs = {event.node: event.program for event in events if isinstance(event, ev.NodeAdded)}
    return (programs[events[-1].answer] or "").split("return ")[1].strip()


async def test_the_programs_that_pass_the_same_tests_outvote_those_that_only_agree():
    assert answer_of(await Untested().search(TASK, **SETTINGS)) == "abs(x)"
    assert answer_of(await Untested().search(TASK, **{**SETTINGS, "without_tests": "agreement"})) == "0"


async def test_the_groups_say_how_many_of_the_tests_they_pass_the_best_first():
    events = await Untested().search(TASK, **SETTINGS)
    (compared,) = [event for event in events if isinstance(event, ev.CandidatesCompared)]
    assert [(group.nodes, group.passed, group.inputs) for group in compared.groups] == [
        ((3, 5), 4, 5),
        ((1, 2, 4), 0, 5),
    ]
    assert events[-1].outcome == "unverified", "tests that a model wrote prove nothing"


async def test_tests_are_asked_for_once_before_the_first_draft_and_charged():
    bench = Untested()
    events = await bench.search(TASK, **{**SETTINGS, "budget": 10})
    assert [asks_for_tests(request) for request in bench.policy.requests] == [True, False, False]
    kinds = [event.type for event in events]
    assert kinds.index("tests_written") < kinds.index("expansion_started")
    ledger = events[-1].ledger
    assert (ledger.completions, ledger.completion_tokens, ledger.prompt_tokens) == (10, 5 * 14, 10 * 3)


async def test_nothing_is_written_where_a_test_is_visible_or_nobody_asked_for_it():
    seen = TASK.model_copy(update={"visible": (CallCase(args=("1",), expected="7"),)})
    nameless = TASK.model_copy(update={"entry_point": None, "signature": None})
    asked = ((seen, SETTINGS), (nameless, SETTINGS), (TASK, {**SETTINGS, "without_tests": "agreement"}))
    for task, settings in asked:
        bench = Untested()
        await bench.search(task, **settings)
        assert not any(asks_for_tests(request) for request in bench.policy.requests)


async def test_where_no_program_passes_a_test_agreement_decides():
    assert answer_of(await Untested(script(("1) == 77", "", "nonsense", "2) == 88"))).search(TASK, **SETTINGS)) == "0"


async def test_a_model_that_cannot_write_tests_costs_only_the_tests():
    def broken(request: SampleRequest) -> list[str]:
        if asks_for_tests(request):
            raise BackendError("no")
        return script()(request)

    bench = Untested(broken)
    events = await bench.search(TASK, **{**SETTINGS, "budget": 10})
    assert sum(asks_for_tests(request) for request in bench.policy.requests) == 1
    assert (answer_of(events), events[-1].reason) == ("0", "budget")


async def test_a_budget_of_tokens_counts_the_tests():
    bench = Untested()
    events = await bench.search(TASK, **{**SETTINGS, "budget": None, "tokens": 20})
    assert (events[-1].reason, len(bench.policy.requests)) == ("budget", 1)


async def test_it_goes_on_from_anywhere_and_is_searched_again_as_it_was():
    settings = {**SETTINGS, "budget": 8, "width": 3, "in_flight": 2}
    whole = await Untested().search(TASK, **settings)
    rules = Rules()
    for event in whole:
        rules.apply(ev.EVENT.validate_json(ev.EVENT.dump_json(event)))
    assert rules.tree.ledger == whole[-1].ledger
    for cut in range(1, len(whole)):
        rest = await Untested().resume(whole[:cut])
        assert decisions([*whole[:cut], *rest]) == decisions(whole), cut
    again = await research(whole)
    assert not again.ran_out
    assert decisions(again.events) == decisions(whole)


async def test_another_strategy_is_given_the_tests_that_were_written():
    whole = await Untested().search(TASK, **SETTINGS)
    again = await research(whole, whole[0].settings.model_copy(update={"strategy": "mcts"}))
    assert [event.tests for event in again.events if isinstance(event, ev.TestsWritten)] == [
        event.tests for event in whole if isinstance(event, ev.TestsWritten)
    ]
    assert answer_of(again.events) == "abs(x)"
