"""Workers that are plain child processes: with Landlock and seccomp, or (only when asked for) without."""

from __future__ import annotations

import os
import sys

from reason_tui.sandbox.bundle import BOOT
from reason_tui.sandbox.inside import landlock, syscalls
from reason_tui.sandbox.types import Level
from reason_tui.sandbox.walls.base import Launch


def launch_here(work: str) -> Launch:
    """This interpreter without site packages and with nothing of our environment.

    Not `-I`: it would ignore PYTHONHASHSEED, and a program that depends on the order of a set would give one
    verdict in this worker and another in the next. The environment is ours alone, so there is nothing to isolate.
    """
    python = getattr(sys, "_base_executable", "") or sys.executable
    env = {"PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "TZ": "UTC", "HOME": work, "TMPDIR": work}
    return Launch((python, "-s", "-S", "-B", "-X", "utf8", "-c", BOOT), env, work)


class LandlockWall:
    """Landlock for files; seccomp for the network, processes and signals. Linux only, for root and anyone else.

    Holes: no disk quota in total (files are bounded one by one; their sum is looked at every 50 ms, and files removed
    while open are not in it); no namespace of
    process ids, so other processes can be counted, but neither read nor signalled; whether a file exists, its size
    and its times can be asked (its content cannot); the shared libraries and whatever else lies in `lib` folders of
    the system and of this Python can be read; threads are refused to honest programs too.
    """

    level: Level = "landlock"
    label = "landlock+seccomp"
    holes = "no disk quota"

    def unavailable(self) -> str:
        """Why this machine cannot have it."""
        if sys.platform != "linux":
            return "Landlock is a part of Linux."
        if syscalls.calls(os.uname().machine) is None:
            return f"There is no system call table for {os.uname().machine}."
        return "" if landlock.version() else "The kernel has no Landlock (5.13 or newer, with it enabled)."

    def launch(self, work: str) -> Launch:
        """A plain child process; it puts the walls on itself."""
        return launch_here(work)


class NoWall:
    """Separate processes and limits, and whatever else the machine offers; it is called unsafe all the same."""

    level: Level = "unsafe"
    label = "NO SANDBOX: code can read your files"
    holes = ""

    def unavailable(self) -> str:
        """Always there."""
        return ""

    def launch(self, work: str) -> Launch:
        """A plain child process."""
        return launch_here(work)
