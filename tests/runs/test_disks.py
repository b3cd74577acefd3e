"""Folders that cannot be written, full disks, clocks that jump: what was saved stays readable, the rest is told."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from support.disks import full
from support.journals import write_journal

from reason_tui.errors import JournalError
from reason_tui.policy import Completion
from reason_tui.runs.folders import BLOBS, JOURNAL
from reason_tui.runs.journal import JournalWriter, load, read_events
from reason_tui.runs.library import list_runs
from reason_tui.runs.lines import MAX_LINE
from reason_tui.search.events import Event, ExpansionStarted, NodeAdded, RunFinished

NOBODY = 65534

READER = f"""
import os, sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from reason_tui.errors import JournalError
from reason_tui.runs.branch import branch
from reason_tui.runs.journal import JournalWriter, load
from reason_tui.runs.library import list_runs, reindex
if os.geteuid() == 0:
    os.setegid({NOBODY}), os.seteuid({NOBODY})
state = Path(sys.argv[1])
folder = state / "runs" / "one"
assert [run.state for run in list_runs(state)] == ["finished"] == [run.state for run in reindex(state)]
assert load(folder)[1] is None
new = lambda: JournalWriter(state / "runs" / "two")
for write in (new, lambda: JournalWriter.reopen(folder), lambda: branch(state, folder)):
    try:
        write()
    except JournalError as error:
        assert "cannot be saved" in error.what and str(state) in error.why and "--state-dir" in error.hint, error
    else:
        raise AssertionError("it was written")
"""


def listing(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_in_a_folder_that_may_only_be_read_runs_are_listed_and_shown_and_nothing_else(events: list[Event]) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        state = Path(name) / "state"
        folder = write_journal(state / "runs" / "one", events)
        for path in (Path(name), state, folder.parent, folder, folder / JOURNAL):
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = listing(state)
        done = subprocess.run([sys.executable, "-c", READER, str(state)], capture_output=True, text=True)
        for path in (Path(name), state, folder.parent, folder):
            path.chmod(0o755)
        assert done.returncode == 0, done.stderr
        assert listing(state) == before


def test_a_disk_that_is_full_when_a_blob_is_kept_leaves_neither_line_nor_half_a_blob(
    tmp_path: Path, events: list[Event]
) -> None:
    asked = ExpansionStarted(
        expansion=0, parent=0, origin="draft", nodes=(1,), messages=(), prefix="", temperature=0.8, seed=0
    )
    long = NodeAdded(expansion=0, node=1, completion=Completion(text="x" * 3 * MAX_LINE))
    writer = JournalWriter(tmp_path / "run")
    writer.append(events[0])
    writer.append(asked)
    before = (tmp_path / "run" / JOURNAL).read_bytes()
    with full(MAX_LINE), pytest.raises(JournalError, match="cannot be saved"):
        writer.append(long)
    assert (tmp_path / "run" / JOURNAL).read_bytes() == before
    assert list((tmp_path / "run" / BLOBS).iterdir()) == []
    writer.append(long)
    writer.close()
    assert list(read_events(tmp_path / "run")) == [events[0], asked, long]


def test_a_disk_that_is_full_keeps_no_list_from_being_shown(tmp_path: Path, events: list[Event]) -> None:
    write_journal(tmp_path / "runs" / "one", events)
    with full(10):
        assert [run.id for run in list_runs(tmp_path)] == ["one"]
    assert [run.id for run in list_runs(tmp_path)] == ["one"]


def test_a_clock_that_jumps_back_makes_no_time_negative_and_no_event_unreadable(
    tmp_path: Path, events: list[Event]
) -> None:
    back = [event.model_copy(update={"at": max(event.at - 86_400 * number, 0)}) for number, event in enumerate(events)]
    last = back[-1]
    assert isinstance(last, RunFinished)
    folder = write_journal(tmp_path / "runs" / "one", [*back[:-1], last.model_copy(update={"seconds": None})])
    view, damage = load(folder)
    assert damage is None and view.elapsed >= 0 and view.elapsed_at(0) >= 0
    (told,) = list_runs(tmp_path)
    assert told.seconds >= 0 and told.outcome == "solved"


def test_of_two_who_want_to_go_on_with_a_run_one_does(tmp_path: Path, events: list[Event]) -> None:
    folder = write_journal(tmp_path / "run", events[:3])
    taker = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from pathlib import Path\nfrom reason_tui.runs.journal import JournalWriter\n"
        "JournalWriter.reopen(Path(sys.argv[1])); print('mine', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", taker, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout is not None and other.stdout.readline() == "mine\n"
        with pytest.raises(JournalError, match="Another process writes"):
            JournalWriter.reopen(folder)
        assert load(folder)[1] is None, "who only looks is not kept from it"
        other.kill()
    writer, past = JournalWriter.reopen(folder)
    writer.close()
    assert past == events[:3], "the lock went with the process"
