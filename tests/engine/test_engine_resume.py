"""A run that one engine began goes on in another."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from support.engines import BRIEF, ENDLESS, TASK, Inbox
from support.journals import write_journal

from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import Problem, RunEvent, Stop
from reason_tui.errors import EngineError
from reason_tui.runs.decisions import decisions
from reason_tui.runs.folders import JOURNAL, runs_dir
from reason_tui.runs.journal import JournalWriter, read_events
from reason_tui.runs.library import find_run, list_runs
from reason_tui.search.events import Event, NodeJudged, RunContinued, RunFinished, RunStarted, SearchSettings

Make = Callable[..., EngineClient]
LONG = SearchSettings(strategy="mcts", budget=40, width=2, seed=3)


async def whole_run(client: EngineClient, settings: SearchSettings = LONG) -> list[Event]:
    await client.ready()
    inbox = Inbox(client)
    await client.start(TASK, settings)
    await inbox.event("run_finished")
    return inbox.events


async def resumed(client: EngineClient, run: str) -> list[Event]:
    await client.ready()
    inbox = Inbox(client)
    await client.resume(run)
    await inbox.event("run_finished")
    return inbox.events


async def refused(client: EngineClient, run: str) -> Problem:
    await client.ready()
    await client.resume(run)
    told = await Inbox(client).kind("problem")
    assert isinstance(told, Problem) and not told.fatal and told.run is None
    return told


async def test_a_run_whose_engine_was_killed_goes_on_in_the_next_and_decides_the_same(
    engine: Make, tmp_path: Path
) -> None:
    async with engine("steady", tmp_path / "other") as client:
        expected = await whole_run(client)
    async with engine("steady-slow") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, LONG)
        for _ in range(7):
            await inbox.event("node_judged")
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        with pytest.raises(EngineError):
            await inbox.rest()
        folder = find_run(tmp_path / "state", "last")
        past = list(read_events(folder))
        await client.restart()
        rest = await resumed(client, folder.name)
    assert isinstance(rest[0], RunContinued)
    assert list(read_events(folder)) == [*past, *rest]
    assert decisions([*past, *rest]) == decisions(expected)
    assert list_runs(tmp_path / "state")[0].state == "finished"


async def test_events_of_a_continued_run_are_numbered_as_in_its_journal(engine: Make, tmp_path: Path) -> None:
    async with engine("wait") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, ENDLESS)
        await inbox.kind("token_text")
        await client.send(Stop())
        await inbox.event("run_finished")
        run = find_run(tmp_path / "state", "last").name
        await client.resume(run)
        await inbox.kind("token_text")
        await client.send(Stop())
        await inbox.event("run_finished")
    told = [message for message in inbox.seen if isinstance(message, RunEvent)]
    assert [message.seq for message in told] == list(range(len(told)))
    assert {message.run for message in told} == {run}
    assert list(read_events(find_run(tmp_path / "state", run))) == inbox.events


async def test_a_client_that_was_killed_leaves_a_run_that_goes_on(engine: Make, tmp_path: Path) -> None:
    async with engine("steady", tmp_path / "other") as client:
        expected = await whole_run(client)
    async with engine("steady-slow") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, LONG)
        for _ in range(5):
            await inbox.event("node_judged")
        assert client._child is not None
        client._child._writer.transport.abort()  # what the engine sees when its client dies
        with pytest.raises(EngineError):
            await inbox.rest()
        run = find_run(tmp_path / "state", "last")
        assert isinstance(list(read_events(run))[-1], RunFinished), "its end is told when its process is gone"
        await client.restart()
        await resumed(client, run.name)
    ended = list(read_events(run))[-1]
    assert isinstance(ended, RunFinished) and isinstance(expected[-1], RunFinished)
    assert (ended.reason, ended.answer) == (expected[-1].reason, expected[-1].answer)


async def test_a_run_that_is_over_missing_or_damaged_is_refused_with_the_reason(engine: Make, tmp_path: Path) -> None:
    async with engine("solve") as client:
        events = await whole_run(client, BRIEF)
        run = find_run(tmp_path / "state", "last").name
        assert (await refused(client, run)).what == f"The run {run} is over."
        for strange in ("nothing", "", "../runs", f"../runs/{run}", "\x1b[2J"):
            told = await refused(client, strange)
            assert told.exit_code == 2 and "no run" in told.what and "\x1b" not in told.what
        damaged = write_journal(runs_dir(tmp_path / "state") / "damaged", events[:-1]) / JOURNAL
        damaged.write_bytes(damaged.read_bytes() + b"garbage\n")
        assert "damaged" in (await refused(client, "damaged")).what
        assert (await whole_run(client, BRIEF))[-1].type == "run_finished", "the engine serves on"


async def test_a_run_that_another_process_writes_is_refused(engine: Make, tmp_path: Path) -> None:
    folder = runs_dir(tmp_path / "state") / "busy"
    writer = JournalWriter(folder)
    async with engine("solve") as client:
        assert "Another process" in (await refused(client, "busy")).what
    writer.close()


@pytest.mark.parametrize("other", ["model", "sandbox"])
async def test_a_run_is_not_mixed_with_samples_or_verdicts_of_another_kind(
    engine: Make, tmp_path: Path, other: str
) -> None:
    async with engine("steady") as client:
        events = await whole_run(client)
        strange = [_other_model(event) if other == "model" else _other_walls(event) for event in events[:-1]]
        folder = write_journal(runs_dir(tmp_path / "state") / "mixed", strange)
        before = (folder / JOURNAL).read_bytes()
        told = await refused(client, "mixed")
        assert told.exit_code == 2 and f"another {other}" in told.what
        assert (folder / JOURNAL).read_bytes() == before


def _other_model(event: Event) -> Event:
    if not isinstance(event, RunStarted):
        return event
    return event.model_copy(update={"policy": event.policy.model_copy(update={"model": "another.gguf"})})


def _other_walls(event: Event) -> Event:
    if not isinstance(event, NodeJudged) or event.verdict is None:
        return event
    return event.model_copy(update={"verdict": event.verdict.model_copy(update={"level": "landlock"})})
