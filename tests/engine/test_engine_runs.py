"""Runs in a real engine process whose model is a script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.engines import BRIEF, ENDLESS, TASK, Inbox

from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import Metrics, Note, Pause, Problem, Resume, RunEvent, Step, Stop, TokenText
from reason_tui.errors import BackendError, EngineError
from reason_tui.runs.export import solution
from reason_tui.runs.fold import RunView
from reason_tui.runs.folders import JOURNAL
from reason_tui.runs.journal import load, read_events
from reason_tui.runs.library import find_run, list_runs
from reason_tui.runs.lines import MAX_LINE
from reason_tui.search.events import NodeAdded, RunFinished

Make = Callable[..., EngineClient]


async def test_a_run_is_solved_and_its_events_are_those_of_its_journal(engine: Make, tmp_path: Path) -> None:
    async with engine("solve") as client:
        ready = await client.ready()
        assert ready.policy.model == "scripted" and ready.sandbox_ok
        inbox = Inbox(client)
        await client.start(TASK, BRIEF)
        finished = await inbox.event("run_finished")
    assert isinstance(finished, RunFinished) and finished.outcome == "solved"
    events = [message for message in inbox.seen if isinstance(message, RunEvent)]
    assert [event.seq for event in events] == list(range(len(events)))
    folder = find_run(tmp_path / "state", "last")
    assert {event.run for event in events} == {folder.name}
    assert list(read_events(folder)) == inbox.events
    view, damage = load(folder)
    assert damage is None and view.tree.nodes == RunView.of(inbox.events).tree.nodes
    assert "return a + b" in solution(view)


async def test_every_event_is_on_disk_before_it_is_told(engine: Make, tmp_path: Path) -> None:
    async with engine("solve") as client:
        await client.ready()
        await client.start(TASK, BRIEF)
        async for message in client.messages():
            if isinstance(message, RunEvent):
                written = list(read_events(tmp_path / "state" / "runs" / message.run))
                assert written[message.seq] == message.event
                if message.event.type == "run_finished":
                    break


async def test_what_a_model_takes_of_an_accelerator_counts_as_measured(engine: Make) -> None:
    found = {}
    for script in ("solve", "scarce"):
        async with engine(script) as client:
            found[script] = (await client.ready()).model_mb
    assert found["scarce"] >= 3 * 1024 > found["solve"]


async def test_what_a_backend_warns_of_is_told_and_stands_in_the_log(engine: Make, tmp_path: Path) -> None:
    async with engine("scarce") as client:
        await client.ready()
        inbox = Inbox(client)
        loaded = await inbox.kind("note")
        await client.start(TASK, BRIEF)
        sampled = await inbox.kind("note")
        await inbox.event("run_finished")
    assert isinstance(loaded, Note) and loaded.text == "There is memory for 4 siblings at a time, not for 8."
    assert isinstance(sampled, Note) and sampled.text.endswith("2 at a time from now on.")
    log = (tmp_path / "state" / "engine.log").read_text()
    assert log.count(loaded.text) == 1 and sampled.text in log


async def test_partial_text_speed_and_memory_are_told_and_not_journalled(engine: Make, tmp_path: Path) -> None:
    async with engine("wait") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, ENDLESS)
        text = await inbox.kind("token_text")
        assert isinstance(text, TokenText) and (text.node, text.text) == (1, "waiting")
        metrics = await inbox.until(lambda message: isinstance(message, Metrics) and message.tokens_per_s > 0)
        assert isinstance(metrics, Metrics) and metrics.engine_memory_mb > 1
    assert "waiting" not in (find_run(tmp_path / "state", "last") / JOURNAL).read_text()


async def test_even_the_briefest_run_has_a_speed(engine: Make) -> None:
    async with engine("solve") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, BRIEF)
        await inbox.event("run_finished")
    assert any(isinstance(message, Metrics) and message.tokens_per_s > 0 for message in inbox.seen)


async def test_stop_cuts_the_generation_short_and_keeps_the_run(engine: Make, tmp_path: Path) -> None:
    async with engine("wait") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, ENDLESS)
        await inbox.kind("token_text")
        await client.send(Stop())
        finished = await inbox.event("run_finished")
        assert isinstance(finished, RunFinished) and finished.reason == "stopped"
        await client.start(TASK, ENDLESS)
        await inbox.event("expansion_started")
        await client.send(Stop())
        await inbox.event("run_finished")
    assert [run.state for run in list_runs(tmp_path / "state")] == ["finished", "finished"]


async def test_a_paused_run_makes_one_expansion_a_step_and_none_without(engine: Make) -> None:
    async with engine("many") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, ENDLESS)
        await inbox.event("node_judged")
        await client.send(Pause())
        await inbox.event("run_paused")
        for _ in range(3):
            await client.send(Step())
        await client.send(Pause())
        await client.send(Resume())
        await inbox.event("run_resumed")
        await inbox.event("expansion_started")
        await client.send(Stop())
        await inbox.event("run_finished")
    kinds = [event.type for event in inbox.events]
    held = kinds[kinds.index("run_paused") : kinds.index("run_resumed")]
    assert held.count("run_paused") == 1, "pausing a paused run says nothing new"
    assert held.count("expansion_started") <= 1, "the steps, too quick to be made one by one, are one"


async def test_each_step_is_one_expansion(engine: Make) -> None:
    async with engine("many") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, ENDLESS)
        await client.send(Pause())
        await inbox.event("run_paused")
        for _ in range(3):
            await client.send(Step())
            added = await inbox.event("node_judged")
            await inbox.event("node_judged")
        await client.send(Stop())
        await inbox.event("run_finished")
    kinds = [event.type for event in inbox.events]
    assert added.type == "node_judged"
    assert kinds.index("run_started") < kinds.index("run_paused")
    assert kinds[kinds.index("run_paused") :].count("expansion_started") == 3


async def test_a_second_run_is_refused_and_the_first_goes_on(engine: Make) -> None:
    async with engine("wait") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, ENDLESS)
        await inbox.event("expansion_started")
        await client.start(TASK, ENDLESS)
        refusal = await inbox.kind("problem")
        assert isinstance(refusal, Problem) and refusal.run is None and not refusal.fatal
        assert "going on" in refusal.what
        await client.send(Stop())
        await inbox.event("run_finished")


async def test_a_run_before_the_engine_is_ready_is_refused(engine: Make) -> None:
    async with engine("slow-load") as client:
        await client.start(TASK, BRIEF)
        refusal = await Inbox(client).kind("problem")
        assert isinstance(refusal, Problem) and "not ready" in refusal.what and not refusal.fatal


async def test_runs_follow_each_other_at_once(engine: Make, tmp_path: Path) -> None:
    async with engine("solve") as client:
        await client.ready()
        inbox = Inbox(client)
        for _ in range(20):
            await client.start(TASK, BRIEF)
            await inbox.event("run_finished")
    assert "problem" not in {message.type for message in inbox.seen}
    assert len(list_runs(tmp_path / "state")) == 20


async def test_steering_without_a_run_is_harmless(engine: Make) -> None:
    async with engine("solve") as client:
        await client.ready()
        for command in (Stop(), Pause(), Step(), Resume()):
            await client.send(command)
        inbox = Inbox(client)
        await client.start(TASK, BRIEF)
        finished = await inbox.event("run_finished")
        assert isinstance(finished, RunFinished) and finished.outcome == "solved"
        assert "problem" not in {message.type for message in inbox.seen}


async def test_a_fault_in_a_run_is_told_and_the_engine_serves_on(engine: Make, tmp_path: Path) -> None:
    async with engine("fault") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, BRIEF)
        finished = await inbox.event("run_finished")
        told = await inbox.kind("problem")
        assert isinstance(finished, RunFinished) and finished.reason == "failed"
        assert isinstance(told, Problem) and told.exit_code == 5 and not told.fatal
        assert told.run == find_run(tmp_path / "state", "last").name
        assert "ZeroDivisionError: nobody foresaw this" in told.why
        await client.start(TASK, BRIEF)
        again = await inbox.event("run_finished")
        assert isinstance(again, RunFinished) and again.reason == "budget"
    log = (tmp_path / "state" / "engine.log").read_text()
    assert "Traceback" in log and "nobody foresaw this" in log


async def test_long_texts_cross_whole_and_lie_in_blobs(engine: Make, tmp_path: Path) -> None:
    async with engine("big") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, BRIEF)
        added = await inbox.event("node_added")
        assert isinstance(added, NodeAdded) and len(added.completion.text) > 400_000
        await inbox.event("run_finished")
    folder = find_run(tmp_path / "state", "last")
    assert max(map(len, (folder / JOURNAL).read_bytes().splitlines())) < MAX_LINE + 100
    assert list(read_events(folder)) == inbox.events


async def test_a_state_folder_that_cannot_be_written_refuses_the_run_and_says_why(engine: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    async with engine("solve", tmp_path / "file" / "state") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, BRIEF)
        told = await inbox.kind("problem")
        assert isinstance(told, Problem) and told.exit_code == 5 and not told.fatal and told.run is None
        assert "cannot be saved" in told.what and str(tmp_path / "file") in told.why and told.hint
    assert (tmp_path / "file").read_text() == "not a folder"


async def test_a_disk_that_fills_up_ends_the_run_with_what_was_saved(engine: Make, tmp_path: Path) -> None:
    async with engine("full") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, BRIEF)
        told = await inbox.kind("problem")
    folder = find_run(tmp_path / "state", "last")
    assert isinstance(told, Problem) and told.run == folder.name and "cannot be saved" in told.what
    assert list(read_events(folder)) == inbox.events
    assert [event.type for event in inbox.events] == ["run_started", "expansion_started"]


@pytest.mark.parametrize(
    ("script", "kind", "what"),
    [("missing", BackendError, "no model `missing`"), ("broken", EngineError, "could not start")],
)
async def test_what_keeps_an_engine_from_starting_is_raised_as_it_was(
    engine: Make, script: str, kind: type[Exception], what: str
) -> None:
    async with engine(script) as client:
        with pytest.raises(kind, match=what):
            await client.ready()


async def test_a_fatal_problem_is_the_last_message(engine: Make) -> None:
    async with engine("missing") as client:
        [told] = [message async for message in client.messages()]
        assert isinstance(told, Problem) and told.fatal and told.exit_code == 3 and told.hint == "Choose another."
