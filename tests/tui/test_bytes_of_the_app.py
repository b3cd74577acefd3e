"""What the terminal receives from the app, byte for byte, while everything foreign in it is evil."""

from __future__ import annotations

import io
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from support.engines import SCRIPTED
from support.received import driving, on_terminal, write_evil_run

APP = str(Path(__file__).parents[1] / "support" / "story_app.py")
# Cursor, colours and modes as Textual sets them, the keyboard's protocol, the shape of the pointer. No title, no
# clipboard: neither was asked for.
_OWN = re.compile(r"\x1b\[[0-9;]*[mH]|\x1b\[\?[0-9]+(?:[hl]|\$p)|\x1b\[[><][0-9]*u|\x1b\]22;[a-z]+\x07|\r")


class Screen:
    """The app on a terminal, and all that this one received."""

    def __init__(self, *arguments: str) -> None:
        self._child = on_terminal([sys.executable, APP, *arguments], (40, 120))
        self._all = self._child.logfile_read = io.BytesIO()

    def until(self, shown: str) -> None:
        """Wait until this was drawn, in one piece."""
        self._child.expect_exact(shown.encode())

    def press(self, keys: str, shown: str) -> None:
        """Press, and wait until this was drawn."""
        self._child.send(keys)
        self.until(shown)

    def leave(self) -> str:
        """What was received in all."""
        self._child.send("\x11")
        self._child.expect(pexpect.EOF)
        return self._all.getvalue().decode("utf-8", "surrogateescape")

    def close(self) -> None:
        if self._child.isalive():
            self._child.kill(signal.SIGKILL)
            self._child.wait()
        self._child.close()


@pytest.fixture
def screen() -> Iterator[type[Screen]]:
    opened: list[Screen] = []

    class Opened(Screen):
        def __init__(self, *arguments: str) -> None:
            super().__init__(*arguments)
            opened.append(self)

    yield Opened
    for each in opened:
        each.close()


def assert_harmless(received: str) -> None:
    assert "[/x]" in received  # it was shown
    assert driving(received, lambda text: _OWN.sub("", text)) == []


async def test_a_run_of_before_its_list_and_every_tab_of_its_nodes(screen, tmp_path):
    await write_evil_run(tmp_path / "runs" / "r")
    app = screen(str(tmp_path))
    app.until("READY")
    app.press("\x1b", "Edit the problem")
    app.press("O", "[/x]")
    app.press("\r", "UNSOLVED")
    app.press("j]", "to compare")
    app.press("]]", "did not run")
    app.press("]", "siblings 4")
    app.press("]", "mean reward")
    app.press("]", "no program in this reply")
    app.press("w", "report.md")
    assert_harmless(app.leave())


def test_a_search_whose_model_and_programs_write_it(screen, tmp_path):
    app = screen(str(tmp_path), *SCRIPTED, "evil+walls")
    app.until("READY")
    app.press("Add two numbers.\r>>> add(1, 2)\r3", "numbers.")
    app.press("\n", "SOLVED")
    app.press("]", "a first draft")
    app.press("]", "1 of 1 pass")
    app.press("gj", "0 of 1 pass")
    app.press("]", "Evil\\x1b")
    assert_harmless(app.leave())
