"""`runs resume` after an engine that died, a stop, and an end."""

from __future__ import annotations

import json

from reason_tui.runs import lines
from reason_tui.runs.journal import load, read_events
from reason_tui.runs.library import find_run

ADD = "Add two numbers.\n>>> add(1, 2)\n3\n>>> add(0, 5)\n5\n"
GOOD = "def add(a, b):\n    return a + b\n"


def journal(home):
    return find_run(home / "state" / "reason_tui", "last")


def interrupted(scripted):
    done = scripted("solve", ADD, "--model", "exit")
    assert done.code == 5


def test_a_run_whose_engine_died_goes_on_and_prints_the_program_alone(scripted, home):
    interrupted(scripted)
    done = scripted("runs", "resume", "last", "--model", "solve")
    assert (done.code, done.out) == (0, GOOD)
    assert "Solved: 10/10 tests pass." in done.err
    assert f"Saved as {journal(home).name}." in done.err
    view, damage = load(journal(home))
    assert damage is None and view.finished is not None and view.finished.outcome == "solved"
    assert "solved" in scripted("runs", "ls").out


def test_without_a_model_named_it_is_the_one_the_run_was_begun_with(scripted, home):
    interrupted(scripted)
    assert next(read_events(journal(home))).policy.model == "scripted"
    done = scripted("runs", "resume", "last")  # the script called `scripted` finds nothing, the default is `embedded`
    assert done.code == 1
    assert "Not solved. The budget is spent." in done.err


def test_a_run_is_not_continued_with_another_model(scripted, home):
    interrupted(scripted)
    path = journal(home) / "journal.jsonl"
    [started, *_] = read_events(path.parent)
    policy = started.policy.model_copy(update={"model": "big.gguf"})
    path.write_bytes(lines.encode(0, started.model_copy(update={"policy": policy}), None))
    done = scripted("runs", "resume", "last", "--model", "solve")
    assert (done.code, done.out) == (2, "")
    assert "another model" in done.err and "big.gguf" in done.err and "--model" in done.err


def test_json_prints_the_new_lines_of_the_journal(scripted, home):
    interrupted(scripted)
    before = (journal(home) / "journal.jsonl").read_text()
    done = scripted("runs", "resume", "last", "--model", "solve", "--json")
    assert (journal(home) / "journal.jsonl").read_text() == before + done.out
    assert json.loads(done.out.splitlines()[0])["event"]["type"] == "run_continued"


def test_plain_progress_goes_on(scripted):
    interrupted(scripted)
    done = scripted("runs", "resume", "last", "--model", "solve", "--plain")
    assert "going on" in done.err and "10/10 tests, reward 1.00" in done.err


def test_a_run_that_is_over_is_refused(scripted):
    scripted("solve", ADD, "--model", "solve")
    done = scripted("runs", "resume", "last", "--model", "solve")
    assert (done.code, done.out) == (2, "")
    assert "is over" in done.err


def test_a_run_that_is_not_there_is_refused_before_anything_is_started(command):
    done = command("runs", "resume", "nothing")
    assert (done.code, done.out) == (2, "")
    assert "There is no run" in done.err


def test_a_damaged_run_is_refused_and_left_as_it_is(scripted, home):
    interrupted(scripted)
    path = journal(home) / "journal.jsonl"
    path.write_bytes(path.read_bytes() + b"garbage\n")
    before = path.read_bytes()
    done = scripted("runs", "resume", "last", "--model", "solve")
    assert (done.code, done.out) == (5, "")
    assert "damaged" in done.err and path.read_bytes() == before
