"""A terminal with the app in it, driven by keys alone: tmux."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

APP = Path(__file__).with_name("story_app.py")
PATIENCE_S = 90.0
"""Until a screen must have come; it is looked at again and again, so a fast machine does not wait."""


class Terminal:
    """One session on a tmux server of its own, whose socket lies in `folder`: its path must be short."""

    def __init__(self, folder: Path, size: tuple[int, int] = (80, 24)) -> None:
        self._socket = folder / "tmux"
        self.work, self.state = folder / "work", folder / "state"
        self.work.mkdir()
        environment = {name: value for name, value in os.environ.items() if name not in ("TMUX", "NO_COLOR", "EDITOR")}
        self._environment = environment | {
            "TERM": "xterm-256color",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "EDITOR": "sed -i 's/return.*/return 12345/'",
        }
        width, height = map(str, size)
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", width, "-y", height, "-c", str(self.work), "sh")
        self._tmux("set-option", "-g", "escape-time", "0")

    def start(self) -> None:
        """The app, from the shell."""
        self.type(f"PS1='$ '; clear; {sys.executable} {APP} {self.state}")
        self.keys("Enter")

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *arguments],
            capture_output=True,
            text=True,
            check=True,
            env=self._environment,
        )
        return done.stdout

    def keys(self, *names: str) -> None:
        """Keys by tmux's names."""
        self._tmux("send-keys", *names)

    def type(self, text: str) -> None:
        """Characters as they are."""
        self._tmux("send-keys", "-l", text)

    def focus_out(self) -> None:
        """What a terminal says when its user looks at another window."""
        self._tmux("send-keys", "-H", "1b", "5b", "4f")

    def record(self) -> Path:
        """Everything that is written to the terminal from now on, byte for byte."""
        path = self.work.parent / "written"
        self._tmux("pipe-pane", "-O", f"cat > {path}")
        return path

    def resize(self, width: int, height: int) -> None:
        """Another size of the window."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def screen(self) -> str:
        """What is on it."""
        return self._tmux("capture-pane", "-p")

    def modes(self) -> str:
        """Whether the alternate screen, the mouse and a hidden cursor are on, one digit each."""
        return self._tmux("display-message", "-p", "#{alternate_on}#{mouse_any_flag}#{?cursor_flag,0,1}").strip()

    def until(self, *wanted: str, gone: str = "") -> str:
        """The screen, once it has all of these words and not those that must be gone."""
        return self.when(
            lambda screen: all(words in screen for words in wanted) and (not gone or gone not in screen),
            f"{wanted} without {gone!r}",
        )

    def shell(self) -> str:
        """The screen, once the shell waits for a command."""
        return self.when(lambda screen: screen.rstrip().endswith("$"), "the shell")

    def when(self, fits: Callable[[str], bool], what: str) -> str:
        """The screen, once it is as it should be."""
        end = time.monotonic() + PATIENCE_S
        screen = self.screen()
        while not fits(screen):
            if time.monotonic() > end:
                raise AssertionError(f"never came: {what}\n{screen}")
            time.sleep(0.05)
            screen = self.screen()
        return screen

    def close(self) -> None:
        """End the server and all in it."""
        subprocess.run(
            ["tmux", "-S", str(self._socket), "kill-server"], capture_output=True, check=False, env=self._environment
        )
