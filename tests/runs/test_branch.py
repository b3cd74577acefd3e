"""A new run out of another one: up to any event, with other settings; and a run as one file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.journals import write_journal
from support.resuming import TASK, Bench, by_seed

from reason_tui.errors import JournalError, UsageError
from reason_tui.runs.branch import branch
from reason_tui.runs.bundle import import_run
from reason_tui.runs.decisions import decisions
from reason_tui.runs.export import export
from reason_tui.runs.fold import RunView
from reason_tui.runs.folders import JOURNAL, runs_dir
from reason_tui.runs.journal import load, read_events
from reason_tui.runs.library import list_runs
from reason_tui.runs.lines import MAX_LINE
from reason_tui.runs.report import report
from reason_tui.search import events as ev

SCRIPT = by_seed("0", "1", "2", "(", "-x", "y", "z", "1 - x", "2 * x", "0 * x")


async def recorded(**settings: object) -> list[ev.Event]:
    return await Bench(SCRIPT).search(TASK, **{"budget": 14, "width": 3, "seed": 5} | settings)


def saved(state: Path, events: list[ev.Event], name: str = "original") -> Path:
    return write_journal(runs_dir(state) / name, events)


def branched(state: Path, folder: Path, settings: ev.SearchSettings | None = None, **where: int) -> list[ev.Event]:
    return list(read_events(runs_dir(state) / branch(state, folder, settings, **where)))


async def test_a_branch_with_the_same_settings_goes_on_as_the_run_did_from_any_event(tmp_path: Path):
    whole = await recorded()
    folder = saved(tmp_path, whole)
    for event in range(len(whole) - 1):
        past = branched(tmp_path, folder, event=event)
        rest = await Bench(SCRIPT).resume(past)
        assert decisions([*past, *rest])[1:] == decisions(whole)[1:], event
    assert list(read_events(folder)) == whole, "the original is as it was"


async def test_a_branch_says_where_it_came_from_and_is_a_run_of_its_own(tmp_path: Path):
    folder = saved(tmp_path, await recorded())
    past = branched(tmp_path, folder, event=9)
    started = past[0]
    assert isinstance(started, ev.RunStarted)
    assert started.branched_from == ev.Branch(run="r", event=9)
    assert started.run != "r" and started.run in {run.id for run in list_runs(tmp_path)}
    view = RunView.of(past)
    assert "branched from: r, event 9" in report(view)
    assert view.finished is None and all(node.reward is not None for node in view.tree.nodes.values() if node.parent)


async def test_a_branch_at_a_node_has_its_siblings_and_nothing_later(tmp_path: Path):
    whole = await recorded()
    folder = saved(tmp_path, whole)
    view = RunView.of(branched(tmp_path, folder, node=4))
    assert list(view.tree.nodes) == [0, 1, 2, 3, 4, 5, 6]
    assert list(RunView.of(branched(tmp_path, folder, node=ev.ROOT)).tree.nodes) == [0]


async def test_a_branch_goes_on_with_other_settings_and_counts_what_it_brought(tmp_path: Path):
    whole = await recorded()
    folder = saved(tmp_path, whole)
    started = whole[0]
    assert isinstance(started, ev.RunStarted)
    other = started.settings.model_copy(update={"strategy": "best-of-n", "budget": 20, "width": 2, "seed": 9})
    past = branched(tmp_path, folder, other)
    rest = await Bench(SCRIPT).resume(past)
    view = RunView.of([*past, *rest])
    assert view.ledger.completions == 20 and view.finished is not None and view.finished.reason == "budget"
    added = [event for event in rest if isinstance(event, ev.ExpansionStarted)]
    assert {event.parent for event in added} == {ev.ROOT} and len(added) == 3


async def test_a_branch_of_a_stopped_run_leaves_out_what_was_cut_short(tmp_path: Path):
    bench = Bench(SCRIPT)
    bench.told = lambda event: bench.control.stop() if getattr(event, "expansion", 0) == 2 else None
    first = await bench.search(TASK, budget=14, width=3, seed=5)
    assert any(isinstance(event, ev.NodeAdded) and event.completion.finish == "cancelled" for event in first)
    past = branched(tmp_path, saved(tmp_path, first))
    assert decisions(await Bench(SCRIPT).resume(past))[-1]["answer"] == decisions(await recorded())[-1]["answer"]
    assert not any(isinstance(event, ev.NodeAdded) and event.completion.finish == "cancelled" for event in past)


async def test_the_good_part_of_a_damaged_run_can_be_branched_from(tmp_path: Path):
    whole = await recorded()
    path = saved(tmp_path, whole) / JOURNAL
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:12], b"garbage\n", *lines[13:]]))
    before = path.read_bytes()
    past = branched(tmp_path, path.parent)
    assert past[1:] == whole[1:9] and path.read_bytes() == before


@pytest.mark.parametrize("where", [{"node": 99}, {"event": 9999}, {"event": -1}])
async def test_a_branch_from_what_is_not_there_is_refused(tmp_path: Path, where: dict[str, int]):
    folder = saved(tmp_path, await recorded())
    with pytest.raises(UsageError):
        branch(tmp_path, folder, **where)
    assert [run.id for run in list_runs(tmp_path)] == ["original"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["library.sqlite", "runs"]


# One file.


async def test_a_run_crosses_in_one_file_and_is_the_same(tmp_path: Path):
    whole = await recorded()
    added = next(at for at, event in enumerate(whole) if isinstance(event, ev.NodeAdded))
    completion = whole[added].completion.model_copy(update={"text": "é\ud800" + "x" * 2 * MAX_LINE})
    whole[added] = whole[added].model_copy(update={"completion": completion})
    folder = saved(tmp_path / "here", whole)
    assert (folder / "blobs").is_dir()
    view, _ = load(folder)
    bundle = export(view, "journal", tmp_path / "run.jsonl", folder=folder)
    run = import_run(tmp_path / "there", bundle)
    assert run == "r" and list(read_events(runs_dir(tmp_path / "there") / run)) == whole
    with pytest.raises(UsageError, match="already there"):
        import_run(tmp_path / "there", bundle)


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "", ".", "a/b", "x" * 300, "\x1b[2J"])
async def test_a_name_that_no_folder_should_have_is_replaced(tmp_path: Path, name: str):
    whole = await recorded()
    folder = saved(tmp_path / "here", [whole[0].model_copy(update={"run": name}), *whole[1:]])
    run = import_run(tmp_path / "there", folder / JOURNAL)
    assert [path.name for path in runs_dir(tmp_path / "there").iterdir()] == [run]
    assert next(read_events(runs_dir(tmp_path / "there") / run)).run == run
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "there"]


async def test_a_file_that_is_damaged_cut_off_or_none_is_refused_whole(tmp_path: Path):
    whole = (saved(tmp_path / "here", await recorded()) / JOURNAL).read_bytes()
    (tmp_path / "file").write_bytes(whole[:-5])
    with pytest.raises(JournalError, match="not whole"):
        import_run(tmp_path / "there", tmp_path / "file")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(JournalError, match="not whole"):
        import_run(tmp_path / "there", tmp_path / "file")
    (tmp_path / "file").write_bytes(whole + json.dumps({"some": "json"}).encode() + b"\n")
    with pytest.raises(JournalError, match="damaged"):
        import_run(tmp_path / "there", tmp_path / "file")
    for missing in (tmp_path / "nothing", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            import_run(tmp_path / "there", missing)
    assert not (tmp_path / "there").exists()
