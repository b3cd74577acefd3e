"""The runs of before, out of their journals."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.evil import EVIL, unsafe
from support.journals import keep_run
from support.recorded import answers, events_of, solved_run

from reason_tui.runs.folders import runs_dir
from reason_tui.runs.library import RunSummary
from reason_tui.tui.ink import plain
from reason_tui.tui.screens.runs import RunsScreen, row


@pytest.fixture
async def state(tmp_path: Path) -> Path:
    keep_run(tmp_path, "old", await solved_run(), 1000.0)
    keep_run(tmp_path, "cut-off", (await events_of(answers("0", "2"), budget=8))[:9], 2000.0)
    return tmp_path


async def opened(driven) -> None:
    await driven.ready()
    await driven.press("escape", "O")
    await driven.until(lambda: isinstance(driven.app.screen, RunsScreen), "the list of runs")


async def test_runs_are_listed_newest_first_and_enter_opens_one(open_app, state):
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        text = "\n".join(driven.frame())
        assert text.index("interrupted") < text.index("solved")
        await driven.press("j", "enter")
        assert driven.screen.page == "run"
        await driven.until(lambda: driven.screen.search_tree.cursor == 7)
        assert "SOLVED" in driven.sign("header")
        await driven.press("c")
        assert driven.screen.editor("problem").text == "Return x."
        assert driven.screen.editor("tests").text == "f(1) == 1"


async def test_a_run_that_was_cut_off_can_go_on(open_app, state):
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        await driven.press("enter")
        assert "INTERRUPTED" in driven.sign("header")
        await driven.press("r")
        await driven.until(lambda: driven.engine.resumed == ["cut-off"])


async def test_escape_closes_the_list_and_changes_nothing(open_app, state):
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        await driven.press("escape")
        assert driven.screen.page == "problem"


async def test_without_runs_the_key_says_so(open_app, tmp_path):
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        await driven.press("escape", "O")
        await driven.until(lambda: driven.told == ["There is no run yet."])


async def test_a_damaged_journal_is_told_and_the_app_goes_on(open_app, state):
    journal = runs_dir(state) / "old" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"return", b"retorn", 1))
    async with open_app(state_dir=state) as driven:
        await opened(driven)
        await driven.press("down", "enter")
        await driven.until(lambda: driven.told)
        assert "is damaged" in driven.told[-1]


async def test_titles_of_runs_are_cleaned(open_app, tmp_path):
    task = (await solved_run())[0].task.model_copy(update={"prompt": EVIL, "entry_point": None})
    keep_run(tmp_path, "evil", await events_of(answers("x"), task, width=1, budget=1), 3000.0)
    async with open_app(state_dir=tmp_path) as driven:
        await opened(driven)
        assert "[/x]" in "\n".join(driven.frame())
        assert unsafe(driven) == ""


def test_a_row_says_what_became_of_a_run_and_what_it_cost():
    run = RunSummary(id="r", title="f: Do it", state="finished", outcome="solved", nodes=12, seconds=3.25)
    assert plain(row(run)).endswith("solved        12 nodes    3.2s  f: Do it")
