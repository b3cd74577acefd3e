"""The real app in a real terminal of 80x24, by keyboard alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.needs import skip_without
from support.story_engine import HINT
from support.terminal import PATIENCE_S, Terminal

from reason_tui.runs.journal import load
from reason_tui.runs.library import find_run

pytestmark = pytest.mark.timeout(400)
skip_without("tmux", shutil.which("tmux"), "the tests press keys in it")

PROBLEM = "Write add(a, b)."
EXAMPLE = ">>> add(2, 2)"


@pytest.fixture
def terminal(short_path: Path) -> Iterator[Terminal]:
    made = Terminal(short_path)
    yield made
    made.close()


def typed(terminal: Terminal) -> None:
    """Start the app and type the problem."""
    terminal.start()
    terminal.until("Problem", "READY")
    for row in (PROBLEM, EXAMPLE, "4"):
        terminal.type(row)
        terminal.keys("Enter")
    terminal.until("add(2, 2) == 4")


def running(terminal: Terminal) -> None:
    typed(terminal)
    terminal.keys("C-j")
    terminal.until("RUNNING", "n2 ")


def test_a_whole_session(terminal: Terminal) -> None:
    running(terminal)
    terminal.keys("Space")
    terminal.until("PAUSED")
    terminal.keys("g", "j")  # the first program
    terminal.keys("]", "]")
    terminal.until("add(2, 2) gave -1, not 4")
    terminal.keys("e")  # an editor that changes the program and is left
    terminal.until("you wrote", "PAUSED")
    terminal.keys("t")
    terminal.until("Visible tests · 1")
    terminal.type("add(1, 3) == 4")
    terminal.keys("Enter")
    terminal.until("added a test: add(1, 3) == 4", "0 of 2 pass")
    terminal.keys("i")
    terminal.until("hint ›")
    terminal.type(HINT)
    terminal.keys("Enter")
    terminal.until(f"hint: {HINT}")
    terminal.keys("x")
    terminal.until("pruned n1")
    terminal.keys("Space")
    terminal.until("ASKS YOU", "Which is right")
    terminal.keys("a")
    asked = terminal.until("all of them are wrong")
    terminal.keys("1" if right_is_first(asked) else "2")
    terminal.until("SOLVED")
    terminal.keys("b", "*")
    terminal.until("Write to a file", "add.py")
    terminal.keys("Enter")
    written(terminal, "add.py")
    terminal.keys("w")
    terminal.until("Write to a file", "add.py")
    terminal.keys("Down")
    terminal.until("test_add.py")
    terminal.keys("Enter")
    written(terminal, "test_add.py")
    terminal.keys("C-q")
    terminal.shell()
    check_what_is_left(terminal)


def written(terminal: Terminal, name: str) -> None:
    """Wait for the file and the end of the dialog. A toast breaks a long path anywhere, and is gone soon."""
    terminal.when(lambda screen: (terminal.work / name).exists() and "Write to a file" not in screen, name)


def right_is_first(screen: str) -> bool:
    """Whether the first answer is the sum."""
    call = screen.split("For add(")[1].split(")")[0]
    first = screen.split("1  ")[1].split()[0]
    return int(first) == sum(int(number) for number in call.split(","))


def check_what_is_left(terminal: Terminal) -> None:
    assert terminal.modes() == "000", "no alternate screen, no mouse, the cursor is there"
    assert "return a + b" in (terminal.work / "add.py").read_text()
    subprocess.run(
        ["python3", "-c", "import test_add; test_add.test_1(); test_add.test_3()"], cwd=terminal.work, check=True
    )
    view, damage = load(find_run(terminal.state, "last"))
    assert damage is None
    assert view.finished is not None and view.finished.outcome == "solved"
    assert len(view.task.visible) == 3
    assert any(node.origin == "edit" and "12345" in (node.program or "") for node in view.tree.nodes.values())
    assert view.tree.nodes[1].pruned and view.tree.hints[0].text == HINT


def engine_of(terminal: Terminal) -> int:
    """The engine's process."""
    done = subprocess.run(
        ["pgrep", "-f", f"story_engine.py.*{terminal.state}"], capture_output=True, text=True, check=True
    )
    return int(done.stdout.split()[0])


