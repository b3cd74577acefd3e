"""`doctor` with a small random model, a real engine and the real sandbox."""

from __future__ import annotations

import hashlib

import pytest
from support.gguf_files import tiny_model
from support.needs import skip_without

from reason_tui.cli import checks
from reason_tui.errors import SandboxError
from reason_tui.sandbox.walls import candidates


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny.gguf")


def levels(done):
    """The level of each check, by its name."""
    lines = [line.split() for line in done.out.splitlines() if not line.startswith(" ")]
    return {line[1]: line[0] for line in lines}


def test_a_machine_on_which_all_works_is_exit_code_0(command, tiny):
    walls = candidates("auto", unsafe_local=False)
    skip_without("landlock", any(not wall.unavailable() for wall in walls), "no wall works on this machine")
    done = command("doctor", "--model", tiny)
    assert done.code == 0, done.out
    found = levels(done)
    assert {found[name] for name in ("python", "state", "model", "backend", "sandbox", "engine")} == {"ok"}
    assert hashlib.sha256(tiny.read_bytes()).hexdigest()[:16] in done.out


def test_a_missing_model_is_exit_code_3_with_what_to_do(command):
    done = command("doctor", "--model", "missing.gguf")
    assert done.code == 3
    assert levels(done)["model"] == "fail" and levels(done)["engine"] == "fail"


def test_a_damaged_model_is_exit_code_3(command, tmp_path):
    (tmp_path / "bad.gguf").write_bytes(b"GGUF but not really")
    done = command("doctor", "--model", tmp_path / "bad.gguf")
    assert done.code == 3
    assert levels(done)["engine"] == "fail"


def test_an_unknown_backend_is_exit_code_3(command, tiny):
    done = command("doctor", "--model", tiny, "--backend", "abacus")
    assert done.code == 3
    assert levels(done)["backend"] == "fail"


def test_a_state_folder_that_cannot_be_written_is_exit_code_5(command, tiny):
    done = command("doctor", "--model", tiny, "--state-dir", "/dev/null/state")
    assert done.code == 5
    assert levels(done)["state"] == "fail"


def test_a_machine_without_a_sandbox_is_exit_code_4(command, tiny, monkeypatch):
    async def none(_: object) -> None:
        raise SandboxError("There is no sandbox here.", hint="Use another kernel.")

    monkeypatch.setattr(checks, "open_walls", none)
    done = command("doctor", "--model", tiny)
    assert done.code == 4
    assert levels(done)["sandbox"] == "fail" and "Use another kernel." in done.out
