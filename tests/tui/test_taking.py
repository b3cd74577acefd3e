"""What is taken out of the app: a file repaired in its place, the tree as a picture, text on the clipboard."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from support.evil import EVIL, FORBIDDEN
from support.recorded import solved_run

from reason_tui.errors import TaskError, UsageError
from reason_tui.tui import accepting, composing
from reason_tui.tui.glyphs import Glyphs
from reason_tui.tui.ink import line
from reason_tui.tui.picture import html, rows_of, svg
from reason_tui.tui.run import Run
from reason_tui.tui.themes import DARK, LIGHT

BUGGY = "def double(x):\n    return x\n"
FIXED = "def double(x):\n    return 2 * x"


@pytest.fixture
def buggy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "double.py"
    path.write_text(BUGGY)
    return path


def test_a_line_with_a_file_is_replaced_by_what_is_in_it(buggy):
    prompt, opened = composing.attached("@double.py\n\nIt should double.\n>>> double(2)\n4")
    assert prompt == f"It should double.\n>>> double(2)\n4\n\n{BUGGY}"
    assert opened is not None and opened.path == buggy.resolve()
    task = composing.compose_task("@double.py\n>>> double(2)\n4", "double(2) == 4")
    assert "return x" in (task.given or "")
    assert composing.found("@double.py\n>>> double(2)\n4") == ("double(2) == 4",)


def test_a_decorator_is_no_file():
    code = "@cache.it\ndef f(x):\n    return x"
    assert composing.attached(code) == (code, None)


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * (composing.MAX_BYTES + 1)])
def test_a_file_that_cannot_be_used_is_told(tmp_path, content):
    path = tmp_path / "f.py"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TaskError, match=r"f\.py"):
        composing.attached(f"@{path}")


def test_a_repaired_file_is_written_and_a_copy_is_kept(buggy):
    buggy.chmod(0o755)
    opened = composing.Opened(buggy, BUGGY)
    assert accepting.change(opened, FIXED).summary == "+1 −1"
    assert accepting.write(opened, FIXED) == "double.py.bak"
    assert buggy.read_text() == FIXED + "\n"
    assert buggy.stat().st_mode & 0o777 == 0o755
    assert (buggy.parent / "double.py.bak").read_text() == BUGGY
    assert accepting.write(composing.Opened(buggy, FIXED + "\n"), BUGGY) == "double.py.bak2"


def test_a_file_that_was_changed_meanwhile_is_left_alone(buggy):
    opened = composing.Opened(buggy, BUGGY)
    buggy.write_text("mine now")
    for act in (accepting.change, accepting.write):
        with pytest.raises(UsageError, match="changed since it was read"):
            act(opened, FIXED)
    assert buggy.read_text() == "mine now"
    assert list(buggy.parent.iterdir()) == [buggy]


@pytest.mark.parametrize("theme", [DARK, LIGHT])
async def test_the_tree_as_a_picture_and_as_a_page_has_every_row(theme):
    run = Run()
    for event in await solved_run():
        run.apply(event)
    run.frame()
    lines = rows_of(run, Glyphs())
    picture = ElementTree.fromstring(svg(lines, theme, "a run"))
    words = "".join(picture.itertext())
    page = html(lines, theme, "a run")
    for node in run.view.tree.nodes:
        assert node == 0 or (f"n{node}" in words and f"n{node}" in page)
    assert "★" in words and "<script" not in page


def test_foreign_text_in_a_picture_is_text():
    drawn = svg([line((EVIL + "<script>&", "dim"))], DARK, EVIL.translate(dict.fromkeys(map(ord, FORBIDDEN))))
    ElementTree.fromstring(drawn)
    assert not set(drawn) & set(FORBIDDEN)
    assert "<script>" not in drawn and "<script>" not in html([line("<script>")], DARK, "x")
