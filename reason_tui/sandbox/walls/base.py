"""What a wall has to say."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reason_tui.errors import SandboxError
from reason_tui.sandbox.types import Level

PYTHON_FLAGS = ("-s", "-S", "-B", "-X", "utf8")
"""Without site packages. Not `-I`: it would ignore PYTHONHASHSEED, and a program that depends on the order of a set
would give one verdict in this worker and another in the next."""


_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A program may start no thread: nor may the libraries of a package try to."""


def package_paths(packages: Sequence[str]) -> tuple[str, ...]:
    """The folders in which these lie for this interpreter. Raises SandboxError for one that is not installed."""
    found: dict[str, None] = {}
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise SandboxError(
                f"Programs are to use {name}, which is not installed here.",
                hint=f"Install it beside reason-tui (pip install {name}), or take a Docker image that has it.",
            )
        place = Path(spec.origin).parent
        found[str(place.parent if spec.submodule_search_locations else place)] = None
    return tuple(found)


def worker_env(work: str) -> dict[str, str]:
    """All of the environment a worker has."""
    return {**_ONE_THREAD, "PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "TZ": "UTC", "HOME": work, "TMPDIR": work}


@dataclass(frozen=True)
class Launch:
    """A command that ends up in `python -c BOOT`, and where the writable folder lies as seen from inside.

    `folder`: the same folder as seen from here, made for this worker; empty where it exists inside only. `remove`: a
    command that ends a worker which does not end by itself, where killing the process started here is not enough.
    `paths`: folders of packages that programs may import.
    """

    argv: tuple[str, ...]
    env: dict[str, str]
    work: str
    folder: str = ""
    remove: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


class Wall(Protocol):
    """One way to keep a worker in."""

    level: Level
    label: str  # for the status line, e.g. `landlock+seccomp`
    holes: str  # what it does not cover, in a few words; empty where nothing is known
    jobs_per_worker: int  # after that many the worker is replaced
    packages: tuple[str, ...]  # what programs may import beside the standard library

    def unavailable(self) -> str:
        """Why this machine cannot have it; empty where it is worth a try. May take a second."""
        ...

    def tidy(self) -> None:
        """Remove what workers of an app that crashed left behind. May take a second; raises nothing."""
        ...

    def launch(self) -> Launch:
        """How to start a worker."""
        ...
