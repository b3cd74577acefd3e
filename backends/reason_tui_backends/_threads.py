"""How many threads an engine may compute with."""

from __future__ import annotations

import os


def usable_threads(wanted: int) -> int:
    """`wanted`, as far as that leaves a core for the sandbox: with none left engines slow down many times."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(wanted, cores - 1))
