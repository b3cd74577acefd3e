from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from support.disks import full
from support.journals import write_journal

from reason_tui.errors import JournalError
from reason_tui.policy import Completion
from reason_tui.runs import lines as lines_module
from reason_tui.runs.fold import RunView
from reason_tui.runs.folders import JOURNAL
from reason_tui.runs.journal import JournalWriter, load, read_events
from reason_tui.runs.lines import MAX_LINE
from reason_tui.sandbox.types import TestRecord, Verdict
from reason_tui.search.events import (
    SCHEMA,
    Event,
    ExpansionFailed,
    ExpansionStarted,
    NodeAdded,
    NodeJudged,
    RunContinued,
    RunStarted,
)


def added(text: str, node: int = 1) -> NodeAdded:
    return NodeAdded(expansion=0, node=node, completion=Completion(text=text))


def asked(*nodes: int) -> ExpansionStarted:
    """An expansion that will give these nodes."""
    return ExpansionStarted(
        expansion=0, parent=0, origin="draft", nodes=nodes, messages=(), prefix="", temperature=0.8, seed=0
    )


def read_until_damage(folder: Path) -> tuple[list[Event], JournalError]:
    good: list[Event] = []
    with pytest.raises(JournalError) as caught:
        for event in read_events(folder):
            good.append(event)
    return good, caught.value


def test_what_was_written_comes_back_the_same(tmp_path: Path, events: list[Event]) -> None:
    folder = write_journal(tmp_path / "run", events)
    assert list(read_events(folder)) == events


def test_the_fold_from_disk_equals_the_fold_of_the_live_events(tmp_path: Path, events: list[Event]) -> None:
    live = RunView.of(events)
    view, damage = load(write_journal(tmp_path / "run", events))
    assert damage is None
    assert view.tree.nodes == live.tree.nodes
    assert (view.ledger, view.state, view.elapsed, view.answer) == (live.ledger, "finished", live.elapsed, live.answer)
    assert view.answer is not None and view.answer.status == "passed"


def test_an_event_is_on_disk_when_append_returns_and_numbered_from_zero(tmp_path: Path, events: list[Event]) -> None:
    writer = JournalWriter(tmp_path / "run")
    for number, event in enumerate(events):
        assert writer.append(event) == number
        assert list(read_events(tmp_path / "run")) == events[: number + 1]
    writer.close()


