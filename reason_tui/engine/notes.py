"""What a backend found worth telling a user, on its way from its logger to the client."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys

from reason_tui.engine.outbox import Outbox
from reason_tui.engine.protocol import Note

BACKENDS = "reason_tui_backends"
"""Warnings of this logger, and of those below it, are for users."""


class Notes(logging.Handler):
    """Tells the client, and engine.log. What comes before `begin` waits for it. Made in the event loop's thread."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__(logging.WARNING)
        self._outbox = outbox
        self._loop = asyncio.get_running_loop()
        self._held: list[Note] | None = []

    def emit(self, record: logging.LogRecord) -> None:
        """Called from any thread."""
        text = record.getMessage()
        print(text, file=sys.stderr, flush=True)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._tell, Note(text=text))

    def begin(self) -> None:
        """The client was told that the engine is ready: it listens."""
        held, self._held = self._held or [], None
        for note in held:
            self._outbox.send(note)

    def _tell(self, note: Note) -> None:
        if self._held is None:
            self._outbox.send(note)
        else:
            self._held.append(note)
