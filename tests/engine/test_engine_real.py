"""The engine as it ships: a model in xllamacpp, programs in the sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.engines import ENDLESS, TASK, Inbox
from support.gguf_files import tiny_model
from support.needs import skip_without

from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import EngineSettings, Problem, Stop
from reason_tui.errors import BackendError
from reason_tui.models.catalogue import EMBEDDED, known_models
from reason_tui.runs.journal import load
from reason_tui.runs.library import find_run, list_runs
from reason_tui.search.events import RunFinished, SearchSettings

pytestmark = pytest.mark.usefixtures("walls")
_ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's process finds this checkout, installed or not."""
    monkeypatch.setenv("PYTHONPATH", f"{_ROOT}:{_ROOT / 'backends'}")


async def test_a_model_that_babbles_spends_its_budget_and_every_program_is_judged(tmp_path: Path) -> None:
    model = str(tiny_model(tmp_path / "tiny.gguf"))
    settings = EngineSettings(model=model, backend="xllamacpp", context_length=512, state_dir=str(tmp_path))
    search = SearchSettings(budget=8, width=4, max_tokens=24)
    async with EngineClient(settings) as client:
        ready = await client.ready()
        assert ready.sandbox_ok and ready.policy.backend == "xllamacpp"
        inbox = Inbox(client)
        await client.start(TASK, search)
        finished = await inbox.event("run_finished")
        assert isinstance(finished, RunFinished) and finished.reason == "budget"
        assert finished.ledger.completions == 8
        assert {"token_text", "metrics"} <= {message.type for message in inbox.seen}
        await client.start(TASK, ENDLESS)
        await inbox.kind("token_text")
        await client.send(Stop())
        stopped = await inbox.event("run_finished")
        assert isinstance(stopped, RunFinished) and stopped.reason == "stopped"
    assert [run.state for run in list_runs(tmp_path)] == ["finished", "finished"]
    view, damage = load(find_run(tmp_path, "last"))
    assert damage is None and all(
        node.reward is not None for node in view.tree.nodes.values() if node.parent is not None
    )


async def test_a_prompt_longer_than_the_context_is_told_as_the_models_error(tmp_path: Path) -> None:
    settings = EngineSettings(
        model=str(tiny_model(tmp_path / "tiny.gguf")), context_length=256, state_dir=str(tmp_path)
    )
    async with EngineClient(settings) as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK.model_copy(update={"prompt": "word " * 5_000}), SearchSettings())
        finished = await inbox.event("run_finished")
        told = await inbox.kind("problem")
    assert isinstance(finished, RunFinished) and finished.reason == "failed" and finished.message
    assert isinstance(told, Problem) and told.exit_code == 3 and told.run == find_run(tmp_path, "last").name


async def test_the_embedded_model_solves_addition(tmp_path: Path) -> None:
    skip_without("embedded-model", EMBEDDED in known_models(), "assets/embedded has no model")
    async with EngineClient(EngineSettings(state_dir=str(tmp_path))) as client:
        await client.ready()
        inbox = Inbox(client)
        task = TASK.model_copy(update={"prompt": "Write a function add(a, b) that returns the sum of a and b."})
        await client.start(task, SearchSettings())
        finished = await inbox.event("run_finished")
    assert isinstance(finished, RunFinished) and finished.outcome == "solved"


async def test_a_damaged_model_is_told_by_its_own_error(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + b"\x00" * 100)
    async with EngineClient(EngineSettings(model=str(tmp_path / "bad.gguf"), state_dir=str(tmp_path))) as client:
        with pytest.raises(BackendError) as caught:
            await client.ready()
    assert caught.value.exit_code == 3 and caught.value.what


async def test_files_in_the_users_folder_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json", "queue", "reason_tui", "pydantic"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(tmp_path)
    async with EngineClient(EngineSettings(model="nothing", state_dir=str(tmp_path))) as client:
        with pytest.raises(BackendError, match="no model"):
            await client.ready()