def app_of(terminal: Terminal) -> int:
    """The app's process."""
    done = subprocess.run(["pgrep", "-f", f"story_app.py {terminal.state}"], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


def test_it_is_resized_suspended_and_its_engine_killed_while_it_runs(terminal: Terminal) -> None:
    running(terminal)
    terminal.resize(120, 40)
    terminal.when(lambda screen: max(map(len, screen.split("\n"))) > 110 and "Log" in screen, "a wide screen")
    terminal.resize(50, 12)
    terminal.until("Too small", "RUNNING")
    terminal.resize(80, 24)
    terminal.until("RUNNING", "Space Pause")
    terminal.keys("C-z")
    terminal.shell()
    assert terminal.modes() == "000"
    terminal.type("fg")
    terminal.keys("Enter")
    terminal.until("RUNNING", "Space Pause")
    os.kill(engine_of(terminal), signal.SIGKILL)
    terminal.until("ENGINE DIED", "r starts it again")
    terminal.keys("r")
    terminal.until("RUNNING", gone="ENGINE DIED")
    terminal.keys("F8")
    terminal.until("UNSOLVED")
    view, damage = load(find_run(terminal.state, "last"))
    assert damage is None and view.finished is not None and view.finished.reason == "stopped"


def test_after_a_hangup_the_terminal_is_sane_and_the_run_can_go_on(terminal: Terminal) -> None:
    running(terminal)
    os.kill(app_of(terminal), signal.SIGHUP)
    terminal.shell()
    assert terminal.modes() == "000"
    folder = find_run(terminal.state, "last")
    view, damage = load(folder)
    assert damage is None
    assert view.finished is None or not view.finished.final, "it can go on"


def test_when_the_terminal_is_closed_nothing_goes_on_and_the_run_can(terminal: Terminal) -> None:
    running(terminal)
    left = [app_of(terminal), engine_of(terminal)]
    terminal.close()
    end = time.monotonic() + PATIENCE_S
    while left := [process for process in left if Path(f"/proc/{process}").exists()]:
        assert time.monotonic() < end, f"still there: {left}"
        time.sleep(0.05)
    view, damage = load(find_run(terminal.state, "last"))
    assert damage is None
    assert view.finished is None or not view.finished.final, "it can go on"


def test_on_a_full_disk_the_run_is_kept_and_goes_on_when_there_is_room(terminal: Terminal) -> None:
    running(terminal)
    terminal.until("n4 ")
    (terminal.state / "full").touch()
    terminal.until("INTERRUPTED", "r Go on")
    view, damage = load(find_run(terminal.state, "last"))
    assert damage is None and view.ledger.completions >= 2
    (terminal.state / "full").unlink()
    terminal.when(lambda _: (terminal.state / "room").exists(), "room on the disk")
    terminal.keys("r")
    terminal.until("RUNNING", gone="INTERRUPTED")
    terminal.keys("F8")
    terminal.until("UNSOLVED")
    terminal.keys("C-q")
    terminal.shell()
    assert terminal.modes() == "000"


def test_one_who_looks_elsewhere_is_called_and_sees_jobs_and_learning(terminal: Terminal) -> None:
    running(terminal)
    written = terminal.record()
    terminal.focus_out()
    os.kill(engine_of(terminal), signal.SIGKILL)  # no key: whoever presses one is there
    called = b"\x1b]9;reason_tui: The engine died.\x07"
    terminal.when(lambda _: called in written.read_bytes(), "a notification")
    terminal.until("ENGINE DIED")
    terminal.keys("3")
    terminal.until("1 run of yours to take in", "Promote")
    terminal.keys("Enter")
    terminal.until("replies of 1 run")
    terminal.keys("J")
    terminal.until("None yet")
    terminal.keys("Escape")
    terminal.until("ENGINE DIED", "Tree")
