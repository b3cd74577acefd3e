"""One line of standard error that changes while a command works. Not on a terminal: nothing."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType

import click

from reason_tui.text import one_line

REDRAW_S = 0.1
_WIPE = "\r\x1b[K"


def can_redraw() -> bool:
    """Whether standard error is a terminal on which a line can be drawn again."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


class Line:
    """The line. `draw` drops what comes sooner than a tenth of a second after the last one."""

    def __init__(self) -> None:
        self._works = can_redraw()
        self._drawn = 0.0

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def draw(self, text: str, *, at_once: bool = False) -> None:
        """Show `text` in the place of what stood there, cleaned and cut to the terminal's width."""
        now = time.monotonic()
        if self._works and (at_once or now - self._drawn >= REDRAW_S):
            self._drawn = now
            click.echo(f"{_WIPE}{one_line(text, _columns() - 1)}", nl=False, err=True)

    def wipe(self) -> None:
        """Leave nothing."""
        if self._works:
            click.echo(_WIPE, nl=False, err=True)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 80