def test_folders_and_files_are_for_the_user_alone(tmp_path: Path, events: list[Event]) -> None:
    folder = write_journal(tmp_path / "state" / "runs" / "one", [*events[:2], added("x" * 2 * MAX_LINE)])
    for path in (tmp_path / "state", folder.parent, folder, folder / "blobs"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    for path in (folder / JOURNAL, *(folder / "blobs").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_any_text_survives_and_the_file_is_plain_ascii(tmp_path: Path, events: list[Event]) -> None:
    text = "é\u2028\u202e\x00\x1b]0;x\x07 \ud800 🐍\r\n\\"
    told = [events[0], asked(1, 2), added(text, 1), added(text + "\ud800" * MAX_LINE, 2)]
    folder = write_journal(tmp_path / "run", told)
    raw = (folder / JOURNAL).read_bytes()
    assert raw.isascii() and raw.count(b"\n") == 4
    assert list(read_events(folder)) == told


def test_long_texts_go_to_blobs_and_come_back(tmp_path: Path, events: list[Event]) -> None:
    long = NodeAdded(expansion=0, node=1, completion=Completion(text="a" * 100_000), program="b" * 50_000)
    told = [events[0], asked(1, 2), long, long.model_copy(update={"node": 2})]
    folder = write_journal(tmp_path / "run", told)
    lines = (folder / JOURNAL).read_bytes().splitlines()
    assert all(len(line) < MAX_LINE + 100 for line in lines)
    assert len(list((folder / "blobs").iterdir())) == 1, "the same text twice is one blob, and the rest stays in line"
    assert list(read_events(folder)) == told


def test_an_event_that_is_long_without_long_texts_comes_back_too(tmp_path: Path, events: list[Event]) -> None:
    records = tuple(TestRecord(test=f"f({i}) == {i}", ok=False) for i in range(2_000))
    judged = NodeJudged(node=1, reward=0.1, status="failed", verdict=Verdict(status="fail", records=records))
    folder = write_journal(tmp_path / "run", [events[0], asked(1), added("x"), judged])
    assert (folder / JOURNAL).stat().st_size < MAX_LINE
    assert list(read_events(folder))[-1] == judged


def test_a_torn_last_line_is_dropped_wherever_it_was_torn(tmp_path: Path, events: list[Event]) -> None:
    path = write_journal(tmp_path / "run", events) / JOURNAL
    whole = path.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    for cut in (1, 2, last // 2, last - 1):
        path.write_bytes(whole[:-cut])
        assert list(read_events(path.parent)) == events[:-1]
        assert path.read_bytes() == whole[:-cut], "reading changed the file"


def test_a_flipped_bit_in_the_middle_is_noticed(tmp_path: Path, events: list[Event]) -> None:
    path = write_journal(tmp_path / "run", events[:4]) / JOURNAL
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    begin = len(lines[0])
    for at in range(begin, begin + len(lines[1]) - 1, 7):
        for bit in (0, 3, 6):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            good, error = read_until_damage(path.parent)
            assert good == events[:1]
            assert JOURNAL in error.what and "Line 2" in error.why


def test_a_line_that_is_missing_is_noticed(tmp_path: Path, events: list[Event]) -> None:
    path = write_journal(tmp_path / "run", events) / JOURNAL
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    good, error = read_until_damage(path.parent)
    assert good == events[:2]
    assert "event 2 was expected, event 3 found" in error.why


def test_a_line_without_end_is_not_read_into_memory(
    tmp_path: Path, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_journal(tmp_path / "run", events[:2]) / JOURNAL
    path.write_bytes(path.read_bytes() + b"x" * 100_000)
    assert list(read_events(path.parent)) == events[:2], "a torn line, as far as anyone can tell"
    monkeypatch.setattr(lines_module, "LONGEST", 50_000)
    good, error = read_until_damage(path.parent)
    assert good == events[:2] and "no end" in error.why


def test_the_run_before_the_damage_can_be_seen(tmp_path: Path, events: list[Event]) -> None:
    path = write_journal(tmp_path / "run", events) / JOURNAL
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5]) + b"garbage\n" + b"".join(lines[6:]))
    view, damage = load(path.parent)
    assert damage is not None and "Line 6" in damage.why
    assert view.tree.nodes == RunView.of(events[:5]).tree.nodes


@pytest.mark.parametrize("change", ["gone", "changed"])
def test_a_blob_that_is_gone_or_changed_is_damage(tmp_path: Path, events: list[Event], change: str) -> None:
    folder = write_journal(tmp_path / "run", [events[0], asked(1), added("x" * 2 * MAX_LINE)])
    blob = next((folder / "blobs").iterdir())
    if change == "gone":
        blob.unlink()
    else:
        blob.write_text("y")
    good, error = read_until_damage(folder)
    assert good[:1] == events[:1] and len(good) == 2
    assert blob.name in error.why


def test_a_newer_format_is_refused_and_left_alone(tmp_path: Path, events: list[Event]) -> None:
    started = events[0]
    assert isinstance(started, RunStarted)
    path = write_journal(tmp_path / "run", [started.model_copy(update={"schema_version": SCHEMA + 1})]) / JOURNAL
    before = path.read_bytes()
    good, error = read_until_damage(path.parent)
    assert good == []
    assert "newer" in error.what and str(SCHEMA + 1) in error.why
    assert path.read_bytes() == before


def test_a_run_that_a_newer_version_went_on_with_is_read_up_to_there(tmp_path: Path, events: list[Event]) -> None:
    started = events[0]
    assert isinstance(started, RunStarted)
    seam = RunContinued(schema_version=SCHEMA + 1, policy=started.policy, sandbox="", app_version="99")
    good, error = read_until_damage(write_journal(tmp_path / "run", [*events[:3], seam]))
    assert good == events[:3] and "newer" in error.what


def test_a_journal_that_does_not_begin_with_its_run_is_damaged(tmp_path: Path) -> None:
    folder = write_journal(tmp_path / "run", [ExpansionFailed(expansion=0, message="")])
    good, error = read_until_damage(folder)
    assert good == [] and "Line 1" in error.why


def test_a_second_writer_is_refused_while_the_first_writes_and_after(tmp_path: Path, events: list[Event]) -> None:
    first = JournalWriter(tmp_path / "run")
    with pytest.raises(JournalError, match="Another process"):
        JournalWriter(tmp_path / "run")
    first.append(events[0])
    first.close()
    with pytest.raises(JournalError, match="already there"):
        JournalWriter(tmp_path / "run")
    assert list(read_events(tmp_path / "run")) == events[:1]


def test_a_journal_is_gone_on_with_behind_its_last_whole_line(tmp_path: Path, events: list[Event]) -> None:
    path = write_journal(tmp_path / "run", events[:3]) / JOURNAL
    torn = path.read_bytes() + b'{"seq":3,"crc":'
    path.write_bytes(torn)
    writer, past = JournalWriter.reopen(path.parent)
    assert past == events[:3]
    assert path.read_bytes() == torn, "nothing is cut off before there is something to write"
    with pytest.raises(JournalError, match="Another process"):
        JournalWriter.reopen(path.parent)
    assert writer.append(events[3]) == 3
    assert writer.append(events[4]) == 4
    writer.close()
    assert list(read_events(path.parent)) == events[:5]


def test_a_journal_that_is_damaged_or_missing_is_not_gone_on_with(tmp_path: Path, events: list[Event]) -> None:
    path = write_journal(tmp_path / "run", events[:3]) / JOURNAL
    path.write_bytes(path.read_bytes() + b"garbage\n")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="damaged"):
        JournalWriter.reopen(path.parent)
    assert path.read_bytes() == before
    with pytest.raises(JournalError, match="cannot be saved"):
        JournalWriter.reopen(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_folder_that_cannot_be_made_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    with pytest.raises(JournalError) as caught:
        JournalWriter(tmp_path / "state" / "runs" / "one")
    assert str(tmp_path / "state") in caught.value.why
    assert caught.value.hint and caught.value.exit_code == 5


def test_a_full_disk_is_told_and_leaves_the_journal_whole(tmp_path: Path, events: list[Event]) -> None:
    writer = JournalWriter(tmp_path / "run")
    writer.append(events[0])
    path = tmp_path / "run" / JOURNAL
    before = path.read_bytes()
    with full(len(before) + 10), pytest.raises(JournalError) as caught:
        writer.append(events[1])
    assert str(path) in caught.value.why
    assert path.read_bytes() == before
    writer.append(events[1])
    assert list(read_events(tmp_path / "run")) == events[:2], "once there is space again, it goes on"
    writer.close()


def test_reading_opens_no_file_for_writing(tmp_path: Path, events: list[Event]) -> None:
    folder = write_journal(tmp_path / "run", [events[0], asked(1), added("x" * 2 * MAX_LINE)])
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
    listing = sorted(folder.rglob("*"))
    load(folder)
    assert sorted(folder.rglob("*")) == listing
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in before} == before


def test_results_that_were_won_are_forced_to_disk(
    tmp_path: Path, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (forced.append(os.fstat(file).st_size), real(file))[1])
    writer = JournalWriter(tmp_path / "run")
    expected = []
    for event in events:
        writer.append(event)
        if event.type == "run_finished" or (isinstance(event, NodeJudged) and event.status == "passed"):
            expected.append((tmp_path / "run" / JOURNAL).stat().st_size)
    writer.close()
    assert forced == expected and len(expected) >= 2


def test_lines_can_be_read_with_any_json_reader(tmp_path: Path, events: list[Event]) -> None:
    path = write_journal(tmp_path / "run", events) / JOURNAL
    types = [json.loads(line)["event"]["type"] for line in path.read_text().splitlines()]
    assert types == [event.type for event in events]
