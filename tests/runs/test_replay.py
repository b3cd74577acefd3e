from __future__ import annotations

import math
from collections.abc import Iterable

import pytest

from reason_tui.runs.replay import replay
from reason_tui.search.events import Event, ExpansionFailed


def at(*times: float) -> list[Event]:
    return [ExpansionFailed(at=time, expansion=number, message="") for number, time in enumerate(times)]


async def delays(events: Iterable[Event], speed: float, longest: float = math.inf) -> list[float]:
    """What was slept before each event."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    seen = [event async for event in replay(events, speed, longest=longest, sleep=sleep)]
    assert seen == list(events)
    return slept


async def test_delays_are_the_original_ones_divided_by_the_speed() -> None:
    assert await delays(at(10, 11, 14), 1) == [0, 1, 3]
    assert await delays(at(10, 11, 14), 2) == [0, 0.5, 1.5]


@pytest.mark.parametrize("speed", [0, math.inf])
async def test_speed_nought_and_infinity_mean_at_once(speed: float) -> None:
    assert await delays(at(10, 11, 14), speed) == [0, 0, 0]


async def test_a_clock_that_was_set_back_costs_nothing_and_a_night_is_cut_short() -> None:
    assert await delays(at(10, 5, 50_000), 1, longest=2) == [0, 0, 2]


async def test_a_real_run_is_replayed_whole(events: list[Event]) -> None:
    assert [event async for event in replay(events, math.inf)] == events
