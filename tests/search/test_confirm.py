"""A search that wants several samples that pass to behave alike."""

from __future__ import annotations

from support.resuming import TASK, Bench
from support.scripted import Script

from reason_tui.policy import SampleRequest
from reason_tui.runs.decisions import decisions
from reason_tui.runs.research import research
from reason_tui.sandbox.types import Job, TestRecord, Verdict
from reason_tui.search import events as ev

SETTINGS = {"strategy": "best-of-n", "budget": 12, "width": 1, "confirm": 2}


class Behaving(Bench):
    """On made-up inputs a program returns what it adds last."""

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        judge = self.sandbox.run

        async def run(job: Job) -> Verdict:
            if job.cases == TASK.visible:
                return await judge(job)
            value = job.program.rpartition("+")[2].strip()
            records = tuple(TestRecord(test="f", ok=True, got=value) for _ in job.cases)
            return Verdict(status="pass", records=records, loaded=True, has_entry_point=True)

        self.sandbox.run = run  # type: ignore[method-assign]


def in_turn(*bodies: str) -> Script:
    told = iter(bodies)
    return lambda request: [f"    return {next(told)}\n" for _ in range(request.n)]


async def test_one_pass_is_not_enough_and_the_answer_is_what_agrees():
    events = await Behaving(in_turn("x + 1", "0", "x + 2", "x * 1 + 2", "x + 3")).search(TASK, **SETTINGS)
    finished = events[-1]
    assert (finished.reason, finished.answer, finished.ledger.completions) == ("solved", 3, 4)


async def test_the_same_program_twice_agrees_with_itself():
    events = await Behaving(in_turn("x + 1", "x + 1", "0")).search(TASK, **SETTINGS)
    assert (events[-1].answer, events[-1].ledger.completions) == (1, 2)


async def test_a_budget_that_is_spent_before_gives_what_passed():
    events = await Behaving(in_turn("x + 1", "0", "x + 2")).search(TASK, **{**SETTINGS, "budget": 3})
    assert (events[-1].reason, events[-1].outcome, events[-1].answer) == ("budget", "solved", 1)


async def test_where_nothing_can_be_compared_one_pass_is_enough():
    unknown = TASK.visible[0].model_copy(update={"args": ("sorted",)})
    task = TASK.model_copy(update={"visible": (unknown,), "signature": None})
    events = await Bench(lambda request: ["x):\n    return x\n"]).search(task, **SETTINGS)
    assert (events[-1].reason, events[-1].ledger.completions) == ("solved", 1)


async def test_it_goes_on_and_is_searched_again_as_it_was():
    bodies = ("x + 1", "0", "x + 2", "1", "x * 1 + 2", "x + 3", "x")

    def script(request: SampleRequest) -> list[str]:
        return [f"    return {bodies[(request.seed + i) % len(bodies)]}\n" for i in range(request.n)]

    whole = await Behaving(script).search(TASK, **{**SETTINGS, "width": 2, "in_flight": 2})
    assert any(isinstance(event, ev.CandidatesCompared) for event in whole)
    for cut in range(1, len(whole)):
        rest = await Behaving(script).resume(whole[:cut])
        assert decisions([*whole[:cut], *rest]) == decisions(whole), cut
    assert decisions((await research(whole)).events) == decisions(whole)


async def test_passes_that_all_differ_end_with_the_budget_and_the_first_of_them():
    events = await Behaving(in_turn("x + 1", "x + 2", "x + 3", "x + 4")).search(TASK, **{**SETTINGS, "budget": 4})
    assert (events[-1].reason, events[-1].outcome, events[-1].answer) == ("budget", "solved", 1)


async def test_a_strategy_that_has_no_more_to_ask_ends_solved_with_one_pass():
    events = await Behaving(in_turn("x + 1")).search(TASK, **{**SETTINGS, "strategy": "greedy"})
    assert (events[-1].reason, events[-1].outcome, events[-1].answer) == ("exhausted", "solved", 1)


async def test_three_are_wanted_and_two_do_not_do():
    bodies = ("x + 1", "x + 2", "x * 1 + 2", "x + 1", "x * 1 + 1", "0")
    events = await Behaving(in_turn(*bodies)).search(TASK, **{**SETTINGS, "confirm": 3})
    assert (events[-1].reason, events[-1].answer, events[-1].ledger.completions) == ("solved", 1, 5)


async def test_without_visible_tests_nothing_is_confirmed():
    task = TASK.model_copy(update={"visible": (), "signature": "def f(x: int) -> int:"})
    events = await Behaving(in_turn("x + 1", "x + 1", "x + 2")).search(task, **{**SETTINGS, "budget": 3})
    assert (events[-1].reason, events[-1].outcome) == ("budget", "unverified")


async def test_a_program_that_passes_is_not_repaired_while_another_is_looked_for():
    bodies = ("x + 1", "0", "1", "2", "0 + 1", "1 + 1", "2 + 1", "2 + 2")
    events = await Behaving(in_turn(*bodies)).search(TASK, strategy="mcts", budget=8, width=1, confirm=3)
    parents = {event.parent for event in events if isinstance(event, ev.ExpansionStarted)}
    assert 1 not in parents and parents - {ev.ROOT}
