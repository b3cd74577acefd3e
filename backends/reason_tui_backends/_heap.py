"""Memory that was freed, given back to the system at once (glibc; elsewhere nothing is changed)."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_THRESHOLD = -3
"""M_MMAP_THRESHOLD of malloc.h: from this size on, memory is mapped piece by piece, and is no part of the heap."""

_LEAST, _AFTERWARDS = 128 << 10, 4 << 20
"""Where glibc lets the threshold begin (mallopt(3)), and above what a step allocates again and again, which is
quicker had from the heap; caches, which grow with each token, would leave holes there, too small for the next."""


@contextmanager
def nothing_kept() -> Iterator[None]:
    """For a time in which large pieces come and go, such as loading: the heap would keep the holes they leave.

    Four-bit weights are small pieces between those that they were made of: the heap came to thrice their size.
    """
    library: Any = ctypes.CDLL(None) if sys.platform == "linux" else None
    if not hasattr(library, "mallopt"):
        yield
        return
    library.mallopt(_THRESHOLD, _LEAST)
    try:
        yield
    finally:
        library.mallopt(_THRESHOLD, _AFTERWARDS)
