"""Workers that are plain child processes: with Landlock and seccomp, or (only when asked for) without."""

from __future__ import annotations

import os
import sys
import tempfile

from reason_tui.sandbox.bundle import BOOT
from reason_tui.sandbox.inside import landlock, syscalls
from reason_tui.sandbox.types import Level
from reason_tui.sandbox.walls.base import PYTHON_FLAGS, Launch, package_paths, worker_env
from reason_tui.sandbox.walls.owners import remove_left_behind, temporary

JOBS_PER_WORKER = 500


def launch_here(packages: tuple[str, ...] = ()) -> Launch:
    """This interpreter with nothing of our environment: there is nothing left to isolate it from."""
    paths = package_paths(packages)
    work = tempfile.mkdtemp(prefix=temporary("sandbox"))
    return Launch((own_python(), *PYTHON_FLAGS, "-c", BOOT), worker_env(work), work, folder=work, paths=paths)


def own_python() -> str:
    """The interpreter below a virtual environment, if this is one."""
    return getattr(sys, "_base_executable", "") or sys.executable


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
    jobs_per_worker = JOBS_PER_WORKER
    packages: tuple[str, ...] = ()

    def unavailable(self) -> str:
        """Why this machine cannot have it."""
        if sys.platform != "linux":
            return "Landlock is a part of Linux."
        if syscalls.calls(os.uname().machine) is None:
            return f"There is no system call table for {os.uname().machine}."
        return "" if landlock.version() else "The kernel has no Landlock (5.13 or newer, with it enabled)."

    def tidy(self) -> None:
        """A worker ends, and removes its folder, when its app is gone; one that was killed with it left it behind."""
        remove_left_behind()

    def launch(self) -> Launch:
        """A plain child process; it puts the walls on itself."""
        return launch_here(self.packages)


class NoWall:
    """Separate processes and limits, and whatever else the machine offers; it is called unsafe all the same."""

    level: Level = "unsafe"
    label = "NO SANDBOX: code can read your files"
    holes = ""
    jobs_per_worker = JOBS_PER_WORKER
    packages: tuple[str, ...] = ()

    def unavailable(self) -> str:
        """Always there."""
        return ""

    def tidy(self) -> None:
        """As for any worker here."""
        remove_left_behind()

    def launch(self) -> Launch:
        """A plain child process."""
        return launch_here(self.packages)
