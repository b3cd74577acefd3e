"""Run programs a model wrote: each in its own child process, with limits, on tests.

Enough for one's own training runs, where the model knows nothing but the curriculum; it is not the application's
sandbox (no file system or network walls) and must never be used by it.
"""

from __future__ import annotations

import os
import pickle
import resource
import select
import signal
from collections.abc import Sequence

from embedded_model.curriculum import execution
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import CallCase

WALL_S = 2.0
MEMORY_BYTES = 1 << 30

Item = tuple[str, str | None, tuple[CallCase, ...]]
"""Program, entry point, tests."""


def grade(items: Sequence[Item]) -> list[Verdict]:
    """A verdict for each item, in order."""
    return [_grade(item) for item in items]


def _grade(item: Item) -> Verdict:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        _child(item, read, write)
    os.close(write)
    data = _receive(read)
    os.close(read)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if data is None:
        program, entry, cases = item
        return execution.timed_out(entry or "the function", cases) if program else Verdict(status="lost")
    verdict: Verdict = pickle.loads(data) if data else Verdict(status="lost")
    return verdict


def _child(item: Item, read: int, write: int) -> None:
    """Never returns."""
    try:
        os.close(read)
        resource.setrlimit(resource.RLIMIT_CPU, (int(WALL_S) + 1, int(WALL_S) + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        quiet = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(quiet, descriptor)
        os.write(write, pickle.dumps(execution.run(*item)))
    finally:
        os._exit(0)


def _receive(read: int) -> bytes | None:
    """What the child wrote, empty if it died, None if it did not end in time."""
    parts = b""
    while select.select([read], [], [], WALL_S)[0]:
        part = os.read(read, 65536)
        if not part:
            return parts
        parts += part
    return None
