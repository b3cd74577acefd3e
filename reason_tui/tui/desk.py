"""What a screen may ask of the app."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from reason_tui.engine.protocol import Command
from reason_tui.errors import ReasonTuiError
from reason_tui.runs.library import RunSummary
from reason_tui.search.events import SearchSettings
from reason_tui.tasks.types import Task

Severity = Literal["information", "warning", "error"]


@runtime_checkable
class Desk(Protocol):
    """The app, as its screens see it."""

    def start(self, task: Task, settings: SearchSettings) -> None:
        """Search this task like this, as soon as the model is loaded."""
        ...

    def command(self, command: Command) -> None:
        """Send this to the engine."""
        ...

    def go_on(self) -> None:
        """A new engine in the place of a dead one; then the unfinished run that is shown."""
        ...

    def runs(self) -> list[RunSummary]:
        """The runs of the state folder, newest first. Reads files."""
        ...

    def open_run(self, run: str) -> None:
        """Show a run of the state folder. Raises JournalError."""
        ...

    @property
    def folder(self) -> Path | None:
        """Where the run that is shown has its journal."""
        ...

    def branch(self, node: int, settings: SearchSettings) -> None:
        """A new run that goes on from this node of the run that is shown, with these settings."""
        ...

    def replay(self, speed: str) -> None:
        """Show the run again at a speed; 0 shows the rest at once."""
        ...

    def train_on(self, folder: Path) -> None:
        """Take the run in this folder in, and offer a training on it."""
        ...

    def tell(self, text: str, *, severity: Severity = "information") -> None:
        """Show a short message."""
        ...

    def tell_error(self, error: ReasonTuiError) -> None:
        """Show what went wrong, why, and what to do."""
        ...
