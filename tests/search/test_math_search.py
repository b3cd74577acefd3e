"""Math problems through a whole search: steps are computed again, and a wrong solution is revised once."""

from __future__ import annotations

from collections.abc import Callable

from support.resuming import Bench

from reason_tui.policy import SampleRequest
from reason_tui.runs.decisions import decisions
from reason_tui.runs.research import research
from reason_tui.search import events as ev
from reason_tui.search.tree import Tree
from reason_tui.tasks.math import read_problem

WRONG_STEP = "16 - 3 - 4 = 8\n8 * 2 = 16\n#### 16"
WRONG_ANSWER = "16 - 3 = 13\n13 * 2 = 26\n#### 26"
RIGHT = "16 - 3 - 4 = 9\n9 * 2 = 18\n#### 18"
OPEN = read_problem("Ducks lay 16 eggs; 3 and 4 are eaten, the rest is sold for $2 each. What is earned?")
KNOWN = OPEN.model_copy(update={"answer": "18"})


def says(draft: str, revision: str) -> Callable[[SampleRequest], list[str]]:
    def script(request: SampleRequest) -> list[str]:
        revising = "This solution is wrong" in request.messages[-1].content
        return [f"{revision if revising else draft}\nIgnored."] * request.n

    return script


async def solved(bench: Bench, **settings: object) -> Tree:
    tree = Tree()
    for event in bench.events:
        tree.apply(event)
    return tree


async def test_a_right_solution_needs_no_revision():
    bench = Bench(says(RIGHT, "never asked"))
    await bench.search(KNOWN, strategy="revise")
    assert len(bench.policy.requests) == 1
    assert (bench.events[-1].outcome, bench.events[-1].answer) == ("solved", 1)
    assert (await solved(bench)).nodes[1].program == RIGHT
    assert bench.sandbox.jobs == []


async def test_a_step_that_does_not_compute_is_named_in_the_one_revision():
    bench = Bench(says(WRONG_STEP, RIGHT))
    await bench.search(KNOWN, strategy="revise")
    told = bench.policy.requests[1].messages[-1].content
    assert "16 - 3 - 4 = 8 is wrong: 16 - 3 - 4 = 9." in told
    assert WRONG_STEP in told
    assert (bench.events[-1].outcome, bench.events[-1].answer) == ("solved", 2)


async def test_a_wrong_answer_is_revised_and_only_once():
    bench = Bench(says(WRONG_ANSWER, WRONG_ANSWER.replace("26", "28")))
    await bench.search(KNOWN, strategy="revise")
    assert "The steps do not lead to the answer." in bench.policy.requests[1].messages[-1].content
    assert len(bench.policy.requests) == 2
    assert (bench.events[-1].reason, bench.events[-1].outcome) == ("exhausted", "unsolved")


async def test_without_a_known_answer_a_solution_that_computes_stays_unverified_and_is_not_revised():
    bench = Bench(says(WRONG_ANSWER, RIGHT))
    await bench.search(OPEN, strategy="revise")
    assert len(bench.policy.requests) == 1
    assert (bench.events[-1].outcome, bench.events[-1].answer) == ("unverified", 1)


async def test_without_a_known_answer_wrong_arithmetic_is_revised():
    bench = Bench(says(WRONG_STEP, RIGHT))
    await bench.search(OPEN, strategy="revise")
    assert (bench.events[-1].outcome, bench.events[-1].answer) == ("unverified", 2)


async def test_among_many_the_answer_most_agree_on_is_chosen():
    texts = [WRONG_ANSWER, RIGHT, "16 - 7 = 9\n9 + 9 = 18\n#### 18"]
    bench = Bench(lambda request: [texts[i % 3] for i in range(request.n)])
    await bench.search(OPEN, strategy="best-of-n", budget=3, width=3)
    assert bench.events[-1].answer == 2


async def test_a_recorded_run_is_searched_again_alike():
    bench = Bench(says(WRONG_STEP, RIGHT))
    await bench.search(KNOWN, strategy="revise")
    again = await research(bench.events)
    assert not again.ran_out
    assert decisions(again.events) == decisions(bench.events)


async def test_the_journal_reads_back():
    bench = Bench(says(WRONG_STEP, RIGHT))
    await bench.search(KNOWN, strategy="revise")
    for event in bench.events:
        assert ev.EVENT.validate_json(ev.EVENT.dump_json(event)) == event
