from __future__ import annotations

from pathlib import Path

import pytest
from support.journals import write_journal

from reason_tui.errors import RunNotFoundError
from reason_tui.runs.folders import JOURNAL, new_run_id, runs_dir
from reason_tui.runs.journal import JournalWriter
from reason_tui.runs.library import find_run, list_runs, summarise
from reason_tui.search.events import Event, RunFinished, RunPaused, RunStarted
from reason_tui.tasks.types import Task


def at(events: list[Event], run: str, time: float) -> list[Event]:
    """The same run, under another name, begun at `time`."""
    started = events[0]
    assert isinstance(started, RunStarted)
    shift = time - started.at
    moved = [event.model_copy(update={"at": event.at + shift}) for event in events]
    return [moved[0].model_copy(update={"run": run}), *moved[1:]]


@pytest.fixture
def state(tmp_path: Path, events: list[Event]) -> Path:
    """Three runs; the newest by the clock is not the last by name."""
    for run, time in (("20260101-b", 300.0), ("20260102-c", 200.0), ("20260101-a", 100.0)):
        write_journal(runs_dir(tmp_path) / run, at(events, run, time))
    return tmp_path


def test_runs_are_listed_newest_first_with_what_they_found_and_cost(state: Path, events: list[Event]) -> None:
    runs = list_runs(state)
    assert [run.id for run in runs] == ["20260101-b", "20260102-c", "20260101-a"]
    finish = events[-1]
    assert isinstance(finish, RunFinished)
    newest = runs[0]
    assert (newest.state, newest.outcome, newest.strategy) == ("finished", "solved", "mcts")
    assert (newest.nodes, newest.tokens) == (finish.ledger.completions, finish.ledger.tokens)
    assert newest.seconds == finish.seconds
    assert newest.title.startswith("add: Add two numbers.")


def test_a_title_cannot_drive_the_terminal(state: Path) -> None:
    assert "\x1b" not in list_runs(state)[0].title


def test_an_unfinished_run_is_running_or_paused_while_written_and_interrupted_after(
    tmp_path: Path, events: list[Event]
) -> None:
    folder = runs_dir(tmp_path) / "one"
    writer = JournalWriter(folder)
    for event in events[:-1]:
        writer.append(event)
    assert summarise(folder).state == "running"
    writer.append(RunPaused(at=events[-1].at))
    assert summarise(folder).state == "paused"
    writer.close()
    summary = summarise(folder)
    assert (summary.state, summary.outcome) == ("interrupted", None)
    assert summary.nodes == 8 and summary.seconds > 0


def test_damaged_and_empty_journals_are_listed_and_stop_nobody(state: Path, events: list[Event]) -> None:
    (write_journal(runs_dir(state) / "broken-middle", events) / JOURNAL).open("r+b").write(b"garbage")
    middle = write_journal(runs_dir(state) / "broken-later", events[:6]) / JOURNAL
    lines = middle.read_bytes().splitlines(keepends=True)
    middle.write_bytes(b"".join([*lines[:2], b"garbage\n", *lines[3:]]))
    (runs_dir(state) / "empty").mkdir()
    (runs_dir(state) / "empty" / JOURNAL).touch()
    (runs_dir(state) / "no-run").mkdir()
    (runs_dir(state) / "a-file").touch()
    states = {run.id: run.state for run in list_runs(state)}
    assert states.pop("broken-middle") == "damaged"
    assert states.pop("broken-later") == "damaged"
    assert states.pop("empty") == "interrupted"
    assert set(states.values()) == {"finished"} and len(states) == 3


def test_a_finish_that_is_longer_than_the_window_read_at_the_end_is_found(tmp_path: Path, events: list[Event]) -> None:
    finish = events[-1].model_copy(update={"message": "x" * 1_000_000})
    folder = write_journal(runs_dir(tmp_path) / "one", [*events[:-1], finish])
    assert summarise(folder).state == "finished"


def test_a_state_folder_without_runs_is_an_empty_list(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere") == []
    with pytest.raises(RunNotFoundError):
        find_run(tmp_path / "nowhere", "last")


def test_a_run_is_found_by_name_by_a_unique_beginning_and_as_the_last(state: Path) -> None:
    assert find_run(state, "20260101-a") == runs_dir(state) / "20260101-a"
    assert find_run(state, "20260102") == runs_dir(state) / "20260102-c"
    assert find_run(state, "last") == runs_dir(state) / "20260101-b"


def test_a_name_that_is_a_beginning_of_another_is_still_found(state: Path, events: list[Event]) -> None:
    write_journal(runs_dir(state) / "20260101-a-more", events)
    assert find_run(state, "20260101-a").name == "20260101-a"


@pytest.mark.parametrize("key", ["", "2026", "nothing", "../runs/20260101-a", "/etc"])
def test_what_is_unknown_or_ambiguous_is_refused(state: Path, key: str) -> None:
    with pytest.raises(RunNotFoundError) as caught:
        find_run(state, key)
    assert caught.value.exit_code == 2 and caught.value.hint


@pytest.mark.parametrize(
    ("task", "slug"),
    [
        (Task(id="t", prompt="p", entry_point="is_prime"), "is-prime"),
        (Task(id="t", prompt="Print: FizzBuzz, up to n; then stop at once"), "print-fizzbuzz-up-to-n-t"),
        (Task(id="t", prompt="../../Etc/passwd\x00"), "etc-passwd"),
        (Task(id="t", prompt="素数"), "run"),
    ],
)
def test_a_run_is_named_by_its_time_and_task(task: Task, slug: str) -> None:
    import re

    assert re.fullmatch(rf"\d{{8}}-\d{{6}}-{slug}-[0-9a-f]{{4}}", new_run_id(task))
