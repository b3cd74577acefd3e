"""`runs branch`, and runs that leave and come back as files."""

from __future__ import annotations

import json
from pathlib import Path

from reason_tui.runs.journal import load
from reason_tui.runs.library import find_run, list_runs

ADD = "Add two numbers.\n>>> add(1, 2)\n3\n>>> add(0, 5)\n5\n"
GOOD = "def add(a, b):\n    return a + b\n"


def state(home):
    return home / "state" / "reason_tui"


def test_a_branch_is_a_new_run_that_goes_on_from_a_node_with_other_settings(scripted, home):
    scripted("solve", ADD, "--model", "never", "--budget", "8", "--width", "2")
    original = find_run(state(home), "last")
    before = (original / "journal.jsonl").read_bytes()
    done = scripted(
        "runs", "branch", "last", "--node", "1", "--model", "never", "--strategy", "best-of-n", "--budget", "6"
    )
    assert done.code == 1 and "Not solved." in done.err
    assert (original / "journal.jsonl").read_bytes() == before
    [new] = [run.id for run in list_runs(state(home)) if run.id != original.name]
    assert f"Saved as {new}." in done.err
    view, _ = load(find_run(state(home), new))
    assert view.started.branched_from.run == original.name
    assert view.started.settings.width == 2, "what was not given is the run's own"
    assert view.ledger.completions == 6
    assert {node.parent for node in view.tree.nodes.values()} == {None, 0}


def test_a_run_that_spent_its_budget_goes_on_with_a_larger_one(scripted):
    scripted("solve", ADD, "--model", "never", "--budget", "4")
    done = scripted("runs", "branch", "last", "--budget", "12", "--model", "solve")
    assert (done.code, done.out) == (0, GOOD)


def test_json_prints_the_new_events(scripted):
    scripted("solve", ADD, "--model", "never", "--budget", "4")
    done = scripted("runs", "branch", "last", "--budget", "12", "--model", "solve", "--json")
    assert json.loads(done.out.splitlines()[0])["event"]["type"] == "run_continued"


def test_a_node_that_is_not_there_and_both_places_at_once_are_refused(scripted):
    scripted("solve", ADD, "--model", "never", "--budget", "4")
    assert scripted("runs", "branch", "last", "--node", "99").code == 2
    done = scripted("runs", "branch", "last", "--node", "1", "--event", "1")
    assert done.code == 2 and "Give one of them." in done.err
    assert len(scripted("runs", "ls").out.splitlines()) == 1


def test_an_exported_run_is_imported_under_its_name(scripted, home):
    scripted("solve", ADD, "--model", "solve")
    name = find_run(state(home), "last").name
    scripted("runs", "export", "last", "--as", "journal", "--to", "run.jsonl")
    done = scripted("runs", "import", "run.jsonl", "--state-dir", str(home / "other"))
    assert (done.code, done.out) == (0, f"{name}\n")
    assert scripted("runs", "show", name, "--program", "--state-dir", str(home / "other")).out == GOOD
    again = scripted("runs", "import", "run.jsonl", "--state-dir", str(home / "other"))
    assert again.code == 2 and "already there" in again.err


def test_a_file_that_is_no_run_is_refused(scripted):
    Path("junk.jsonl").write_text("junk\n")
    done = scripted("runs", "import", "junk.jsonl")
    assert (done.code, done.out) == (5, "") and "damaged" in done.err
    assert scripted("runs", "import", "missing.jsonl").code == 2
