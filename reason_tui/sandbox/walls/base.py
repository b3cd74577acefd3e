"""What a wall has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reason_tui.sandbox.types import Level

PYTHON_FLAGS = ("-s", "-S", "-B", "-X", "utf8")
"""Without site packages. Not `-I`: it would ignore PYTHONHASHSEED, and a program that depends on the order of a set
would give one verdict in this worker and another in the next."""


def worker_env(work: str) -> dict[str, str]:
    """All of the environment a worker has."""
    return {"PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "TZ": "UTC", "HOME": work, "TMPDIR": work}


@dataclass(frozen=True)
class Launch:
    """A command that ends up in `python -c BOOT`, and where the writable folder lies as seen from inside.

    `folder`: the same folder as seen from here, made for this worker; empty where it exists inside only. `remove`: a
    command that ends a worker which does not end by itself, where killing the process started here is not enough.
    """

    argv: tuple[str, ...]
    env: dict[str, str]
    work: str
    folder: str = ""
    remove: tuple[str, ...] = ()


class Wall(Protocol):
    """One way to keep a worker in."""

    level: Level
    label: str  # for the status line, e.g. `landlock+seccomp`
    holes: str  # what it does not cover, in a few words; empty where nothing is known
    jobs_per_worker: int  # after that many the worker is replaced

    def unavailable(self) -> str:
        """Why this machine cannot have it; empty where it is worth a try. May take a second."""
        ...

    def tidy(self) -> None:
        """Remove what workers of an app that crashed left behind. May take a second; raises nothing."""
        ...

    def launch(self) -> Launch:
        """How to start a worker."""
        ...
