"""What the terminal receives from the app, byte for byte, while everything foreign in it is evil."""

from __future__ import annotations

import io
import re
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

    def press(self, keys: str, shown: str = "\x1b[") -> None:
        """Press, and wait until this was drawn; without more, until anything was."""
        self._child.send(keys)
        self.until(shown)

    def leave(self) -> str:
        """What was received in all."""
        self._child.send("\x11")
        self._child.expect(pexpect.EOF)
        return self._all.getvalue().decode("utf-8", "surrogateescape")

    def close(self) -> None:
        self._child.close(force=True)


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
    app.press("\x1b")
    app.press("O", "[/x]")
    app.press("\r", "UNSOLVED")
    for key in "jj]]]]]]ww":
        app.press(key)
    assert_harmless(app.leave())


def test_a_search_whose_model_and_programs_write_it(screen, tmp_path):
    app = screen(str(tmp_path), *SCRIPTED, "evil+walls")
    app.until("READY")
    app.press("Add two numbers.\r>>> add(1, 2)\r3\r")
    app.press("\n", "SOLVED")
    for key in "gjj]]]]]]":
        app.press(key)
    assert_harmless(app.leave())
