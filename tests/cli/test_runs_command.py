"""`runs` over what `solve` saved."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ADD = "Add two numbers.\n>>> add(1, 2)\n3\n"
GOOD = "def add(a, b):\n    return a + b\n"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Where the runs of the first test are kept for the others."""
    return tmp_path_factory.mktemp("shelf") / "state"


@pytest.fixture
def saved(scripted, home, shelf):
    """Two runs: the older unsolved, the newer solved."""
    if shelf.exists():
        shutil.copytree(shelf, home / "state")
        return scripted
    scripted("solve", "Subtract.\n>>> sub(1, 2)\n-1\n", "--model", "never", "--budget", "4")
    scripted("solve", ADD, "--model", "solve")
    shutil.copytree(home / "state", shelf)
    return scripted


def journal(home):
    return (
        max((home / "state" / "reason_tui" / "runs").iterdir(), key=lambda run: "-add-" in run.name) / "journal.jsonl"
    )


def test_runs_are_listed_newest_first_with_how_they_ended(saved):
    done = saved("runs", "ls")
    assert done.code == 0
    newest, oldest = done.out.splitlines()
    assert "solved" in newest and "add: Add two numbers." in newest
    assert "unsolved" in oldest and "sub: Subtract." in oldest
    assert len(saved("runs", "ls", "--limit", "1").out.splitlines()) == 1


def test_a_list_can_be_read_by_programs(saved):
    rows = [json.loads(line) for line in saved("runs", "ls", "--json").out.splitlines()]
    assert [row["outcome"] for row in rows] == ["solved", "unsolved"]


def test_the_index_of_the_library_can_be_made_again(saved, home):
    before = saved("runs", "ls").out
    (home / "state" / "reason_tui" / "library.sqlite").write_bytes(b"garbage")
    done = saved("runs", "reindex")
    assert (done.code, done.out) == (0, "") and "2 runs." in done.err
    assert saved("runs", "ls").out == before


def test_without_runs_nothing_is_listed(command):
    done = command("runs", "ls")
    assert (done.code, done.out) == (0, "")
    assert "no runs yet" in done.err


def test_a_run_is_shown_with_its_answer_or_its_program_alone(saved):
    shown = saved("runs", "show", "last")
    assert shown.code == 0
    assert "return a + b" in shown.out and "outcome: **solved**" in shown.out
    assert saved("runs", "show", "last", "--program").out == GOOD


def test_a_replay_tells_what_plain_progress_told(scripted):
    live = scripted("solve", ADD, "--model", "solve", "--plain")
    again = scripted("runs", "replay", "last", "--speed", "0")
    assert again.code == 0
    told = [line for line in live.err.splitlines() if " node " in line]
    assert told
    assert [line for line in again.out.splitlines() if " node " in line] == told


@pytest.mark.parametrize(
    ("kind", "name"),
    [("solution", "solution.py"), ("tests", "test_solution.py"), ("report", "report.md"), ("journal", "journal.jsonl")],
)
def test_an_export_writes_a_file_and_prints_its_path(saved, kind, name):
    done = saved("runs", "export", "last", "--as", kind)
    assert (done.code, done.out) == (0, f"{name}\n")
    assert "a + b" in Path(name).read_text()


def test_the_exported_tests_pass_when_they_are_run(saved):
    saved("runs", "export", "last", "--as", "tests")
    script = "import test_solution as t; [getattr(t, name)() for name in dir(t) if name.startswith('test_')]"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_an_export_replaces_nothing_unless_told_to(saved):
    Path("solution.py").write_text("mine")
    done = saved("runs", "export", "last")
    assert done.code == 2 and "already there" in done.err
    assert Path("solution.py").read_text() == "mine"
    assert saved("runs", "export", "last", "--force").code == 0
    assert Path("solution.py").read_text() == GOOD


@pytest.mark.parametrize("action", ["show", "replay", "export"])
def test_a_run_that_is_not_there_is_exit_code_2(saved, action):
    done = saved("runs", action, "nothing")
    assert (done.code, done.out) == (2, "")
    assert "There is no run `nothing`" in done.err


@pytest.mark.parametrize("action", ["show", "replay"])
def test_a_damaged_run_is_told_as_far_as_it_is_good_with_a_warning(saved, home, action):
    lines = journal(home).read_bytes().splitlines(keepends=True)
    lines[-2] = b'{"seq":1,' + lines[-2][9:]
    journal(home).write_bytes(b"".join(lines))
    name = journal(home).parent.name
    done = saved("runs", action, name)
    assert done.code == 0
    assert "Warning:" in done.err and "damaged" in done.err
    assert len(done.out.splitlines()) > 3


def test_a_journal_of_which_nothing_is_good_is_an_error(saved, home):
    journal(home).write_bytes(b"nonsense\n")
    done = saved("runs", "show", journal(home).parent.name)
    assert (done.code, done.out) == (5, "")
