from __future__ import annotations

import subprocess
import sys
import types
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from support.gguf_files import tiny_model
from support.scripted import ScriptedPolicy

from reason_tui.errors import BackendError, ConfigError, ModelNotFoundError
from reason_tui.models import catalogue, loader
from reason_tui.models.loader import backend_names, choose_backend, known_backends, load_policy
from reason_tui.policy import ModelSpec


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.touch()
    return path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch):
    """Pretend that these entry points are installed."""

    def install(**addresses: str) -> None:
        points = [EntryPoint(name, value, loader.GROUP) for name, value in addresses.items()]
        monkeypatch.setattr(loader, "entry_points", lambda group: points)

    return install


def test_a_third_partys_backend_is_found_by_its_entry_point_and_given_the_spec(installed, file: Path, monkeypatch):
    asked: list[ModelSpec] = []
    module = types.ModuleType("a_third_party")
    module.load = lambda spec: asked.append(spec) or ScriptedPolicy(lambda request: [])
    monkeypatch.setitem(sys.modules, "a_third_party", module)
    installed(theirs="a_third_party:load")
    assert isinstance(load_policy(str(file), "theirs", context_length=99, parallel=2), ScriptedPolicy)
    assert asked == [ModelSpec(name=str(file), path=file, context_length=99, parallel=2)]


def test_the_base_backend_needs_no_entry_point(installed, tmp_path: Path):
    installed()
    assert "xllamacpp" in backend_names()
    policy = load_policy(str(tiny_model(tmp_path / "tiny.gguf")), "xllamacpp", context_length=256)
    assert (policy.info.backend, policy.info.context_length) == ("xllamacpp", 256)
    policy.close()


def test_an_unknown_backend_names_those_that_are_installed(file: Path):
    with pytest.raises(ConfigError) as caught:
        load_policy(str(file), "vllm")
    assert "xllamacpp" in caught.value.why
    assert "auto" in caught.value.hint


def test_a_backend_without_its_package_says_what_to_install(installed, file: Path):
    installed(theirs="a_package_nobody_has.backend:load")
    with pytest.raises(BackendError) as caught:
        load_policy(str(file), "theirs")
    assert "a_package_nobody_has" in caught.value.what
    assert "reason-tui[theirs]" in caught.value.hint


@pytest.mark.parametrize(
    "error",
    ["ImportError('libcudnn.so.9: cannot open shared object file')", "OSError('libcudnn.so.9: cannot be loaded')"],
)
def test_a_backend_whose_library_cannot_be_loaded_says_which(
    installed, file: Path, tmp_path: Path, monkeypatch, error: str
):
    (tmp_path / "broken_library.py").write_text(f"raise {error}")
    monkeypatch.syspath_prepend(tmp_path)
    installed(theirs="broken_library:load")
    with pytest.raises(BackendError) as caught:
        load_policy(str(file), "theirs")
    assert "libcudnn.so.9" in caught.value.why
    assert "reason-tui[theirs]" in caught.value.hint


@pytest.mark.parametrize("backend", ["hf", "mlx"])
def test_a_backend_of_ours_without_its_extra_says_what_to_install(backend: str, file: Path, monkeypatch):
    monkeypatch.setattr(loader, "find_spec", lambda package: None)
    assert backend not in backend_names()
    assert backend in known_backends()
    with pytest.raises(BackendError) as caught:
        load_policy(str(file), backend)
    assert f"pip install 'reason-tui[{backend}]'" in caught.value.hint


def test_a_file_is_run_by_the_base_backend_and_a_folder_by_one_that_reads_folders(file: Path, monkeypatch):
    monkeypatch.setattr(loader, "find_spec", lambda package: None)
    assert [choose_backend(name) for name in ("embedded", str(file), "no such file")] == ["xllamacpp"] * 3
    monkeypatch.setattr(loader, "find_spec", lambda package: object())
    for platform, expected in (("linux", "hf"), ("darwin", "mlx")):
        monkeypatch.setattr(sys, "platform", platform)
        assert choose_backend(str(file.parent)) == expected
    monkeypatch.setattr(loader, "find_spec", lambda package: None)
    assert choose_backend(str(file.parent)) == "hf"


@pytest.mark.parametrize("options", [{"gpu": True}, {"parallel": 0}, {"context_length": "long"}])
def test_an_option_that_cannot_be_used_is_named(file: Path, options: dict[str, object]):
    with pytest.raises(ConfigError) as caught:
        load_policy(str(file), **options)
    assert next(iter(options)) in caught.value.what
    assert "context_length" in caught.value.hint


def test_an_unknown_model_is_not_found_whatever_the_backend():
    with pytest.raises(ModelNotFoundError):
        load_policy("no-such-model", "xllamacpp")


def test_a_module_that_reads_folders_is_given_the_embedded_model_as_one(installed, tmp_path: Path, monkeypatch):
    asked: list[ModelSpec] = []
    module = types.ModuleType("reads_folders")
    module.load = lambda spec: asked.append(spec) or ScriptedPolicy(lambda request: [])
    module.READS = "folder"
    monkeypatch.setitem(sys.modules, "reads_folders", module)
    monkeypatch.setattr(catalogue, "asset", lambda name: tmp_path)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).touch()
    installed(theirs="reads_folders:load")
    load_policy("embedded", "theirs")
    assert asked == [ModelSpec(name="embedded", path=tmp_path)]


def test_importing_the_loader_imports_no_backend():
    heavy = ("xllamacpp", "llama_cpp", "numpy", "torch", "transformers", "mlx.core", "mlx_lm")
    code = (
        "import sys, reason_tui.models.loader as loader; loader.backend_names(); "
        f"sys.exit(any(name in sys.modules for name in {heavy}))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0
