"""Settings: where they come from, which source wins, and what is said of those that cannot be used."""

from __future__ import annotations

import os
import sys

import pytest
import tomli_w

from reason_tui import config
from reason_tui.config import PROJECT_FILE, Settings, load_settings, project_file, user_file
from reason_tui.engine.protocol import EngineSettings
from reason_tui.errors import ConfigError
from reason_tui.search.events import SearchSettings

pytestmark = pytest.mark.usefixtures("clean_environment")


def write(path, **values):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tomli_w.dumps(values))
    return path


def in_project(folder, **values):
    return write(folder / "work" / PROJECT_FILE, **values)


def in_user_file(**values):
    return write(user_file(), **values)


@pytest.fixture
def folder(clean_environment):
    return clean_environment


def test_without_any_source_the_defaults_hold():
    loaded = load_settings()
    assert loaded.settings == Settings()
    assert loaded.origins == {} and loaded.warnings == []


def test_flag_then_variable_then_project_then_user_then_preset_then_default(folder, monkeypatch):
    presets = write(folder / "configs" / "mine.toml", budget=1, width=1, seed=1, tokens=1, max_tokens=1).parent
    monkeypatch.setattr(config.assets, "preset", lambda name: presets / f"{name}.toml")
    user = in_user_file(budget=2, width=2, seed=2, tokens=2, preset="mine")
    project = in_project(folder, budget=3, width=3, seed=3)
    monkeypatch.setenv("REASON_TUI__BUDGET", "4")
    monkeypatch.setenv("REASON_TUI__WIDTH", "4")
    loaded = load_settings({"budget": 5})
    found = {name: (getattr(loaded.settings, name), origin) for name, origin in loaded.origins.items()}
    assert found == {
        "budget": (5, "the command line"),
        "width": (4, "REASON_TUI__WIDTH"),
        "seed": (3, str(project)),
        "tokens": (2, str(user)),
        "preset": ("mine", str(user)),
        "max_tokens": (1, str(presets / "mine.toml")),
    }
    assert loaded.settings.temperature == Settings().temperature


def test_every_preset_that_ships_can_be_loaded():
    assert config.presets()
    for name in config.presets():
        loaded = load_settings({"preset": name})
        assert loaded.warnings == []


def test_an_unknown_preset_is_refused_with_those_there_are():
    with pytest.raises(ConfigError) as caught:
        load_settings({"preset": "../cpu"})
    assert "cpu" in caught.value.hint


def test_the_nearest_project_file_counts(folder, monkeypatch):
    outer = in_project(folder, budget=3)
    below = folder / "work" / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert project_file() == outer
    inner = write(folder / "work" / "a" / PROJECT_FILE, budget=9)
    assert project_file() == inner


@pytest.mark.parametrize(
    ("key", "value"), [("unsafe_local", True), ("docker_image", "evil:1"), ("state_dir", "/tmp/elsewhere")]
)
def test_a_project_cannot_switch_the_sandbox_off_or_move_the_journals(folder, key, value):
    in_project(folder, **{key: value})
    loaded = load_settings()
    assert getattr(loaded.settings, key) == getattr(Settings(), key)
    assert len(loaded.warnings) == 1 and key in loaded.warnings[0]
    in_user_file(**{key: value})
    assert str(getattr(load_settings().settings, key)) == str(value)


def test_an_unknown_key_is_told_with_a_suggestion_and_does_no_harm(folder, monkeypatch):
    path = in_project(folder, budgte=3, colour="red", budget=6)
    monkeypatch.setenv("REASON_TUI__STRATGY", "mcts")
    loaded = load_settings()
    assert loaded.settings.budget == 6
    assert [line for line in loaded.warnings if str(path) in line and "`budget`" in line]
    assert [line for line in loaded.warnings if "`colour`" in line and "did you mean" not in line]
    assert [line for line in loaded.warnings if "REASON_TUI__STRATGY" in line and "`strategy`" in line]


@pytest.mark.parametrize("content", [b"budget = ", b"\xff\xfe", b"budget = 3\nbudget = 4\n"])
def test_a_broken_file_is_named(folder, content):
    path = folder / "work" / PROJECT_FILE
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert str(path) in caught.value.what and caught.value.why


@pytest.mark.skipif(sys.platform != "linux", reason="needs procfs: a file that even root cannot read")
def test_a_file_that_cannot_be_read_is_named():
    user_file().parent.mkdir(parents=True)
    user_file().symlink_to("/proc/self/mem")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [("width", 65, "64"), ("strategy", "luck", "'mcts'"), ("budget", "many", "integer"), ("seconds", 0, "0")],
)
def test_a_value_out_of_range_says_where_it_stands_and_what_is_allowed(folder, name, value, allowed):
    path = in_project(folder, **{name: value})
    with pytest.raises(ConfigError) as caught:
        load_settings()
    told = str(caught.value)
    assert str(path) in told and f"`{name}`" in told and allowed in caught.value.why


def test_a_variable_out_of_range_is_named_as_a_variable(monkeypatch):
    monkeypatch.setenv("REASON_TUI__TEMPERATURE", "hot")
    with pytest.raises(ConfigError, match="REASON_TUI__TEMPERATURE"):
        load_settings()


def test_a_variable_can_take_a_limit_away(monkeypatch):
    in_user_file(tokens=5)
    monkeypatch.setenv("REASON_TUI__TOKENS", "none")
    assert load_settings().settings.tokens is None


def test_a_tilde_is_the_home_folder(monkeypatch):
    in_user_file(model="~/m.gguf", state_dir="~/s")
    settings = load_settings().settings
    assert settings.model == f"{os.environ['HOME']}/m.gguf"
    assert str(settings.state_dir) == f"{os.environ['HOME']}/s"


def test_every_setting_has_a_sentence():
    for name, field in Settings.model_fields.items():
        assert field.description and field.description.endswith("."), name


@pytest.mark.parametrize("record", [SearchSettings, EngineSettings])
def test_what_the_settings_allow_is_what_search_and_engine_allow(record):
    """`config` stands left of both and cannot import them: the ranges are written twice and must not drift apart."""

    def rules(model, name):
        field = model.model_fields[name]
        return str(field.annotation), sorted(map(repr, field.metadata))

    shared = record.model_fields.keys() & Settings.model_fields.keys() - {"model", "backend", "state_dir"}
    assert shared
    for name in shared:
        assert rules(Settings, name) == rules(record, name), name
    assert record.model_fields.keys() - Settings.model_fields.keys() <= {"limits", "record"}


def test_the_defaults_of_a_search_are_those_of_the_settings():
    settings, search = Settings(), SearchSettings()
    assert (settings.in_flight, search.in_flight) == (2, 1), "journals that are older than the field had one"
    for name in SearchSettings.model_fields.keys() - {"limits", "record", "in_flight"}:
        assert getattr(settings, name) == getattr(search, name), name
