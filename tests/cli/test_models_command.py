"""`models`: what is there, and what it would take."""

from __future__ import annotations

import pytest
from support.gguf_files import tiny_model

from reason_tui.__main__ import start_app
from reason_tui.cli.main import run

pytestmark = pytest.mark.usefixtures("clean_environment")


def test_the_list_names_every_backend_and_what_it_lacks(capsys):
    assert run(["models", "list"], start_app) == 0
    printed = capsys.readouterr().out
    for name in ("hf", "llama-cpp", "mlx", "xllamacpp"):
        (line,) = [line for line in printed.splitlines() if line.startswith("backend") and name in line.split()]
        assert "installed" in line or "needs" in line


def test_what_a_model_would_take_is_told_without_loading_it(tmp_path, capsys):
    model = tiny_model(tmp_path / "tiny.gguf")
    assert run(["models", "show", "--model", str(model), "--backend", "xllamacpp"], start_app) == 0
    printed = capsys.readouterr().out
    assert f"{model.stat().st_size / 1e6:,.1f} MB  weights" in printed
    assert "4 at a time" in printed


def test_what_does_not_fit_is_refused_with_advice(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("REASON_TUI__MEMORY_GB", "0.00001")
    model = tiny_model(tmp_path / "tiny.gguf")
    assert run(["models", "show", "--model", str(model), "--backend", "xllamacpp"], start_app) == 3
    assert "does not fit the memory" in capsys.readouterr().err
