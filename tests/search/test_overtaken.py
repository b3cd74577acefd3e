"""What is sampled when a program passes counts for nothing, however much there was of it by then."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from support.resuming import TASK, Bench
from support.scripted import Script

from reason_tui.policy import CancelToken, Completion, SampleRequest, TokenSink
from reason_tui.runs.decisions import decisions
from reason_tui.sandbox.types import Job, Verdict
from reason_tui.search import events as ev

SETTINGS = {"strategy": "best-of-n", "budget": 8, "width": 2, "in_flight": 2}
OVERTAKEN = {"no program": ("(", "("), "one program": ("(", "0"), "programs that would pass": ("x", "0 + x")}


def one_after_the_other(*calls: Sequence[str]) -> Script:
    """Bodies by call; a call that is made again, with the same seed, gets the same ones."""
    known: dict[int, int] = {}

    def script(request: SampleRequest) -> list[str]:
        return [f"    return {body}\n" for body in calls[known.setdefault(request.seed, len(known))]]

    return script


async def run(script: Script, *, cut_short: bool) -> list[ev.Event]:
    """The first call passes; the second is cut short by that, or was over before."""
    bench, release, loop = Bench(script), asyncio.Event(), asyncio.get_running_loop()
    judge, sample = bench.sandbox.run, bench.policy.sample

    async def held(job: Job) -> Verdict:
        await release.wait()
        return await judge(job)

    def timed(request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        is_second = bool(bench.policy.requests)
        if is_second and cut_short:
            loop.call_soon_threadsafe(release.set)
            assert cancel._event.wait(60), "the second call is never cut short"
        completions = sample(request, on_token, cancel)
        if is_second:
            loop.call_soon_threadsafe(release.set)
        return completions

    bench.sandbox.run = held  # type: ignore[method-assign]
    bench.policy.sample = timed  # type: ignore[method-assign]
    return await bench.search(TASK, **SETTINGS)


@pytest.mark.parametrize("second", OVERTAKEN)
async def test_how_much_there_is_of_it_decides_nothing(second: str):
    short = await run(one_after_the_other(("x", "0"), OVERTAKEN[second]), cut_short=True)
    whole = await run(one_after_the_other(("x", "0"), OVERTAKEN[second]), cut_short=False)
    ends = [event.completion.finish for events in (short, whole) for event in events if isinstance(event, ev.NodeAdded)]
    assert ends == ["stop", "stop", "cancelled", "cancelled", "stop", "stop", "stop", "stop"]
    assert decisions(short) == decisions(whole)
    assert [event["type"] for event in decisions(whole)].count("expansion_started") == 1


@pytest.mark.parametrize("cut_short", [True, False])
@pytest.mark.parametrize("second", OVERTAKEN)
async def test_a_run_that_is_killed_while_it_is_told_of_judges_none_of_it(second: str, cut_short: bool):
    script = one_after_the_other(("x", "0"), OVERTAKEN[second])
    whole = await run(script, cut_short=cut_short)
    for cut in range(1, len(whole)):
        bench = Bench(script)
        rest = await bench.resume(whole[:cut])
        assert decisions([*whole[:cut], *rest]) == decisions(whole), cut
        assert rest[-1].answer == 1


async def test_a_first_call_without_programs_counts_where_nothing_passed_before_it():
    events = await Bench(one_after_the_other(("(", "("), ("x", "0"), ("0", "0"))).search(TASK, **SETTINGS)
    assert [event["type"] for event in decisions(events)].count("expansion_started") == 2
