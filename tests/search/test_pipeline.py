"""Expansions in flight: what overlaps, what is told when, and that time decides nothing."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from support.resuming import TASK, Bench, by_seed
from support.scripted import Script

from reason_tui.errors import BackendError
from reason_tui.policy import CancelToken, Completion, SampleRequest, TokenSink
from reason_tui.runs.decisions import decisions
from reason_tui.runs.research import research
from reason_tui.sandbox.types import Job, Verdict
from reason_tui.search import events as ev
from reason_tui.search.tree import Tree

HARD = by_seed("0", "1", "2", "(", "-x", "y", "z", "1 - x", "2 * x", "0 * x")
EASY = by_seed("0", "1", "2", "(", "y", "z", "x")
SETTINGS: dict[str, dict[str, Any]] = {
    "mcts": {"strategy": "mcts", "budget": 20, "width": 3, "seed": 5},
    "best-of-n": {"budget": 13, "width": 4, "strategy": "best-of-n"},
}
ASKING = {**SETTINGS["mcts"], "critic": True, "reflect": True}
"""The policy is asked for opinions between the expansions."""


class Uneven(Bench):
    """Model and sandbox take turns of the loop as the dice say: who is done first differs from run to run."""

    def __init__(self, script: Script, dice: int) -> None:
        super().__init__(script)
        draw = random.Random(dice)
        judge, sample = self.sandbox.run, self.policy.sample

        async def slowly(job: Job) -> Verdict:
            for _ in range(draw.choice((0, 0, 3, 40))):
                await asyncio.sleep(0)
            return await judge(job)

        def later(request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
            cancel._event.wait(draw.choice((0, 0, 0.0005)))
            return sample(request, on_token, cancel)

        self.sandbox.run = slowly  # type: ignore[method-assign]
        self.policy.sample = later  # type: ignore[method-assign]


def _fold(events: Sequence[ev.Event]) -> Tree:
    tree = Tree()
    for event in events:
        tree.apply(event)
    return tree


def _shape(events: Sequence[ev.Event]) -> list[tuple[object, ...]]:
    nodes = _fold(events).nodes.values()
    return [(n.id, n.parent, n.program, n.status, n.reward, n.visits, n.total, n.pending) for n in nodes]


@pytest.mark.parametrize("in_flight", [2, 3])
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("script", [HARD, EASY])
async def test_who_is_done_first_decides_nothing(name: str, in_flight: int, script: Script):
    runs = [await Uneven(script, dice).search(TASK, **SETTINGS[name], in_flight=in_flight) for dice in range(5)]
    assert all(decisions(run) == decisions(runs[0]) for run in runs)


async def test_nor_when_the_policy_is_asked_for_opinions_in_between():
    runs = [await Uneven(HARD, dice).search(TASK, **ASKING, in_flight=2) for dice in range(5)]
    assert any(isinstance(event, ev.SiblingsRanked) for event in runs[0])
    assert all(decisions(run) == decisions(runs[0]) for run in runs)


async def test_while_programs_run_the_next_expansion_is_sampled():
    bench = Bench(HARD)
    release = asyncio.Event()
    judge, sample = bench.sandbox.run, bench.policy.sample
    loop = asyncio.get_running_loop()

    async def held(job: Job) -> Verdict:
        await release.wait()
        return await judge(job)

    def second_call_lets_go(request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        if bench.policy.requests:
            loop.call_soon_threadsafe(release.set)
        return sample(request, on_token, cancel)

    bench.sandbox.run = held  # type: ignore[method-assign]
    bench.policy.sample = second_call_lets_go  # type: ignore[method-assign]
    events = await asyncio.wait_for(bench.search(TASK, **SETTINGS["best-of-n"], in_flight=2), 10)
    assert events[-1].reason == "budget"


@pytest.mark.parametrize("in_flight", [1, 2, 3])
async def test_an_expansion_sees_the_verdicts_of_those_before_but_for_the_ones_in_flight(in_flight: int):
    events = await Uneven(HARD, 1).search(TASK, **SETTINGS["best-of-n"], in_flight=in_flight)
    tree, open_ones = Tree(), []
    for event in events:
        if isinstance(event, ev.ExpansionStarted):
            open_ones.append(len(tree.unfinished()))
        tree.apply(event)
    assert open_ones == [min(number, in_flight - 1) for number in range(len(open_ones))]


@pytest.mark.parametrize("in_flight", [2, 3])
async def test_the_end_is_the_same_tree_without_anything_in_flight(in_flight: int):
    events = await Bench(HARD).search(TASK, **SETTINGS["mcts"], in_flight=in_flight)
    tree = _fold(events)
    assert tree.unfinished() == []
    assert all(node.pending == 0 for node in tree.nodes.values())
    assert tree.ledger.completions == 20


@pytest.mark.parametrize("in_flight", [2, 3])
@pytest.mark.parametrize("script", [HARD, EASY])
@pytest.mark.parametrize("name", SETTINGS)
async def test_a_run_cut_off_after_any_event_ends_as_if_it_had_not_been(name: str, script: Script, in_flight: int):
    whole = await Uneven(script, 3).search(TASK, **SETTINGS[name], in_flight=in_flight)
    for cut in range(1 + in_flight % 2, len(whole), 2):
        rest = await Uneven(script, cut).resume(whole[:cut])
        assert decisions([*whole[:cut], *rest]) == decisions(whole), cut


async def test_a_run_can_be_cut_off_again_and_again():
    whole = await Bench(HARD).search(TASK, **SETTINGS["mcts"], in_flight=2)
    past = whole[:1]
    while not isinstance(past[-1], ev.RunFinished):
        rest = await Uneven(HARD, len(past)).resume(past)
        past += rest[: 1 + 4]  # four steps at a time
    assert decisions(past) == decisions(whole)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("script", [HARD, EASY])
async def test_it_is_searched_again_from_its_record(name: str, script: Script):
    for dice in range(4):
        whole = await Uneven(script, dice).search(TASK, **SETTINGS[name], in_flight=2)
        again = await research(whole)
        assert again.ran_out == ""
        assert decisions(again.events) == decisions(whole)


async def test_a_pass_cuts_short_what_is_being_sampled_and_its_tokens_are_charged():
    bench = Bench(by_seed("x"))
    sample = bench.policy.sample

    def endless(request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        if bench.policy.requests:
            assert cancel._event.wait(10), "the second call is never cut short"
        return sample(request, on_token, cancel)

    bench.policy.sample = endless  # type: ignore[method-assign]
    events = await bench.search(TASK, budget=8, width=2, strategy="best-of-n", in_flight=2)
    finished = events[-1]
    assert (finished.reason, finished.answer) == ("solved", 1)
    assert (finished.ledger.completions, finished.ledger.completion_tokens) == (4, 20)
    cut_short = [node for node in _fold(events).nodes.values() if node.id > 2]
    assert [(node.program, node.status) for node in cut_short] == [(None, "unparsable")] * 2


async def test_whoever_holds_a_search_sees_the_verdicts_of_what_was_asked():
    bench = Bench(HARD)
    judged = asyncio.Event()
    bench.told = lambda event: judged.set() if isinstance(event, ev.NodeJudged) and event.node == 4 else None
    bench.control.pause()
    going = asyncio.create_task(bench.search(TASK, **SETTINGS["best-of-n"], in_flight=3))
    bench.control.step()
    await asyncio.wait_for(judged.wait(), 10)
    assert len(bench.policy.requests) == 1
    bench.control.resume()
    assert (await going)[-1].ledger.completions == 13


async def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been():
    bench = Bench(HARD)
    bench.told = lambda event: bench.control.stop() if getattr(event, "expansion", 0) == 3 else None
    first = await bench.search(TASK, **SETTINGS["mcts"], in_flight=2)
    assert first[-1].reason == "stopped" and len(_fold(first).unfinished()) == 1
    rest = await Bench(HARD).resume(first)
    whole = await Bench(HARD).search(TASK, **SETTINGS["mcts"], in_flight=2)
    assert _shape([*first, *rest]) == _shape(whole)
    assert rest[-1].answer == whole[-1].answer


async def test_the_cancelled_search_lets_go_of_the_model_at_once():
    bench = Bench(HARD)
    begun = threading.Event()

    def endless(request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        begun.set()
        assert cancel._event.wait(10)
        return []

    bench.policy.sample = endless  # type: ignore[method-assign]
    going = asyncio.create_task(bench.search(TASK, in_flight=2))
    await asyncio.to_thread(begun.wait)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    assert bench.events[-1].reason == "stopped"


@pytest.mark.parametrize("in_flight", [1, 2, 3])
async def test_a_policy_that_fails_later_costs_no_run_that_has_programs(in_flight: int):
    def script(request: SampleRequest) -> list[str]:
        if bench.policy.requests[1:]:
            raise BackendError("no")
        return ["    return 0\n", "    return 1\n"]

    bench = Bench(script)
    events = await bench.search(TASK, budget=8, width=2, strategy="best-of-n", in_flight=in_flight)
    assert (events[-1].reason, events[-1].answer) == ("exhausted", 2)


async def test_a_sandbox_that_breaks_ends_the_run_with_what_it_says():
    bench = Bench(HARD)

    async def broken(job: Job) -> Verdict:
        raise BackendError("The sandbox is gone.")

    bench.sandbox.run = broken  # type: ignore[method-assign]
    with pytest.raises(BackendError, match="gone"):
        await bench.search(TASK, budget=8, in_flight=2)
    assert bench.events[-1].reason == "failed"
