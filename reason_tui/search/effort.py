"""What the controller itself costs: CPU time of the thread that runs the event loop."""

from __future__ import annotations

import time


class Effort:
    """Made, and asked, in the event loop's thread."""

    def __init__(self) -> None:
        self._last = time.thread_time()

    def take(self) -> float:
        """CPU seconds since this was last asked."""
        last, self._last = self._last, time.thread_time()
        return self._last - last
