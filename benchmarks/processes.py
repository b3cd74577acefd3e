"""Processes that are not our children, followed to their end (Linux; elsewhere nothing is found)."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Sequence
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Every living process below `pid` (Linux)."""
    below: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            below += [int(child) for child in (thread / "children").read_text().split()]
    except OSError:
        return []
    return [*below, *(deeper for child in below for deeper in descendants(child))]


def peak_memory() -> int:
    """Bytes of this process that were resident at most (proc(5), VmHWM). Linux."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))


class Deaths:
    """Waits for processes that are not our children (Linux): taken hold of while they live."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._open: dict[int, int] = {}
        for pid in pids:
            try:
                self._open[os.pidfd_open(pid)] = pid
            except OSError:
                continue  # gone already

    def wait(self, seconds: float) -> list[int]:
        """The processes that still live after `seconds`."""
        poll = select.poll()
        for descriptor in self._open:
            poll.register(descriptor, select.POLLIN)
        end = time.monotonic() + seconds
        while self._open and (ready := poll.poll(max(0.0, end - time.monotonic()) * 1000)):
            for descriptor, _ in ready:
                poll.unregister(descriptor)
                os.close(descriptor)
                del self._open[descriptor]
        left = list(self._open.values())
        for descriptor in self._open:
            os.close(descriptor)
        return left
