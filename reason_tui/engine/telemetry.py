"""Partial tokens, speed and memory of a run going on: sent a few times a second, never journalled."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sys
import time
from collections import deque
from pathlib import Path

from reason_tui.engine.outbox import Outbox
from reason_tui.engine.protocol import Metrics, TokenText

_FLUSH_S = 0.05
_METRICS_S = 0.5
_WINDOW_S = 2.0


class Telemetry:
    """Collects what the policy's thread streams, and sends it from the event loop."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._fresh: deque[tuple[int, str]] = deque()
        self._times: deque[float] = deque(maxlen=100_000)
        self._begun = time.monotonic()

    def on_token(self, node: int, text: str) -> None:
        """New text of a node. Called from the policy's thread."""
        self._fresh.append((node, text))
        self._times.append(time.monotonic())

    def flush(self) -> None:
        """Send the text collected so far, one message a node."""
        texts: dict[int, list[str]] = {}
        while self._fresh:
            node, text = self._fresh.popleft()
            texts.setdefault(node, []).append(text)
        for node, parts in texts.items():
            self._outbox.send(TokenText(node=node, text="".join(parts)))

    def measure(self) -> None:
        """Send speed and memory as they are now."""
        self._outbox.send(Metrics(tokens_per_s=self._speed(), engine_memory_mb=memory_mb()))

    async def run(self) -> None:
        """Send until cancelled."""
        due = time.monotonic()
        while True:
            self.flush()
            if time.monotonic() >= due:
                due = time.monotonic() + _METRICS_S
                self.measure()
            await asyncio.sleep(_FLUSH_S)

    def _speed(self) -> float:
        """Pieces streamed a second over the last two seconds; most backends stream a token at a time."""
        now = time.monotonic()
        while self._times and self._times[0] < now - _WINDOW_S:
            self._times.popleft()
        return len(self._times) / max(min(_WINDOW_S, now - self._begun), _FLUSH_S)


def memory_mb() -> float:
    """Resident memory of this process in MiB; where there is no /proc, the most it ever had."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
