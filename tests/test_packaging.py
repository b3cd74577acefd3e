"""What is installed: the wheel and the source archive, built as pip would build them, and used without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from support.gguf_files import tiny_model

ROOT = Path(__file__).parents[1]


def build(kind: str, source: Path, target: Path) -> Path:
    """Build with the backend that pyproject.toml names, without a network."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (found,) = target.iterdir()
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel's content in a folder of its own, as pip lays it out."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(installed: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m reason_tui …` from the installed package, far from the checkout."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("REASON_TUI")}
    environment |= {"PYTHONPATH": str(installed), "XDG_STATE_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    command = [sys.executable, "-P", "-m", "reason_tui", *arguments]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


def test_a_wheel_holds_both_packages_their_data_and_the_licence_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {
        "reason_tui",
        "reason_tui_backends",
        f"{wheel.name.rsplit('-', 3)[0]}.dist-info",
    }
    for wanted in (
        "reason_tui/py.typed",
        "reason_tui/_data/configs/cpu.toml",
        "reason_tui/_data/assets/embedded/heldout.jsonl",
        "reason_tui_backends/xllamacpp.py",
        "reason_tui_backends/py.typed",
    ):
        assert wanted in names
    assert [name for name in names if name.endswith("licenses/LICENSE")]
    shipped = {str(path.relative_to(ROOT)) for path in (ROOT / "assets").rglob("*") if path.is_file()}
    assert {name.removeprefix("reason_tui/_data/") for name in names if "_data/assets" in name} == shipped


def test_the_installed_command_finds_its_files_in_the_package(installed, tmp_path):
    code = "import reason_tui.assets as a; print(a.data_root()); print(a.preset('cpu').is_file())"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [str(installed / "reason_tui" / "_data"), "True"]


def test_the_installed_command_starts_its_engine_and_a_model(installed, tmp_path):
    model = tiny_model(tmp_path / "tiny.gguf")
    done = run(installed, tmp_path, "doctor", "--model", str(model))
    (engine,) = [line for line in done.stdout.splitlines() if " engine " in line]
    assert engine.startswith("ok"), done.stdout
    (install,) = [line for line in done.stdout.splitlines() if " install " in line]
    assert str(installed) in install


def test_the_wheel_names_the_command_and_the_backend(installed):
    (entry_points,) = installed.glob("*.dist-info/entry_points.txt")
    text = entry_points.read_text()
    assert "reason-tui = reason_tui.__main__:main" in text
    assert "xllamacpp = reason_tui_backends.xllamacpp:load" in text


def test_a_wheel_made_from_the_source_archive_is_the_same(wheel, tmp_path):
    archive = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    again = build("wheel", source, tmp_path / "wheel")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert sorted(first.namelist()) == sorted(second.namelist())
        contents = [name for name in first.namelist() if not name.endswith("RECORD")]
        assert all(first.read(name) == second.read(name) for name in contents)


def test_every_dependency_is_pinned_to_a_version_that_was_tested():
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    pinned = {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in lines}
    wanted = [
        *project["dependencies"],
        *(item for extra in project["optional-dependencies"].values() for item in extra),
    ]
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement
