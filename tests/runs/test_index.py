"""The library's index: a cache that may be damaged, stale, locked or gone at any time."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support.journals import write_journal

from reason_tui.runs import index, library
from reason_tui.runs.folders import JOURNAL, runs_dir
from reason_tui.runs.index import NAME
from reason_tui.runs.journal import JournalWriter
from reason_tui.runs.library import list_runs, reindex
from reason_tui.runs.summary import from_journal
from reason_tui.search.events import Event

ROOT = Path(__file__).parents[2]


@pytest.fixture
def state(tmp_path: Path, events: list[Event]) -> Path:
    for run in ("a", "b", "c"):
        write_journal(runs_dir(tmp_path) / run, events)
    return tmp_path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the runs whose journals were read."""
    names: list[str] = []
    monkeypatch.setattr(library, "from_journal", lambda folder: (names.append(folder.name), from_journal(folder))[1])
    return names


def test_a_journal_is_read_once_as_long_as_it_does_not_change(state: Path, read: list[str], events: list[Event]):
    first = list_runs(state)
    assert sorted(read) == ["a", "b", "c"]
    read.clear()
    assert list_runs(state) == first and read == []
    write_journal(runs_dir(state) / "d", events)
    assert len(list_runs(state)) == 4 and read == ["d"]


def test_a_run_that_grew_is_read_again_and_one_that_is_gone_is_forgotten(
    state: Path, read: list[str], events: list[Event]
):
    writer = JournalWriter(runs_dir(state) / "d")
    for event in events[:5]:
        writer.append(event)
    assert {run.id: run.state for run in list_runs(state)}["d"] == "running"
    read.clear()
    assert {run.id: run.state for run in list_runs(state)}["d"] == "running" and read == []
    writer.close()
    assert {run.id: run.state for run in list_runs(state)}["d"] == "interrupted" and read == []
    writer, _ = JournalWriter.reopen(runs_dir(state) / "d")
    for event in events[5:]:
        writer.append(event)
    writer.close()
    assert {run.id: run.state for run in list_runs(state)}["d"] == "finished" and read == ["d"]
    (runs_dir(state) / "d" / JOURNAL).unlink()
    assert [run.id for run in list_runs(state)] == ["c", "b", "a"]
    assert set(index.read(state)) == {"a", "b", "c"}


@pytest.mark.parametrize(
    "content",
    [b"", b"not a database at all, but long enough to be one" * 100, b"SQLite format 3\x00" + b"\xff" * 5000],
)
def test_an_index_that_is_none_is_made_again(state: Path, read: list[str], content: bytes):
    expected = list_runs(state)
    (state / NAME).write_bytes(content)
    assert list_runs(state) == expected
    read.clear()
    assert list_runs(state) == expected
    assert read == [], "it is there again"


def test_an_index_that_is_damaged_anywhere_never_breaks_a_list(state: Path):
    expected = list_runs(state)
    whole = (state / NAME).read_bytes()
    for at in range(0, len(whole), 97):
        (state / NAME).write_bytes(whole[:at] + bytes(reversed(whole[at : at + 64])) + whole[at + 64 :])
        assert list_runs(state) == expected, at
    (state / NAME).write_bytes(whole[: len(whole) // 2])
    list_runs(state)
    assert reindex(state) == expected


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE layout SET name = 'of another version'",
        "UPDATE runs SET state = 'nonsense'",
        "DROP TABLE runs",
        "ALTER TABLE runs DROP COLUMN title",
    ],
)
def test_an_index_of_another_version_is_made_again(state: Path, read: list[str], change: str):
    expected = list_runs(state)
    with sqlite3.connect(state / NAME) as database:
        database.execute(change)
    database.close()
    assert list_runs(state) == expected
    list_runs(state)
    read.clear()
    assert list_runs(state) == expected and read == []


def test_reindex_reads_every_journal(state: Path, read: list[str]):
    list_runs(state)
    read.clear()
    reindex(state)
    assert sorted(read) == ["a", "b", "c"]


def test_the_index_is_for_the_user_alone(state: Path):
    list_runs(state)
    assert stat.S_IMODE((state / NAME).stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_listed_all_the_same(state: Path):
    expected = list_runs(state)
    (state / NAME).unlink()
    (state / NAME).mkdir()
    assert list_runs(state) == expected
    assert list_runs(state / "nowhere") == [] and not (state / "nowhere").exists()


def test_an_index_that_another_process_holds_is_done_without(
    state: Path, events: list[Event], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(index, "_BUSY_S", 0.01)
    expected = list_runs(state)
    holder = sqlite3.connect(state / NAME)
    holder.execute("BEGIN EXCLUSIVE")
    write_journal(runs_dir(state) / "d", events)
    assert [run for run in list_runs(state) if run.id != "d"] == expected
    holder.close()
    assert (state / NAME).exists()
    assert len(list_runs(state)) == 4


def test_two_processes_may_list_and_write_at_once(state: Path, events: list[Event]):
    code = (
        f"import sys; sys.path[:0] = {[str(ROOT), str(ROOT / 'backends')]!r}\n"
        "from pathlib import Path; from reason_tui.runs.library import list_runs, reindex\n"
        f"for i in range(40): assert len((reindex if i % 10 == 0 else list_runs)(Path({str(state)!r}))) >= 3"
    )
    others = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    for number in range(20):
        write_journal(runs_dir(state) / f"more-{number}", events)
        list_runs(state)
    assert [other.wait() for other in others] == [0, 0]
    assert len(list_runs(state)) == 23 and len(index.read(state)) == 23


def test_a_name_that_is_no_text_is_listed(state: Path, events: list[Event]):
    name = os.fsdecode(b"r\xffn")
    write_journal(runs_dir(state) / name, events)
    assert name in {run.id for run in list_runs(state)}
    assert len(list_runs(state)) == 4
