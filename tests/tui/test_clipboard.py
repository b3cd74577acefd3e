"""Which tool of the desktop copies, and what happens when it does not."""

from __future__ import annotations

import sys

import pytest

from reason_tui.tui import clipboard


def fake_tool(folder, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{body}\n")
    path.chmod(0o755)


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has pbcopy")
@pytest.mark.parametrize(
    ("display", "expected"),
    [({}, None), ({"DISPLAY": ":0"}, "xclip"), ({"WAYLAND_DISPLAY": "w"}, "wl-copy"), ({"DISPLAY": ""}, None)],
)
def test_the_tool_of_the_display_there_is_is_used(tmp_path, display, expected):
    for name in ("xclip", "wl-copy"):
        fake_tool(tmp_path, name, "")
    found = clipboard.tool({"PATH": str(tmp_path), **display})
    assert (None if found is None else found[0]) == expected


async def test_the_tool_is_given_the_text(tmp_path):
    target = tmp_path / "got"
    fake_tool(tmp_path, "tool", f"import sys; open({str(target)!r}, 'wb').write(sys.stdin.buffer.read())")
    assert await clipboard.copy("é\n", (str(tmp_path / "tool"),)) == str(tmp_path / "tool")
    assert target.read_bytes() == "é\n".encode()


async def test_a_tool_that_fails_or_is_not_there_copied_nothing(tmp_path):
    fake_tool(tmp_path, "tool", "raise SystemExit(1)")
    assert await clipboard.copy("x", (str(tmp_path / "tool"),)) == ""
    assert await clipboard.copy("x", (str(tmp_path / "missing"),)) == ""
    assert await clipboard.copy("x", None) == ""


async def test_a_tool_that_hangs_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(clipboard, "WAIT_S", 0.05)
    fake_tool(tmp_path, "tool", "import time; time.sleep(600)")
    assert await clipboard.copy("x", (str(tmp_path / "tool"),)) == ""
