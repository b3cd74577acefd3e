"""Journals of every format there ever was are read, shown, gone on with and exported; a newer one is refused.

tests/data/format-1 was written by the application when format 1 was the newest, and is never made again.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from support.resuming import Bench, by_seed

from reason_tui.errors import JournalError
from reason_tui.runs import lines
from reason_tui.runs.bundle import import_run
from reason_tui.runs.export import export
from reason_tui.runs.fold import RunView
from reason_tui.runs.folders import JOURNAL
from reason_tui.runs.journal import JournalWriter, load, read_events
from reason_tui.runs.summary import summarise
from reason_tui.runs.upgrade import STEPS, NewerSchemaError, Upgrade
from reason_tui.search import events as ev

OLD = Path(__file__).parents[1] / "data" / "format-1"


def place(name: str, tmp_path: Path, keep: int | None = None) -> Path:
    """The folder of a run with this journal of format 1, or with the first lines of it."""
    folder = tmp_path / "runs" / name
    folder.mkdir(parents=True)
    content = (OLD / f"{name}.jsonl").read_bytes().splitlines(keepends=True)[:keep]
    (folder / JOURNAL).write_bytes(b"".join(content))
    return folder


def test_the_old_journals_are_of_format_1():
    for path in OLD.iterdir():
        first = json.loads(path.read_text().splitlines()[0])
        assert first["event"]["schema_version"] == 1
        assert "stop" not in path.read_text().split('"expansion_started"')[1].split("\n")[0]


def test_a_journal_says_every_setting_so_that_a_new_default_changes_no_run(tmp_path: Path):
    first, *_ = asyncio.run(Bench(by_seed("x")).search(budget=1, strategy=ev.SearchSettings().strategy))
    written = json.loads(lines.encode(0, first, None))["event"]["settings"]
    assert written.keys() == ev.SearchSettings.model_fields.keys()
    began = {path.stem: next(iter(read_events(place(path.stem, tmp_path)))) for path in OLD.iterdir()}
    assert {name: event.settings.strategy for name, event in began.items()} == {
        "compared": "best-of-n",
        "repaired": "mcts",
    }


@pytest.mark.parametrize(
    ("name", "outcome", "answer", "completions", "programs"),
    [("repaired", "solved", 16, 16, 10), ("compared", "unverified", 2, 10, 8)],
)
def test_a_run_of_format_1_is_what_it_was(tmp_path: Path, name, outcome, answer, completions, programs):
    folder = place(name, tmp_path)
    before = (folder / JOURNAL).read_bytes()
    view, damage = load(folder)
    assert damage is None and view.finished is not None
    assert (view.finished.outcome, view.finished.answer) == (outcome, answer)
    assert (view.ledger.completions, view.ledger.programs) == (completions, programs)
    told = summarise(folder)
    assert (told.state, told.outcome, told.nodes) == ("finished", outcome, completions)
    assert (folder / JOURNAL).read_bytes() == before


def test_what_format_1_took_for_granted_is_said(tmp_path: Path):
    events = list(read_events(place("compared", tmp_path)))
    assert {event.schema_version for event in events if event.type in ("run_started", "run_continued")} == {ev.SCHEMA}
    assert all(event.stop == ("\n```",) for event in events if isinstance(event, ev.ExpansionStarted))
    compared = [event for event in events if isinstance(event, ev.CandidatesCompared)]
    assert compared and all(set(e.nodes) == {node for group in e.groups for node in group.nodes} for e in compared)


def test_a_run_of_format_1_goes_on_in_the_format_of_today_in_the_same_file(tmp_path: Path):
    folder = place("repaired", tmp_path, keep=20)
    before = (folder / JOURNAL).read_bytes()
    writer, past = JournalWriter.reopen(folder)
    rest = asyncio.run(Bench(by_seed("a, b):\n    return x", "a, b):\n    return 1")).resume(past))
    for event in rest:
        writer.append(event)
    writer.close()
    assert (folder / JOURNAL).read_bytes().startswith(before)
    assert list(read_events(folder)) == past + rest
    assert load(folder)[0].tree.nodes == RunView.of(past + rest).tree.nodes
    assert summarise(folder).state == "finished"


def test_a_bundle_of_a_run_of_format_1_is_of_the_format_of_today(tmp_path: Path):
    folder = place("repaired", tmp_path)
    events = list(read_events(folder))
    bundle = export(RunView.of(events), "journal", tmp_path / "bundle.jsonl", folder=folder)
    shutil.rmtree(folder)
    run = import_run(tmp_path, bundle)
    assert list(read_events(tmp_path / "runs" / run)) == events
    assert f'"schema_version":{ev.SCHEMA}' in (tmp_path / "runs" / run / JOURNAL).read_text()


def test_there_is_a_step_from_every_format_to_the_next():
    assert sorted(STEPS) == list(range(1, ev.SCHEMA))


def test_steps_are_taken_one_after_the_other_and_only_those_that_are_needed():
    steps = {at: (lambda data, at=at: {**data, "way": [*data.get("way", ()), at]}) for at in (1, 2, 3)}
    upgrade = Upgrade(steps, newest=4)
    first = upgrade.apply({"type": "run_started", "schema_version": 1})
    assert (first["way"], first["schema_version"]) == ([1, 2, 3], 4)
    assert upgrade.apply({"type": "node_judged"})["way"] == [1, 2, 3]
    assert upgrade.apply({"type": "run_continued", "schema_version": 3})["way"] == [3]
    assert upgrade.apply({"type": "node_judged"})["way"] == [3]
    assert "way" not in upgrade.apply({"type": "run_continued", "schema_version": 4})
    with pytest.raises(NewerSchemaError, match=r"format 5.* up to 4"):
        upgrade.apply({"type": "run_continued", "schema_version": 5})


@pytest.mark.parametrize("said", [0, -1, "2", None, True, 1.5])
def test_a_format_that_never_was_is_damage(tmp_path: Path, said):
    folder = place("repaired", tmp_path)
    whole = (folder / JOURNAL).read_bytes().splitlines(keepends=True)
    event = json.loads(whole[0])["event"] | {"schema_version": said}
    body = lines._ascii(event)
    (folder / JOURNAL).write_bytes(b'{"seq":0,"crc":"%08x","event":%s}\n' % (lines._crc(0, body), body))
    with pytest.raises(JournalError, match="damaged"):
        list(read_events(folder))
