"""One process owns a model at a time; who comes later queues, and everyone can see behind whom.

Each claimant has a numbered ticket in `<state>/models/`, locked for as long as it lives: the owner is who has the
lowest ticket that is held. A claimant that dies gives up its place without a word; its ticket is taken away by the
next one who looks.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from pydantic import ValidationError

from reason_tui.runs.folders import private_dir
from reason_tui.runs.locks import alone, is_held
from reason_tui.tasks.types import Frozen

SHARED = "REASON_TUI_MODEL_TICKET"
"""The environment's name for the ticket under which child processes work."""
_GATE = "gate"
_SUFFIX = ".ticket"
_LOOK_S = 0.2


class Claimant(Frozen):
    """Who stands in the queue: a process, what it calls itself, and the model it wants."""

    pid: int
    who: str
    model: str

    def __str__(self) -> str:
        return f"{self.who} (process {self.pid})"


class Seat:
    """A place in the queue. Give it back with `leave`; calling that twice is harmless."""

    def __init__(self, state_dir: Path, who: str, model: str) -> None:
        """Take the last place. Raises OSError where the state folder cannot be written.

        Under the ticket of this process, or of one that started it, there is no queue.
        """
        self._folder = state_dir / "models"
        self._descriptor = -1
        self._path: Path | None = None
        self._inherited = _is_ours(self._folder)
        if not self._inherited:
            self._enter(Claimant(pid=os.getpid(), who=who, model=model))

    def ahead(self) -> tuple[Claimant, ...]:
        """Who has the model and who waits before us, in this order; nobody where it is ours."""
        if self._path is None:
            return ()
        before = [path for path in _tickets(self._folder) if path.name < self._path.name]
        return tuple(found for path in before if (found := _living(path)) is not None)

    def wait(self, told: Callable[[tuple[Claimant, ...]], None]) -> None:
        """Until it is ours. `told` hears who is ahead, and each change of it. Raises what a signal's handler raises."""
        known: tuple[Claimant, ...] = ()
        while ahead := self.ahead():
            if ahead != known:
                told(ahead)
                known = ahead
            time.sleep(_LOOK_S)
        if self._path is not None:
            os.environ[SHARED] = str(self._path)

    def leave(self) -> None:
        """Let the next one have it."""
        path, self._path = self._path, None
        if path is not None:
            if os.environ.get(SHARED) == str(path):
                del os.environ[SHARED]
            path.unlink(missing_ok=True)
            os.close(self._descriptor)

    def _enter(self, us: Claimant) -> None:
        private_dir(self._folder)
        with _gate(self._folder):
            taken = [int(path.stem) for path in _tickets(self._folder)]
            path = self._folder / f"{max(taken, default=0) + 1:09}{_SUFFIX}"
            scratch = path.with_suffix(".new")  # a ticket is seen with its lock and its words, or not at all
            self._descriptor = os.open(scratch, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            os.write(self._descriptor, us.model_dump_json().encode("utf-8", "backslashreplace"))
            scratch.rename(path)
            self._path = path


def queue(state_dir: Path) -> tuple[Claimant, ...]:
    """Who has the model, and who waits for it, in this order."""
    return tuple(found for path in _tickets(state_dir / "models") if (found := _living(path)) is not None)


def _is_ours(folder: Path) -> bool:
    ticket = os.environ.get(SHARED)
    return ticket is not None and Path(ticket).parent == folder and is_held(Path(ticket))


def _tickets(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdecimal())


def _living(path: Path) -> Claimant | None:
    """The ticket's holder; a ticket that nobody holds is taken away."""
    if not is_held(path):
        _take_away(path)
        return None
    try:
        return Claimant.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _take_away(path: Path) -> None:
    with contextlib.suppress(OSError), _gate(path.parent):
        if not is_held(path):  # its number may have been given to somebody in the meantime
            path.unlink(missing_ok=True)


def _gate(folder: Path) -> AbstractContextManager[None]:
    """One process at a time changes who is in the queue. Held for moments. Raises OSError."""
    return alone(folder / _GATE)
