"""The app with a real engine process behind it: only the model in there is scripted."""

from __future__ import annotations

import os
import signal

import pytest
from support.engines import SCRIPTED
from textual.pilot import Pilot

from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import EngineSettings
from reason_tui.search.events import SearchSettings
from reason_tui.tui.app import ReasonApp

PROMPT = "Add two numbers.\n\n>>> add(1, 2)\n3\n"


@pytest.fixture
def engine_app(tmp_path):
    def make(script: str, **search: object) -> tuple[ReasonApp, EngineClient]:
        client = EngineClient(EngineSettings(model=script, state_dir=str(tmp_path)), entry=SCRIPTED)
        return ReasonApp(client, SearchSettings(**search), prompt=PROMPT, state_dir=tmp_path), client

    return make


async def until(pilot: Pilot[int], condition) -> None:
    """Messages come from another process: wait for its frames, not for a clock; pytest's timeout ends a vain wait."""
    while not condition():
        await pilot.pause(0.02)


async def test_a_problem_is_solved_and_the_app_leaves_no_engine_behind(engine_app):
    app, client = engine_app("solve", strategy="best-of-n", budget=16)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+j")
        await until(pilot, lambda: app.session.run.view.state == "finished")
        await until(pilot, lambda: app.session.run.best is not None)
        assert app.session.run.best.status == "passed"
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app.return_code is not None)
    assert client.pid is None


async def test_a_run_whose_engine_was_killed_goes_on_from_its_journal(engine_app):
    app, client = engine_app("steady-slow", strategy="random-tree", budget=5000, width=2)  # which is never done
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+j")
        await until(pilot, lambda: len(app.session.run.forest) > 8)
        first = app.session.run.id
        os.kill(client.pid, signal.SIGKILL)
        await until(pilot, lambda: app.session.phase == "dead")
        before = len(app.session.run.view.tree.nodes)
        await pilot.press("r")
        await until(pilot, lambda: app.session.going and len(app.session.run.view.tree.nodes) > before + 8)
        assert app.session.run.id == first
        await pilot.press("f8")
        await until(pilot, lambda: app.session.run.view.finished is not None)
        run = app.session.run
        assert run.view.finished.reason == "stopped"
        for node in run.forest.folded:  # branches that failed are rolled up
            run.forest.unfold(node)
        shown = sorted(row.node for row in run.forest.rows(0, len(run.forest)))
        assert shown == sorted(run.view.tree.nodes)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app.return_code is not None)
