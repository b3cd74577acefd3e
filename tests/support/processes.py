"""Processes as tests look at them: those below another one, and whether they end."""

from __future__ import annotations

import asyncio
import os
import select
from pathlib import Path

_GONE_S = 60.0


def descendants(pid: int) -> list[int]:
    """All processes below `pid`."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = [child for child, parent in parents.items() if parent == pid]
    return found + [deeper for child in found for deeper in descendants(child)]


async def until(condition) -> None:
    """Wait until something that gives no event is so."""
    while not condition():
        await asyncio.sleep(0.01)


def all_end(pidfds: list[int]) -> bool:
    """Wait for processes that are nobody's children here. Returns whether all ended."""
    for pidfd in pidfds:
        if not select.select([pidfd], [], [], _GONE_S)[0]:
            return False
        os.close(pidfd)
    return True
