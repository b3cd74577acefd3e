"""`runs research` over what `solve` saved."""

from __future__ import annotations

import json

ADD = "Add two numbers.\n>>> add(1, 2)\n3\n>>> add(0, 5)\n5\n"


def test_the_same_search_again_says_that_it_decided_the_same(scripted):
    scripted("solve", ADD, "--model", "steady", "--budget", "8", "--seed", "4")
    done = scripted("runs", "research", "last")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()[:2]] == ["recorded", "again"]
    assert done.out.splitlines()[2:] == ["The same decisions, event by event."]


def test_another_strategy_gets_the_samples_there_are_and_says_where_they_ended(scripted):
    scripted("solve", ADD, "--model", "never", "--budget", "10", "--width", "2")
    done = scripted("runs", "research", "last", "--strategy", "best-of-n")
    assert done.code == 0
    assert "best-of-n" in done.out.splitlines()[1]
    assert "The recorded samples ran out after" in done.out and "2 drafts" in done.out
    assert "The same decisions" not in done.out


def test_its_events_can_be_read_by_programs(scripted):
    scripted("solve", ADD, "--model", "never", "--budget", "6", "--strategy", "best-of-n")
    done = scripted("runs", "research", "last", "--budget", "4", "--json")
    events = [json.loads(line)["event"] for line in done.out.splitlines()]
    assert events[0]["settings"]["budget"] == 4 and events[0]["settings"]["strategy"] == "best-of-n"
    assert events[-1]["type"] == "run_finished" and events[-1]["ledger"]["completions"] == 4


def test_it_saves_nothing_and_needs_no_model(scripted, home):
    scripted("solve", ADD, "--model", "solve")
    before = {path: path.read_bytes() for path in (home / "state").rglob("journal.jsonl")}
    assert scripted("runs", "research", "last", "--seed", "1").code == 0
    assert {path: path.read_bytes() for path in (home / "state").rglob("journal.jsonl")} == before


def test_options_out_of_range_are_refused(scripted):
    scripted("solve", ADD, "--model", "solve")
    done = scripted("runs", "research", "last", "--width", "65")
    assert (done.code, done.out) == (2, "")
