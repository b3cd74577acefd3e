"""A session in the engine process, on every backend: from one preset line, switched to, killed and gone on with."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from support.engines import TASK, Inbox
from support.layouts import has_embedded, layout
from support.needs import skip_without
from textual.pilot import Pilot

from reason_tui.cli.settings import engine_settings, search_settings
from reason_tui.config import load_settings
from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import RunEvent
from reason_tui.errors import EngineError
from reason_tui.models.loader import known_backends, missing_packages
from reason_tui.search.events import RunFinished
from reason_tui.tui.app import ReasonApp
from reason_tui.tui.model_choices import choices
from reason_tui.tui.screens.models import ModelsScreen

_ROOT = Path(__file__).parents[2]
PROMPT = "Return the sum of the even numbers in xs.\n\n>>> total([1, 2, 4])\n6\n"


@pytest.fixture(autouse=True)
def _checkout(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's process finds this checkout and its extras, installed or not."""
    inherited = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(_ROOT), str(_ROOT / "backends"), inherited]))


@pytest.mark.timeout(600)
async def test_a_search_on_a_backend_switched_to_survives_the_death_of_its_engine(backend: str, tmp_path: Path):
    skip_without("embedded-model", has_embedded(layout(backend)), "assets/embedded has no model of this form")
    flags = {"preset": "cpu", "budget": 16, "strategy": "mcts", "temperature": 1.5, "state_dir": str(tmp_path)}
    first, then = (load_settings(flags | {"backend": name}).settings for name in ("xllamacpp", backend))
    task = TASK.model_copy(update={"visible": (TASK.visible[0].model_copy(update={"expected": "'never'"}),)})
    async with EngineClient(engine_settings(first)) as client:
        assert (await client.ready()).policy.backend == "xllamacpp"
        await client.switch(engine_settings(then))
        assert (await client.ready()).policy.backend == backend
        inbox = Inbox(client)
        await client.start(task, search_settings(then))
        begun = await inbox.until(lambda message: isinstance(message, RunEvent))
        await inbox.kind("token_text")
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        with pytest.raises(EngineError):
            await inbox.rest()
        await client.restart()
        await client.ready()
        assert isinstance(begun, RunEvent)
        await client.resume(begun.run)
        finished = await Inbox(client).event("run_finished")
    assert isinstance(finished, RunFinished) and finished.reason == "budget"
    assert finished.ledger.completions == 16


async def until(pilot: Pilot[int], condition: Callable[[], object]) -> None:
    """Messages come from other processes: wait for its frames; pytest's timeout ends a vain wait."""
    while not condition():
        await pilot.pause(0.05)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("other", [name for name in known_backends() if name != "xllamacpp"])
async def test_the_app_goes_over_to_another_backend_in_mid_session(other: str, tmp_path: Path):
    skip_without(other, not missing_packages(other), f"the extra `{other}` is not installed")
    skip_without("embedded-model", has_embedded(layout(other)), "assets/embedded has no model of this form")
    flags = {"preset": "cpu", "budget": 4, "strategy": "best-of-n", "backend": "xllamacpp", "state_dir": str(tmp_path)}
    settings = load_settings(flags).settings
    client = EngineClient(engine_settings(settings))
    app = ReasonApp(client, search_settings(settings), prompt=PROMPT, state_dir=tmp_path, settings=settings)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.session.phase == "ready")
        first = await solved_by(app, pilot)
        await pilot.press("escape", "M")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        app.screen.dismiss(next(each for each in choices(client.settings) if each.id == f"backend {other}"))
        await until(pilot, lambda: app.session.info and app.session.info.policy.backend == other)
        then = await solved_by(app, pilot)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app.return_code is not None)
    assert (first, then) == ("xllamacpp", other)


async def solved_by(app: ReasonApp, pilot: Pilot[int]) -> str:
    """Search for what stands in the editor, to the end; the backend of that run."""
    before = app.session.run.id
    await pilot.press("ctrl+j")
    await until(pilot, lambda: app.session.run.id not in (None, before) and app.session.run.view.finished is not None)
    started = app.session.run.view.started
    assert started is not None
    return started.policy.backend
