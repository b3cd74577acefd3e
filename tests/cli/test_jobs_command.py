"""`jobs`, and `eval --detach`, with a small random model and the real sandbox."""

from __future__ import annotations

import json
import os
import signal

import pytest
from support.gguf_files import tiny_model

from reason_tui.engine import jobs
from reason_tui.engine.jobs.folder import pid_of
from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests, Task

TASKS = 30


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture
def dataset(home):
    path = home / "tasks.jsonl"
    with path.open("w") as file:
        for number in range(TASKS):
            visible = (CallCase(args=("1",), expected=str(number)),)
            task = Task(
                id=f"t{number}", prompt="def f(n): ...", entry_point="f", signature="def f(n):", visible=visible
            )
            graded = GradedTask(
                task=task, hidden=HiddenTests(cases=visible), reference=f"def f(n):\n    return {number}"
            )
            file.write(graded.model_dump_json() + "\n")
    return path


@pytest.fixture
def state(home):
    """The state folder; every job in it is over at the end."""
    folder = home / "state" / "reason_tui"
    yield folder
    for job in jobs.list_jobs(folder):
        jobs.stop(job)


def results(folder):
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


def test_an_evaluation_that_is_killed_goes_on_and_measures_nothing_twice(command, dataset, tiny, state, monkeypatch):
    monkeypatch.setenv("REASON_TUI__MAX_TOKENS", "16")
    started = command("eval", "--dataset", dataset, "--model", tiny, "--budget", "4", "--detach")
    assert started.code == 0, started.err
    folder = jobs.find_job(state, started.out.strip())
    next(record for record in jobs.follow(folder) if record is not None and record.type == "progress")
    os.kill(pid_of(folder), signal.SIGKILL)
    for _ in jobs.follow(folder):
        pass
    listed = command("jobs", "ls")
    assert folder.name in listed.out and "interrupted" in listed.out and f"/{TASKS}" in listed.out
    attached = command("jobs", "attach", "last")
    assert attached.code == 5 and f"jobs resume {folder.name}" in attached.err
    before = results(folder)
    assert 1 < len(before) < TASKS + 1
    assert command("jobs", "resume", "eval").code == 0
    attached = command("jobs", "attach", "last")
    assert attached.code == 0 and "Passed:" in attached.out
    after = results(folder)
    assert after[1 : len(before)] == before[1:]
    assert sorted(result["task"] for result in after[1:]) == sorted(f"t{number}" for number in range(TASKS))
    assert command("jobs", "rm", folder.name).code == 0
    assert "no jobs" in command("jobs", "ls").err


def test_a_job_keeps_the_settings_it_was_started_with(command, dataset, tiny, state, monkeypatch):
    monkeypatch.setenv("REASON_TUI__BUDGET", "2")
    name = command("eval", "--dataset", dataset, "--limit", "1", "--model", tiny, "--detach").out.strip()
    monkeypatch.setenv("REASON_TUI__BUDGET", "3")
    for _ in jobs.follow(jobs.find_job(state, name)):
        pass
    command("jobs", "resume", name)
    assert command("jobs", "attach", name).code == 0
    header = results(jobs.find_job(state, name))[0]
    assert header["settings"]["budgets"] == [2]
    shown = command("jobs", "show", name)
    assert "eval --dataset" in shown.out and "--detach" not in shown.out and "done" in shown.out


def test_what_keeps_an_evaluation_from_beginning_is_told_before_there_is_a_job(command, dataset, state):
    assert command("eval", "--dataset", dataset, "--model", "missing.gguf", "--detach").code == 3
    assert command("eval", "--dataset", "nowhere", "--detach").code == 2
    assert jobs.list_jobs(state) == []


def test_an_evaluation_waits_for_the_one_before_it_and_says_so(command, dataset, tiny, state):
    first = command("eval", "--dataset", dataset, "--model", tiny, "--detach").out.strip()
    second = command("eval", "--dataset", dataset, "--limit", "1", "--model", tiny, "--detach").out.strip()
    told = next(
        record for record in jobs.follow(jobs.find_job(state, second)) if record is not None and record.type != "begun"
    )
    assert told.type == "waiting" and first in told.behind[0]
    row = next(line for line in command("jobs", "ls").out.splitlines() if line.startswith(second))
    assert f"waiting for {first}" in row
    assert command("jobs", "stop", first).code == 0
    assert command("jobs", "attach", second).code == 0


def test_there_is_no_such_job(command, state):
    for verb in ("show", "attach", "stop", "resume", "rm"):
        done = command("jobs", verb, "nothing")
        assert (done.code, done.out) == (2, "") and "no job `nothing`" in done.err
