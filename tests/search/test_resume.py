"""A run that is cut off anywhere goes on as if nothing had happened, and does nothing twice."""

from __future__ import annotations

import pytest
from support.resuming import TASK, Bench, by_seed
from support.scripted import Script

from reason_tui.errors import BackendError, UsageError
from reason_tui.policy import CancelToken, Completion, SampleRequest, TokenSink
from reason_tui.programs import fingerprint
from reason_tui.runs.decisions import decisions
from reason_tui.search import events as ev
from reason_tui.search.tree import Tree

HARD = by_seed("0", "1", "2", "(", "-x", "y", "z", "1 - x", "2 * x", "0 * x")
EASY = by_seed("0", "1", "2", "(", "y", "z", "x")
BROKEN = TASK.model_copy(update={"given": "def f(x):\n    return 1\n"})
UNTESTED = TASK.model_copy(update={"visible": (), "signature": "def f(x: int) -> int:"})

RUNS = {
    "mcts": (HARD, TASK, {"strategy": "mcts", "budget": 14, "width": 3, "seed": 5}),
    "mcts-solved": (EASY, TASK, {"strategy": "mcts", "budget": 40, "width": 3, "seed": 2}),
    "best-of-n": (HARD, TASK, {"budget": 10, "width": 4, "strategy": "best-of-n"}),
    "greedy": (HARD, TASK, {"strategy": "greedy"}),
    "repair": (HARD, BROKEN, {"budget": 6, "width": 2}),
    "untested": (HARD, UNTESTED, {"budget": 6, "width": 3}),
}


@pytest.mark.parametrize("name", RUNS)
async def test_a_run_cut_off_after_any_event_ends_as_if_it_had_not_been(name: str):
    script, task, settings = RUNS[name]
    whole = await Bench(script).search(task, **settings)
    for cut in range(1, len(whole)):
        bench = Bench(script)
        rest = await bench.resume(whole[:cut])
        assert isinstance(rest[0], ev.RunContinued)
        assert decisions([*whole[:cut], *rest]) == decisions(whole), cut
        _nothing_twice(whole[:cut], bench)


def _nothing_twice(past: list[ev.Event], bench: Bench) -> None:
    """Only the call in flight is made again, and no program whose verdict is known is run."""
    tree = Tree()
    for event in past:
        tree.apply(event)
    sampled = [each for each in tree.expansions.values() if all(n.completion is not None for n in tree.of(each))]
    assert not {request.seed for request in bench.policy.requests} & {each.started.seed for each in sampled}
    judged = {fingerprint(n.program) for n in tree.nodes.values() if n.program is not None and n.verdict is not None}
    assert not {fingerprint(job.program) for job in bench.sandbox.jobs if job.cases == TASK.visible} & judged


async def test_a_run_can_be_cut_off_again_and_again():
    script, task, settings = RUNS["mcts"]
    whole = await Bench(script).search(task, **settings)
    past = whole[:1]
    while not isinstance(past[-1], ev.RunFinished):
        rest = await Bench(script).resume(past)
        past += rest[: 1 + 5]  # five steps at a time
    assert decisions(past) == decisions(whole)


async def test_a_stopped_run_goes_on_where_it_was_and_what_was_cut_short_is_asked_for_again():
    script, task, settings = RUNS["mcts"]
    whole = await Bench(script).search(task, **settings)
    bench = Bench(script)
    calls = 0

    def stop_in_the_third_call(request: SampleRequest) -> list[str]:
        nonlocal calls
        calls += 1
        if calls == 3:
            bench.control.stop()
        return script(request)

    bench.policy._script = stop_in_the_third_call
    first = await bench.search(task, **settings)
    finish = first[-1]
    assert isinstance(finish, ev.RunFinished) and finish.reason == "stopped" and not finish.final
    rest = await Bench(script).resume(first)
    last, expected = rest[-1], whole[-1]
    assert isinstance(last, ev.RunFinished) and isinstance(expected, ev.RunFinished)
    assert last.ledger.completions == expected.ledger.completions
    assert last.ledger.completion_tokens == expected.ledger.completion_tokens + 15, "the pieces stay charged"
    again, once = _fold([*first, *rest]), _fold(whole)
    assert _shape(again) == _shape(once)
    assert last.answer == expected.answer


def _fold(events: list[ev.Event]) -> Tree:
    tree = Tree()
    for event in events:
        tree.apply(event)
    return tree


def _shape(tree: Tree) -> list[tuple[object, ...]]:
    return [
        (n.id, n.parent, n.program, n.status, n.reward, n.duplicate_of, n.visits, n.total, n.pending, n.children)
        for n in tree.nodes.values()
    ]


async def test_siblings_that_were_done_before_a_stop_are_kept():
    class HalfCancelled(Bench):
        def __init__(self, script: Script) -> None:
            super().__init__(script)
            sample = self.policy.sample

            def cut(request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
                done = sample(request, on_token, cancel)
                self.control.stop()
                return [done[0], *(each.model_copy(update={"finish": "cancelled"}) for each in done[1:])]

            self.policy.sample = cut  # type: ignore[method-assign]

    script, task, settings = RUNS["best-of-n"]
    first = await HalfCancelled(script).search(task, **settings)
    assert _fold(first).nodes[1].reward is not None
    rest = await Bench(script).resume(first)
    added = [event.node for event in rest if isinstance(event, ev.NodeAdded)]
    assert added[:3] == [2, 3, 4], "node 1 is not sampled again"
    assert _shape(_fold([*first, *rest])) == _shape(_fold(await Bench(script).search(task, **settings)))


async def test_a_run_that_failed_tries_what_it_gave_up_once_more():
    def broken(request: SampleRequest) -> list[str]:
        raise BackendError("The server is away.")

    bench = Bench(broken)
    with pytest.raises(BackendError):
        await bench.search(TASK, budget=4)
    rest = await Bench(EASY).resume(bench.events)
    assert [event.type for event in rest].count("node_added") == 4


@pytest.mark.parametrize("name", ["mcts-solved", "best-of-n", "greedy"])
async def test_a_run_that_came_to_its_end_is_not_continued(name: str):
    script, task, settings = RUNS[name]
    whole = await Bench(script).search(task, **settings)
    bench = Bench(script)
    with pytest.raises(UsageError, match="is over"):
        await bench.resume(whole)
    assert bench.events == []


async def test_the_time_in_which_nobody_searched_does_not_count():
    script, task, settings = RUNS["best-of-n"]
    whole = await Bench(script).search(task, **settings, seconds=1_000.0)
    start = whole[0].at
    past = [event.model_copy(update={"at": start + number}) for number, event in enumerate(whole[:4])]
    rest = await Bench(script).resume(past)
    last = rest[-1]
    assert isinstance(last, ev.RunFinished) and last.seconds is not None
    assert 3.0 <= last.seconds < 100.0
    spent = [past[0], *(event.model_copy(update={"at": start + 2_000 + n}) for n, event in enumerate(past[1:]))]
    rest = await Bench(script).resume(spent)
    last = rest[-1]
    assert isinstance(last, ev.RunFinished) and last.reason == "budget"
    assert last.ledger.completions <= 4, "only what was in flight"


async def test_a_clock_that_is_set_back_takes_no_time_away():
    whole = await Bench(EASY).search(TASK, budget=4)
    jumping = [event.model_copy(update={"at": 1_000.0 - 10 * number}) for number, event in enumerate(whole)]
    assert _fold(jumping).seconds == 0.0
