"""The C library, opened by the server for all its children: opening it takes longer than what they call it for."""

from __future__ import annotations

import ctypes
from functools import cache


@cache
def libc() -> ctypes.CDLL:
    """Its functions set `ctypes.get_errno()`."""
    return ctypes.CDLL(None, use_errno=True)
