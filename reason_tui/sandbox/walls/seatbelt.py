"""Workers on macOS: plain child processes that put seatbelt on themselves."""

from __future__ import annotations

import sys

from reason_tui.sandbox.types import Level
from reason_tui.sandbox.walls.base import Launch
from reason_tui.sandbox.walls.direct import JOBS_PER_WORKER, launch_here
from reason_tui.sandbox.walls.owners import remove_left_behind


class SeatbeltWall:
    """seatbelt for files, the network, processes and signals. Not yet run on a Mac.

    Holes: memory is looked at every 20 ms and has no hard limit; no disk quota in total; a program may start threads;
    whether a file exists can be asked; a program that sleeps outlives a worker that is killed, until its tester
    gives up.
    """

    level: Level = "seatbelt"
    label = "seatbelt"
    holes = "not yet tried on a Mac, no disk quota"
    jobs_per_worker = JOBS_PER_WORKER
    packages: tuple[str, ...] = ()

    def unavailable(self) -> str:
        """Why this machine cannot have it."""
        return "" if sys.platform == "darwin" else "seatbelt is a part of macOS."

    def tidy(self) -> None:
        """As for Landlock."""
        remove_left_behind()

    def launch(self) -> Launch:
        """A plain child process."""
        return launch_here(self.packages)
