"""What the parts of the app share: `app.ReasonApp` is made of them."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App

from reason_tui.config import Settings
from reason_tui.engine.protocol import Message
from reason_tui.errors import ReasonTuiError
from reason_tui.text import clean
from reason_tui.tui.desk import Severity
from reason_tui.tui.look import Look
from reason_tui.tui.port import EnginePort
from reason_tui.tui.session import Session

if TYPE_CHECKING:
    from reason_tui.tui.screens.solve import SolveScreen

Inbox = deque[Message | ReasonTuiError]


class BaseApp(App[int]):
    """`port` None: nothing but a recorded run is shown. `state_dir` is where journals and jobs lie."""

    port: EnginePort | None
    session: Session
    inbox: Inbox
    settings: Settings
    state_dir: Path | None
    look: Look
    solve: SolveScreen

    def tell(self, text: str, *, severity: Severity = "information") -> None:
        """A toast. The text may be anyone's."""
        self.notify(clean(text), severity=severity, markup=False, timeout=4 if severity == "information" else 8)

    def tell_error(self, error: ReasonTuiError) -> None:
        """A toast with what went wrong, why, and what to do."""
        self.tell(str(error), severity="error")

    def flush(self) -> None:
        """Fold in what the engine said since the last frame, and draw it."""
        raise NotImplementedError

    def go_on(self) -> None:
        """A new engine in the place of a dead one; then the unfinished run that is shown."""
        raise NotImplementedError

    @property
    def chosen_model(self) -> tuple[str, str]:
        """Model and backend by name, as the engine was started with them."""
        raise NotImplementedError
