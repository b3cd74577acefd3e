"""engine.log: what the engine process and its libraries print. Kept small; its end explains a crash."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path

from reason_tui.runs.folders import private_dir

_ROTATE_AT = 4 * 1024 * 1024
_TAIL = 16 * 1024
_STACKS = re.compile(r"^(Current thread|Thread) 0x", re.MULTILINE)
"""Where faulthandler's stacks begin: of use in the log, not on a screen."""


class EngineLog:
    """An open engine.log. Where the state folder cannot be written it is a nameless temporary file."""

    def __init__(self, state_dir: Path) -> None:
        self.path: Path | None = state_dir / "engine.log"
        try:
            self.descriptor = _open(self.path)
        except OSError:
            self.path = None
            with tempfile.TemporaryFile() as file:
                self.descriptor = os.dup(file.fileno())
        self._start = os.fstat(self.descriptor).st_size

    def tail(self, lines: int = 8) -> str:
        """The last lines written since the log was opened, a crash's stacks apart; nothing once it is closed."""
        if self.descriptor < 0:
            return ""
        end = os.fstat(self.descriptor).st_size
        begin = max(self._start, end - _TAIL)
        text = os.pread(self.descriptor, end - begin, begin).decode("utf-8", "replace")
        words = _STACKS.split(text, maxsplit=1)[0].rstrip()
        return "\n".join(words.splitlines()[-lines:])

    def close(self) -> None:
        """Close our end of it. Calling it twice is harmless."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def _open(path: Path) -> int:
    private_dir(path.parent)
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > _ROTATE_AT:
            path.replace(path.with_suffix(".log.1"))
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
