"""Looking back: a run shown again, one that branches off, and what best-of-n would have done."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.recorded import answers, events_of, solved_run

from reason_tui.runs.folders import runs_dir
from reason_tui.runs.journal import JournalWriter, load
from reason_tui.search.events import Event
from reason_tui.tui.screens.told import ToldScreen


def keep(state: Path, name: str, events: list[Event]) -> None:
    writer = JournalWriter(runs_dir(state) / name)
    for number, event in enumerate(events):
        changed: dict[str, object] = {"at": 1000.0 + number}
        if event.type == "run_started":
            changed["run"] = name
        writer.append(event.model_copy(update=changed))
    writer.close()


@pytest.fixture
async def state(tmp_path: Path) -> Path:
    keep(tmp_path, "done", await solved_run())
    return tmp_path


async def opened(driven) -> None:
    await driven.ready()
    await driven.press("escape", "O")
    await driven.until(lambda: driven.app.screen is not driven.screen, "the list of runs")
    await driven.press("enter")
    await driven.until(lambda: driven.screen.page == "run")


async def test_a_run_is_shown_again_from_its_beginning(open_app, state):
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        before = driven.app.session.run
        await driven.press("R", "backspace", *"200", "enter")
        await driven.until(lambda: driven.app.session.run is not before, "the run anew")
        await driven.until(lambda: driven.app.session.run.view.finished is not None, "its end")
        assert driven.app.session.replaying == ""
        assert driven.app.session.run.view.events == before.view.events


async def test_while_a_run_is_shown_again_nothing_else_is_begun_and_f8_ends_it(open_app, state):
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        await driven.press("R", "backspace", *"0.01", "enter")
        await driven.until(lambda: driven.app.session.replaying == "0.01x")
        assert "REPLAY 0.01x" in driven.sign("header")
        await driven.press("x")
        assert driven.told[-1] == "This is a replay: F8 ends it."
        await driven.press("f8")
        await driven.until(lambda: driven.app.session.run.view.finished is not None, "the rest at once")
        assert "SOLVED" in driven.sign("header")


async def test_a_speed_that_is_none_is_told(open_app, state):
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        for typed in ("fast", "nan", "-1"):
            await driven.press("R", "backspace", *typed, "enter")
            assert driven.told[-1] == f"`{typed}` is no speed: give a number, 1 as it was, 0 at once."


async def test_b_begins_a_new_run_from_the_node_with_other_settings(open_app, state):
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        driven.screen.search_tree.go(1)
        await driven.press("B", "up", "enter")
        await driven.until(lambda: driven.engine.resumed)
        [name] = driven.engine.resumed
        view, _ = load(runs_dir(state) / name)
        assert view.started.branched_from.run == "done"
        assert view.started.settings.strategy != "mcts"
        assert set(view.tree.nodes) == {0, 1, 2, 3, 4}


async def test_m_tells_what_best_of_n_would_have_done(open_app, state):
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        await driven.press("m")
        await driven.until(lambda: isinstance(driven.app.screen, ToldScreen), "the comparison")
        text = driven.app.screen.query_one("#told").text
        assert "this run" in text and "best-of-n" in text
        assert "The recorded samples ran out" in text
        assert "Best-of-n would not have solved it with these." in text


async def test_m_says_where_both_are_alike(open_app, tmp_path):
    keep(tmp_path, "best", await events_of(answers("0", "x"), strategy="best-of-n", width=2))
    async with open_app(state_dir=tmp_path) as driven:
        await opened(driven)
        await driven.press("m")
        await driven.until(lambda: isinstance(driven.app.screen, ToldScreen), "the comparison")
        assert "Both solve it after 2 completions." in driven.app.screen.query_one("#told").text


async def test_the_whole_run_and_its_tree_are_written(open_app, state, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        names = []
        for downs in range(2, 8):
            await driven.press("w", *["down"] * downs, "enter")
            await driven.until(lambda: driven.app.screen is driven.screen, "a written file")
            names = sorted(path.name for path in tmp_path.iterdir() if path.is_file() and path.suffix != ".sqlite")
        assert {"report.md", "journal.jsonl", "tree.svg"} <= set(names)
        assert (tmp_path / "journal.jsonl").read_bytes().count(b"\n") == driven.app.session.run.view.events
