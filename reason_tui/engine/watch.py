"""Whether an engine still answers: told from what it says, and from how long it says nothing while work is due."""

from __future__ import annotations

from reason_tui.engine.protocol import Command, Message, Problem, ResumeRun, RunEvent, StartRun, TokenText
from reason_tui.search import events as ev

SILENCE_S = 60.0
"""A run going on is measured twice a second, whatever the model does: silence means that the engine's loop stands."""
STALL_S = 900.0
"""A policy call without a token. Reading a long prompt on a slow machine takes minutes, and is no stall."""


class Watch:
    """Hears everything that is sent and said; `pass_time` says what is wrong, if something is."""

    def __init__(self, silence_s: float = SILENCE_S, stall_s: float = STALL_S) -> None:
        self._silence_s = silence_s
        self._stall_s = stall_s
        self._due = False
        """Whether a run was asked for and has not ended."""
        self._silent = 0.0
        self._stalled = 0.0
        self._generating: set[int] = set()
        """The expansions whose samples are not all there."""

    def sent(self, command: Command) -> None:
        """A command is on its way to the engine."""
        if isinstance(command, StartRun | ResumeRun):
            self._due, self._silent = True, 0.0

    def heard(self, message: Message) -> None:
        """The engine said something."""
        self._silent = 0.0
        match message:
            case RunEvent():
                self._stalled = 0.0
                self._follow(message.event)
            case TokenText():
                self._stalled = 0.0
            case Problem():
                self._rest()

    def _follow(self, event: ev.Event) -> None:
        match event:
            case ev.ExpansionStarted():
                self._generating.add(event.expansion)
            case ev.ExpansionSampled() | ev.ExpansionFailed():
                self._generating.discard(event.expansion)
            case ev.RunFinished():
                self._rest()

    def _rest(self) -> None:
        self._due = False
        self._generating.clear()

    def pass_time(self, seconds: float) -> str:
        """So much time went by in which the engine could have been heard. Why it is taken for hung; empty if not."""
        if not self._due:
            return ""
        self._silent += seconds
        self._stalled += seconds
        if self._silent >= self._silence_s:
            return f"It said nothing for {self._silence_s:.0f} s while a run was going on."
        if self._generating and self._stalled >= self._stall_s:
            return f"The model gave no token for {self._stall_s:.0f} s."
        return ""
