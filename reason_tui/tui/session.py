"""What the app knows: the run as its events tell it, the latest telemetry, and how the engine is. No Textual here.

`apply` takes the engine's messages in order; widgets read, ten times a second.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from typing import Literal

from reason_tui.engine import protocol as pr
from reason_tui.errors import ReasonTuiError
from reason_tui.search import events as ev
from reason_tui.tui.glyphs import Glyphs
from reason_tui.tui.logbook import told
from reason_tui.tui.run import Run

HISTORY = 120
Phase = Literal["none", "loading", "ready", "dead"]


class Session:
    """The engine and the run that is shown."""

    def __init__(self, glyphs: Glyphs | None = None) -> None:
        self.glyphs = glyphs or Glyphs()
        self.phase: Phase = "none"
        self.info: pr.Ready | None = None
        self.death: ReasonTuiError | None = None
        self.problems: deque[pr.Problem] = deque()
        """What should be told to the user, and was not yet."""
        self.run = Run()
        self.served = False
        """Whether the engine that is there, or was there last, was ever ready."""
        self.notes: deque[str] = deque()
        """What a backend said that was not told yet."""
        self.refusals: deque[pr.Refused] = deque()
        """What the engine would not do, and was not told yet."""
        self.replaying = ""
        """At which speed a run is shown again, e.g. `4x`; empty where none is."""
        self.stopping = False
        self.starting = False
        self.jobs = 0
        """How many jobs go on in the background."""
        self.tokens_per_s = 0.0
        self.speeds: deque[float] = deque(maxlen=HISTORY)
        self.engine_mb = 0.0
        self.version = 0
        """Grows with every message: nothing is drawn again while it stands still."""

    @property
    def going(self) -> bool:
        """Whether a run is going on or about to."""
        if self.replaying:
            return False
        return self.starting or (not self.run.lost and self.run.view.state in ("running", "paused"))

    @property
    def elapsed(self) -> float:
        """Seconds of the run, by the clock while it goes on."""
        view = self.run.view
        return view.elapsed_at(time.time()) if self.going and not self.starting else view.elapsed

    def apply(self, message: pr.Message) -> None:
        """Fold one message in."""
        self.version += 1
        match message:
            case pr.Ready():
                self.phase, self.info, self.death, self.served = "ready", message, None, True
            case pr.RunEvent() if isinstance(message.event, ev.RunStarted) or message.run == self.run.id:
                self._event(message.event)
            case pr.TokenText():
                self.run.drafts.setdefault(message.node, []).append(message.text)
            case pr.Metrics():
                self.tokens_per_s, self.engine_mb = message.tokens_per_s, message.engine_memory_mb
                self.speeds.append(message.tokens_per_s)
            case pr.Note():
                self.notes.append(message.text)
            case pr.Refused():
                self.run.undoing.refused()
                self.refusals.append(message)
            case pr.Problem():
                self.starting = False
                self.run.lost = self.run.lost or (message.run is not None and self.run.view.finished is None)
                if not message.fatal:
                    self.problems.append(message)

    def loading(self) -> None:
        """An engine is being started."""
        self.phase, self.death, self.served = "loading", None, False
        self.version += 1

    def died(self, error: ReasonTuiError) -> None:
        """The engine is gone; whatever run there was is over, its journal is kept."""
        self.phase, self.death, self.info = "dead", error, None
        self.starting = self.stopping = False
        self.run.lost = self.run.view.finished is None and self.run.view.started is not None
        self.tokens_per_s = 0.0
        self.version += 1

    def replay(self, events: Iterable[ev.Event]) -> None:
        """Show a run out of its journal."""
        for event in events:
            self._event(event)
        self.run.lost = self.run.view.finished is None
        self.version += 1

    def _event(self, event: ev.Event) -> None:
        if isinstance(event, ev.RunStarted):
            self.run = Run()
            self.starting = self.stopping = False
            self.speeds.clear()
        run = self.run
        run.apply(event)
        if isinstance(event, ev.RunContinued):
            self.starting = self.stopping = False
        if isinstance(event, ev.RunFinished):
            self.stopping = False
            self.tokens_per_s = 0.0
        for row in told(event, run, self.glyphs):
            run.log.append(row)
            run.logged += 1
