"""Another model, backend or preset in mid-session; what cannot be loaded leaves the former in its place."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from support.evil import EVIL, unsafe
from support.fake_engine import INFO
from support.gguf_files import tiny_model
from support.journals import keep_run
from support.recorded import events_of, solved_run

from reason_tui.engine.protocol import EngineSettings, Note
from reason_tui.errors import BackendError, ConfigError
from reason_tui.learning.adapters.manifest import Manifest, base_of
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.models.outlook import Outlook, foresee
from reason_tui.policy import Forecast
from reason_tui.search import events as ev
from reason_tui.tui.model_choices import Choice, applied, choices
from reason_tui.tui.screens.models import ModelsScreen


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny.gguf")


FORECAST = Forecast(
    weights=900 * 2**20, caches=400 * 2**20, buffers=236 * 2**20, width=4, context_length=4096, room=8 * 2**30
)


def said(screen: ModelsScreen) -> str:
    return "\n".join("".join(text for text, _ in row) for row in screen.query_one("#models-said").rows)


async def asked(driven, key: str = "M") -> ModelsScreen:
    await driven.press("escape", key)
    while not isinstance(driven.app.screen, ModelsScreen):  # its list is made in a thread
        await driven.pilot.pause(0.02)
    return driven.app.screen


async def chosen(driven, path: Path | str) -> None:
    """Write a path into the dialog, and wait for what comes of it."""
    screen = await asked(driven)
    screen.query_one("#model-path").value = str(path)
    screen.query_one("#model-path").focus()
    await driven.press("enter")
    for worker in [each for each in driven.app.workers if each.group == "models"]:
        await worker.wait()


async def test_another_model_is_loaded_and_the_next_run_uses_it(open_app, tmp_path, tiny):
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        await chosen(driven, tiny)
        await driven.until(lambda: driven.app.session.phase == "ready")
        assert driven.engine.settings.model == str(tiny)
        assert "tiny.gguf" in driven.sign("header")
        await driven.press("ctrl+j")
        await driven.until(lambda: driven.engine.started)


async def test_a_model_that_cannot_be_loaded_says_so_and_the_former_stays(open_app, tmp_path, tiny):
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        driven.engine.bad[str(tiny)] = BackendError("The model does not fit.", why="It takes 9 GB.", hint="A smaller.")
        await chosen(driven, tiny)
        await driven.until(lambda: driven.app.session.phase == "ready" and driven.told)
        assert driven.told == ["The model does not fit.\nIt takes 9 GB.\nA smaller.\n\nThe former model stays."]
        assert driven.engine.settings.model == "embedded"
        assert "scripted" in driven.sign("header")


async def test_what_the_backend_says_of_its_memory_is_told(open_app):
    async with open_app() as driven:
        await driven.ready()
        driven.engine.say(Note(text="Out of memory with 8 siblings at a time: 4 at a time from now on."))
        await driven.until(lambda: driven.told)
        assert driven.told == ["Out of memory with 8 siblings at a time: 4 at a time from now on."]
        assert driven.app.session.phase == "ready"


async def test_one_that_would_not_fit_is_refused_before_anything_ends(open_app, tmp_path, tiny, outlooks):
    advice = "tiny does not fit the memory.\nIt takes 9 GB.\nUse a smaller model."
    outlooks[str(tiny)] = Outlook(problem=advice, missing=2 * 2**30)
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        before = driven.engine.settings
        await chosen(driven, tiny)
        assert driven.told == [f"{advice}\n\nThe former model stays."]
        assert driven.engine.settings is before and driven.app.session.phase == "ready"
        # The loaded model has 3 GB, which come free first: then there is room.
        driven.app.session.info = driven.app.session.info.model_copy(update={"model_mb": 3072.0})
        await chosen(driven, tiny)
        await driven.until(lambda: driven.engine.settings.model == str(tiny), "another engine")


async def test_the_dialog_says_what_a_choice_takes_and_why_one_cannot_be_used(open_app, tmp_path, outlooks):
    outlooks["embedded"] = Outlook(forecast=FORECAST)
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        policy = INFO.model_copy(update={"memory_bytes": 40 * 2**20})
        driven.app.session.info = driven.app.session.info.model_copy(update={"policy": policy, "model_mb": 38.0})
        screen = await asked(driven)
        await driven.until(lambda: "Takes 1.5G" in said(screen), "a forecast")
        assert "weights 900M, caches 400M, buffers 236M" in said(screen)
        assert "8.0G are free, 40M of the loaded model come free first. 4 siblings at a time." in said(screen)
        assert "40M of memory were predicted, 38M measured" in "\n".join(driven.frame())
        screen._look(Choice("backend", "hf", why="The backend hf needs torch"))
        await driven.until(lambda: "needs torch" in said(screen))


async def test_what_a_model_takes_is_told_by_a_process_that_may_import_what_it_needs(tmp_path, tiny, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    options = EngineSettings(state_dir=str(tmp_path)).model_options()
    before = set(sys.modules)
    found = await foresee(str(tiny), "xllamacpp", options)
    assert found.forecast is not None and found.forecast.weights == tiny.stat().st_size
    assert "xllamacpp" not in set(sys.modules) - before
    tight = await foresee(str(tiny), "xllamacpp", {**options, "memory_limit": 1000})
    assert "does not fit the memory" in tight.problem and tight.missing == 0  # the limit stays, whatever comes free
    (tmp_path / "bad.gguf").write_bytes(b"no model")
    assert (await foresee(str(tmp_path / "bad.gguf"), "xllamacpp", options)).problem


async def test_a_run_that_was_asked_for_of_the_former_engine_is_waited_for_no_more(open_app, tmp_path, tiny):
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        await driven.press("ctrl+j")
        await driven.until(lambda: driven.engine.started)
        driven.app.switch(driven.engine.settings.model_copy(update={"model": str(tiny)}))
        await driven.until(lambda: driven.app.session.phase == "ready" and "tiny" in driven.sign("header"))
        assert not driven.app.session.going and "READY" in driven.sign("header")


async def test_what_is_no_model_is_refused_before_anything_ends(open_app, tmp_path):
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        before = driven.engine.settings
        for name in (f"{EVIL}.gguf", "a" * 5000, "~nobody-of-this-name/m.gguf"):
            await chosen(driven, tmp_path / name if "~" not in name else name)
            assert "There is no model" in driven.told[-1]
        assert driven.engine.settings is before and driven.app.session.phase == "ready"
        await driven.pilot.pause()
        assert unsafe(driven) == ""


async def test_a_run_that_goes_on_is_stopped_and_kept_for_its_own_model(open_app, tmp_path, tiny):
    events = await solved_run()
    keep_run(tmp_path, "r", events[:9], 1000.0)
    async with open_app(state_dir=tmp_path) as driven:
        await driven.show(events[:9])
        screen = await asked(driven)
        assert "stopped and kept" in "\n".join(driven.frame())
        screen.dismiss(str(tiny))
        await driven.until(lambda: driven.engine.settings.model == str(tiny), "another engine")
        await driven.until(lambda: driven.app.session.phase == "ready")
        assert "INTERRUPTED" in driven.sign("header")
        # r: the model it was begun with is loaded again, and the run goes on in it.
        driven.app.session.run.view.started = driven.app.session.run.view.started.model_copy(
            update={"policy": INFO.model_copy(update={"model": "embedded", "backend": "xllamacpp"})}
        )
        await driven.press("r")
        await driven.until(lambda: driven.engine.resumed == ["r"], "the run goes on")
        assert (driven.engine.settings.model, driven.engine.settings.backend) == ("embedded", "xllamacpp")


async def test_a_run_of_the_model_that_is_loaded_goes_on_at_once(open_app, tmp_path):
    keep_run(tmp_path, "r", (await solved_run())[:9], 1000.0)
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        driven.app.open_run("r")
        driven.screen.show_opened()
        started = driven.app.session.run.view.started
        driven.app.session.run.view.started = started.model_copy(update={"policy": INFO})
        assert driven.app.engine_of_run() is None
        await driven.press("c", "escape", "r")
        await driven.until(lambda: driven.engine.resumed == ["r"], "the run goes on")
        assert driven.engine.settings.model == "embedded"


async def test_enter_on_the_model_in_the_line_of_settings_asks_for_another(open_app, tmp_path):
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        setup = driven.screen.query_one("#setup")
        setup.focus()
        await driven.press("left")
        assert "Enter another model" in "\n".join(driven.frame())
        before = setup.settings
        await driven.press("7", "enter")
        await driven.until(lambda: isinstance(driven.app.screen, ModelsScreen), "the dialog")
        assert setup.settings == before, "digits are for fields"
        await driven.press("escape")
        await driven.until(lambda: driven.app.screen is driven.screen)


async def test_a_preset_changes_how_the_next_run_is_searched(open_app, tmp_path):
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        preset = next(each for each in choices(driven.engine.settings) if each.name == "macbook-16gb")
        await driven.app._choose(driven.engine, preset)
        await driven.until(lambda: driven.engine.settings.memory_gb == 7.0)
        assert driven.screen.settings.budget == 32
        assert "budget 32" in "\n".join(driven.frame())


async def test_a_backend_that_is_missing_says_what_it_needs(open_app, tmp_path):
    missing = Choice("backend", "hf", "needs torch", why="The backend hf needs torch: pip install 'reason-tui[hf]'")
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        await driven.app._choose(driven.engine, missing)
        assert driven.told == [missing.why]
        assert driven.engine.settings.backend == "auto"


async def test_what_is_used_already_is_not_loaded_again(open_app, tmp_path):
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        await driven.app._choose(driven.engine, Choice("backend", "auto", engine={"backend": "auto"}))
        assert driven.told == ["backend auto is what is used already."]


async def test_a_problem_typed_while_the_other_model_loads_is_searched_with_it(open_app, tmp_path, tiny):
    async with open_app(state_dir=tmp_path) as driven:
        await driven.ready()
        driven.engine._loaded = False
        await chosen(driven, tiny)
        assert driven.app.session.phase == "loading"
        await driven.press("ctrl+j")
        assert driven.engine.started == []
        driven.engine.load()
        await driven.until(lambda: driven.engine.started)


def test_models_backends_and_presets_are_listed_with_what_they_lack():
    found = choices(EngineSettings(state_dir="/nowhere", model="/gone.gguf"))
    assert {each.what for each in found} == {"model", "backend", "preset"}
    names = {each.id: each for each in found}
    assert "on disk" in names["model embedded"].words
    assert "No file lies at /gone.gguf" in names["model /gone.gguf"].why
    assert names["backend xllamacpp"].words == "installed"


def test_an_adapter_is_converted_by_another_process_and_why_it_cannot_be_is_told(tmp_path):
    base = base_of("embedded")
    Shelf(tmp_path).keep(Manifest(name="sft-1", base=base, created_at=1.0, app_version="0"))  # without weights
    Shelf(tmp_path).promote("sft-1")
    before = set(sys.modules)
    with pytest.raises(ConfigError, match="sft-1 cannot be converted") as raised:
        applied(Choice("model", ""), EngineSettings(state_dir=str(tmp_path)), None)
    assert raised.value.why
    assert not {"torch", "gguf"} & (set(sys.modules) - before)


async def test_a_recorded_run_has_no_model_to_change():
    from reason_tui.tui.app import ReasonApp

    events: list[ev.Event] = await events_of(lambda request: ["    return 0\n"] * request.n, budget=2, width=2)
    app = ReasonApp(None, events[0].settings, replay=events)
    async with app.run_test() as pilot:
        await pilot.press("M")
        await pilot.pause()
        assert [toast.message for toast in app._notifications] == ["This is a recorded run: there is no engine."]
