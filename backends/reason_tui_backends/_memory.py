"""How much memory a model may take, and how many siblings at a time fit it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from reason_tui.errors import ModelTooLargeError
from reason_tui.policy import Forecast, ModelSpec

_LOG = logging.getLogger(__name__)
_SHORTEST = 1024
"""Tokens of context below which advice to shorten it would be none."""
_MAC_SHARE = 0.7
"""Of a Mac's memory, about what Metal recommends as a working set; what is free there says little."""
_KEPT_BYTES = 1 << 29
_CGROUP = Path("/sys/fs/cgroup")


def plan(
    spec: ModelSpec,
    context: int,
    predict: Callable[[int, int], Forecast],
    free: int | None = None,
    advice: str | None = None,
) -> Forecast:
    """The forecast for as many siblings at a time as were asked for, or as fit when halved.

    `predict(width, context)`; `free` bytes are free where the model goes (None: main memory). Raises
    ModelTooLargeError where not even one sibling fits, with this `advice` ("do this") among the rest.
    """
    room = main_memory() if free is None else free
    if spec.memory_limit is not None:
        room = min(room, spec.memory_limit) if room else spec.memory_limit
    width = wanted = 1 if spec.serial else spec.parallel
    while not (found := _within(predict(width, context), room)).fits and width > 1:
        width //= 2
    if not found.fits:
        raise _too_large(spec, found, predict, advice)
    if width < wanted:
        _LOG.warning("There is memory for %d siblings at a time, not for %d.", width, wanted)
    left = found.room - found.total if found.room else _KEPT_BYTES
    return found if spec.serial else found.model_copy(update={"kept": min(_KEPT_BYTES, left // 4)})


def main_memory() -> int:
    """Bytes of main memory that this process can have now; 0 where that is not known."""
    if sys.platform == "darwin":
        return int(_MAC_SHARE * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    found = [size for size in (_available(), _in_group()) if size is not None]
    return min(found, default=0)


def _available() -> int | None:
    """Linux: proc(5), MemAvailable."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), None)


def _in_group() -> int | None:
    """Linux: what the limit of this control group (version 2, as containers see it) leaves; its file cache is free."""
    try:
        limit = (_CGROUP / "memory.max").read_text("ascii").strip()
        used = int((_CGROUP / "memory.current").read_text("ascii"))
        stat = dict(line.split() for line in (_CGROUP / "memory.stat").read_text("ascii").splitlines())
    except (OSError, ValueError):
        return None
    return None if limit == "max" else max(1, int(limit) - used + int(stat.get("file", 0)))


def _within(forecast: Forecast, room: int) -> Forecast:
    return forecast.model_copy(update={"room": room})


def _too_large(
    spec: ModelSpec, found: Forecast, predict: Callable[[int, int], Forecast], advice: str | None
) -> ModelTooLargeError:
    context = found.context_length
    while context // 2 >= _SHORTEST and not _within(predict(1, context), found.room).fits:
        context //= 2
    shorter = context < found.context_length and _within(predict(1, context), found.room).fits
    limited = spec.memory_limit is not None and found.total > spec.memory_limit
    more = "allow it more (memory_gb)" if limited else "close other programs"
    ways = ["use a smaller model or one of fewer bits", *([advice] if advice else []), more]
    others = ", or ".join(ways)
    return ModelTooLargeError(
        f"{spec.name} does not fit the memory.",
        why=f"With one sibling at a time it takes {gigabytes(found.total)}: weights {gigabytes(found.weights)}, "
        f"caches {gigabytes(found.caches)}, buffers {gigabytes(found.buffers)}. "
        f"It may take {gigabytes(found.room)}.",
        hint=f"A context of {context} tokens fits (context_length = {context})."
        if shorter
        else f"{others[0].upper()}{others[1:]}.",
        missing=0 if limited else found.total - found.room,
    )


def gigabytes(size: int) -> str:
    """`1.2 GB` (10^9 bytes)."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e9:.3f} GB"
