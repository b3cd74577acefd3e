"""A session in the engine process, on every backend: from one preset line, switched to, killed and gone on with."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from support.engines import TASK, Inbox
from support.layouts import has_embedded, layout
from support.needs import skip_without

from reason_tui.cli.settings import engine_settings, search_settings
from reason_tui.config import load_settings
from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import RunEvent
from reason_tui.errors import EngineError
from reason_tui.search.events import RunFinished

_ROOT = Path(__file__).parents[2]


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
