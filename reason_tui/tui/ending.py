"""Being ended from outside: the terminal is closed, a connection drops, somebody sends a signal.

The engine ends with the app, and the journal has what there is. The terminal gets back what it was, if there still is
one. A terminal that is gone takes no bytes: Textual's writer dies of that, and who has something to write then waits
for room for ever, on the way out too. So the process ends after a moment, whatever it waits for.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

_SIGNALS = (signal.SIGHUP, signal.SIGTERM)
_MOMENT_S = 5.0


def leave_on_signals(leave: Callable[[int], None]) -> Callable[[], None]:
    """Have `leave` called in the running event loop, with the exit code; what is returned takes that back.

    The handler is Python's own and not the loop's: it is called even where the loop waits for the terminal. Only for
    the main thread.
    """
    loop = asyncio.get_running_loop()

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        code = 128 + number
        last = threading.Timer(_MOMENT_S, os._exit, (code,))
        last.daemon = True
        last.start()
        loop.call_soon_threadsafe(leave, code)

    before = {number: signal.signal(number, end) for number in _SIGNALS}

    def undo() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return undo
