"""What a wall has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reason_tui.sandbox.types import Level


@dataclass(frozen=True)
class Launch:
    """A command that ends up in `python -c BOOT`, and where the writable folder lies as seen from inside."""

    argv: tuple[str, ...]
    env: dict[str, str]
    work: str


class Wall(Protocol):
    """One way to keep a worker in."""

    level: Level
    label: str  # for the status line, e.g. `landlock+seccomp`
    holes: str  # what it does not cover, in a few words; empty where nothing is known

    def unavailable(self) -> str:
        """Why this machine cannot have it; empty where it is worth a try."""
        ...

    def launch(self, work: str) -> Launch:
        """How to start a worker whose writable folder is `work`."""
        ...
