from __future__ import annotations

from pathlib import Path

import pytest

from reason_tui.errors import ModelNotFoundError
from reason_tui.models import catalogue
from reason_tui.models.catalogue import embedded_model, find_model, known_models
from reason_tui.models.loader import choose_backend


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `assets/embedded`."""
    monkeypatch.setattr(catalogue, "asset", lambda name: tmp_path / "assets" / name)
    folder = tmp_path / "assets" / "embedded"
    folder.mkdir(parents=True)
    return folder


def test_the_embedded_model_is_the_one_gguf_file_of_its_folder(assets: Path):
    (assets / "CARD.md").touch()
    (assets / "small-1.gguf").touch()
    assert find_model("embedded") == assets / "small-1.gguf"
    assert known_models() == ["embedded"]


@pytest.mark.parametrize("files", [[], ["one.gguf", "two.gguf"]])
def test_none_or_several_embedded_models_are_none(assets: Path, files: list[str]):
    for name in files:
        (assets / name).touch()
    assert known_models() == []
    with pytest.raises(ModelNotFoundError) as caught:
        embedded_model()
    assert all(name in caught.value.why for name in files)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["a" * 5000 + ".gguf", "~nobody-of-this-name/m.gguf", "m\0.gguf"])
def test_a_name_that_can_be_no_path_is_no_model(name: str):
    with pytest.raises(ModelNotFoundError):
        find_model(name)
    assert choose_backend(name) in ("xllamacpp", "llama-cpp")


def test_the_embedded_model_is_also_a_folder(assets: Path):
    for name in ("config.json", "model.safetensors"):
        with pytest.raises(ModelNotFoundError) as caught:
            find_model("embedded", "folder")
        assert name in caught.value.why
        (assets / name).touch()
    assert find_model("embedded", "folder") == assets


def test_a_folder_with_a_config_is_found_by_its_path(tmp_path: Path):
    (tmp_path / "config.json").touch()
    assert find_model(str(tmp_path)) == tmp_path


def test_any_file_is_found_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "mine.gguf"
    file.touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert find_model(str(file)) == file
    assert find_model("~/mine.gguf") == file
    assert find_model("mine.gguf").samefile(file)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.gguf", "No file lies at"),
        ("someone/some-model", "hub"),
        (".", "folder"),
        ("embeded", "neither"),
        ("", "folder"),
    ],
)
def test_an_unknown_model_is_explained(name: str, reason: str):
    with pytest.raises(ModelNotFoundError) as caught:
        find_model(name)
    assert repr(name) in caught.value.what
    assert reason in caught.value.why
    assert ".gguf" in caught.value.hint
