"""An engine that stands still is ended and told of as such; one that is busy, paused or idle is left alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from support.engines import BRIEF, SCRIPTED, TASK, Inbox

from reason_tui.cli import session
from reason_tui.cli.progress import Quiet
from reason_tui.engine import deaths
from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import EngineSettings, Message, Metrics, Pause, Problem, RunEvent, StartRun, TokenText
from reason_tui.engine.watch import Watch
from reason_tui.errors import EngineError
from reason_tui.runs.decisions import decisions
from reason_tui.runs.journal import read_events
from reason_tui.runs.library import find_run
from reason_tui.search import events as ev
from reason_tui.search.events import SearchSettings
from reason_tui.search.ledger import Ledger

PATIENT = partial(Watch, silence_s=4.0)
LONGER = SearchSettings(strategy="mcts", budget=12, width=3)
METRICS = Metrics(tokens_per_s=1, engine_memory_mb=1)
ASKED = StartRun(task=TASK, settings=BRIEF)
BUSY = ev.ExpansionStarted(
    expansion=0, parent=0, origin="draft", nodes=(1,), messages=(), prefix="", temperature=0, seed=0
)
OVER = ev.RunFinished(reason="budget", outcome="unsolved", answer=None, ledger=Ledger())


def told(event: ev.Event) -> RunEvent:
    return RunEvent(run="r", seq=0, event=event)


@pytest.mark.parametrize(
    "after",
    [
        [],
        [ASKED, told(OVER)],
        [ASKED, told(BUSY), Problem(what="It failed.", exit_code=5)],
        [Pause()],
    ],
)
def test_an_engine_that_has_nothing_to_do_may_be_silent(after: list[Message | StartRun | Pause]) -> None:
    watch = Watch(silence_s=10, stall_s=20)
    for each in after:
        watch.sent(each) if isinstance(each, StartRun | Pause) else watch.heard(each)
    assert watch.pass_time(1_000) == ""


def test_silence_while_a_run_goes_on_is_a_hang_and_any_message_ends_it() -> None:
    watch = Watch(silence_s=10, stall_s=1_000)
    watch.sent(ASKED)
    assert watch.pass_time(9) == ""
    watch.heard(METRICS)
    assert watch.pass_time(9) == ""
    assert "nothing for 10 s" in watch.pass_time(1)


def test_a_policy_call_without_a_token_is_a_stall_but_a_pause_is_not() -> None:
    watch = Watch(silence_s=1_000, stall_s=20)
    watch.sent(ASKED)
    assert watch.pass_time(500) == "", "nothing is generated: it may be paused, or ask the user"
    watch.heard(told(BUSY))
    assert watch.pass_time(19) == ""
    watch.heard(TokenText(node=1, text="x"))
    assert watch.pass_time(19) == ""
    watch.heard(METRICS)
    assert "no token for 20 s" in watch.pass_time(1), "the measurements go on"
    watch.heard(told(ev.ExpansionSampled(expansion=0, seconds=1)))
    assert watch.pass_time(500) == ""


@pytest.mark.parametrize("script", ["steady-hung", "stopped"])
async def test_an_engine_that_hangs_is_ended_and_said_to_have_hung(tmp_path: Path, script: str) -> None:
    settings = EngineSettings(model=script, state_dir=str(tmp_path))
    async with EngineClient(settings, entry=SCRIPTED, watch=PATIENT) as client:
        await client.ready()
        await client.start(TASK, LONGER)
        with pytest.raises(EngineError, match="hung and was ended") as caught:
            await Inbox(client).rest()
        assert "said nothing for 4 s" in caught.value.why and "runs resume" in caught.value.hint
        assert "SIG" not in caught.value.why, "how we ended it is not what happened"
        if script == "steady-hung":
            assert "in sample" in (tmp_path / "engine.log").read_text(), "the log has where it stood"
        await client.restart()
        await client.ready()


class Watched(Quiet):
    """Keeps the deaths it was told of."""

    def __init__(self) -> None:
        self.deaths: list[EngineError] = []

    def died(self, death: EngineError) -> None:
        self.deaths.append(death)


def test_a_run_whose_engine_hung_goes_on_in_another_and_ends_as_if_nothing_had_been(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(session, "EngineClient", partial(EngineClient, entry=SCRIPTED, watch=PATIENT))
    found = []
    for script in ("steady", "steady-hung"):
        observer, state = Watched(), tmp_path / script
        engine = EngineSettings(model=script, state_dir=str(state))
        view, _ = session.run_task(TASK, engine, LONGER, observer)
        assert view.finished is not None
        assert [death.what for death in observer.deaths] == ["The engine hung and was ended."] * len(found)
        found.append(decisions(read_events(find_run(state, "last"))))
    assert found[0] == found[1]


async def test_a_library_that_gives_up_for_want_of_memory_is_told_as_that(tmp_path: Path) -> None:
    settings = EngineSettings(model="no-memory", state_dir=str(tmp_path))
    async with EngineClient(settings, entry=SCRIPTED) as client:
        await client.ready()
        await client.start(TASK, BRIEF)
        with pytest.raises(EngineError, match="ran out of memory") as caught:
            await Inbox(client).rest()
    assert "SIGABRT" in caught.value.why and "smaller model" in caught.value.hint


async def test_an_engine_that_runs_out_of_memory_in_python_says_so_and_stays(tmp_path: Path) -> None:
    settings = EngineSettings(model="big-list", state_dir=str(tmp_path))
    async with EngineClient(settings, entry=SCRIPTED) as client:
        await client.ready()
        await client.start(TASK, BRIEF)
        problem = await Inbox(client).kind("problem")
        assert isinstance(problem, Problem) and "memory" in problem.what and not problem.fatal


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ("oom_kill 3", "oom_kill 4", "because memory ran out"),
        ("oom_kill 3", "oom_kill 3", "Somebody killed it"),
        ("", "", "most often the system"),
    ],
)
def test_a_kill_by_the_system_is_told_from_one_by_hand(
    tmp_path: Path, monkeypatch, before: str, now: str, words: str
) -> None:
    statistics = tmp_path / "vmstat"
    monkeypatch.setattr(deaths, "_STATISTICS", statistics)
    statistics.write_text(f"nr_free_pages 12\n{before}\n")
    kills = deaths.memory_kills()
    statistics.write_text(f"nr_free_pages 12\n{now}\n")
    sure = deaths.ran_out_of_memory(-9, "", kills)
    assert sure == ("memory ran out" in words)
    assert words in deaths.how(-9, sure=sure)
