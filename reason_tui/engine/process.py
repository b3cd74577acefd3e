"""What an engine process owes its parent: to end when the parent does, and to leave the terminal alone."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def follow_parent(parent: int) -> None:
    """Get SIGTERM when the parent dies (Linux). Elsewhere the end of the stream is what tells.

    The kernel's parent is the thread that made this process: an engine is started from a thread that stays.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)  # it died before the kernel was told


def quiet_threads() -> None:
    """Before any model's library is loaded: waiting threads sleep, so that they do not starve the sandbox."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
