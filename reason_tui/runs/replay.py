"""A run again, at its own pace, without a model: for `runs replay` and the Library screen."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from reason_tui.search.events import Event


async def replay(
    events: Iterable[Event],
    speed: float = 1.0,
    *,
    longest: float = math.inf,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncIterator[Event]:
    """The events with the delays between them divided by `speed`; 0 and infinity mean at once.

    No delay is longer than `longest` seconds (someone may have paused overnight), none is negative (clocks are set).
    Raises what reading `events` raises.
    """
    hurry = speed <= 0 or math.isinf(speed)
    previous: float | None = None
    for event in events:
        gap = 0.0 if previous is None else max(event.at - previous, 0.0)
        previous = event.at
        await sleep(0.0 if hurry else min(gap / speed, longest))
        yield event
