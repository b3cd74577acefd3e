"""`config`."""

from __future__ import annotations

import tomllib

from reason_tui.config import Settings


def test_what_is_shown_is_toml_that_gives_the_same_settings(command, home):
    done = command("--width", "3", "config", "show", "--temperature", "0.5")
    assert done.code == 0
    shown = Settings(**tomllib.loads(done.out))
    assert shown == Settings(width=3, temperature=0.5)


def test_origins_are_shown_when_asked_for(command, home, monkeypatch):
    path = home / "work" / ".reason-tui.toml"
    path.write_text("budget = 7\n")
    monkeypatch.setenv("REASON_TUI__SEED", "5")
    lines = command("config", "show", "--origin", "--width", "3").out.splitlines()
    assert f"budget = 7  # {path}" in lines
    assert "seed = 5  # REASON_TUI__SEED" in lines
    assert "width = 3  # the command line" in lines
    assert 'strategy = "auto"  # default' in lines


def test_the_files_are_named_whether_or_not_they_are_there(command, home):
    done = command("config", "path")
    assert "none in this folder" in done.out
    assert str(home / "config" / "reason_tui" / "config.toml") in done.out
    (home / "work" / ".reason-tui.toml").write_text("")
    assert str(home / "work" / ".reason-tui.toml") in command("config", "path").out


def test_a_broken_file_is_exit_code_2(command, home):
    (home / "work" / ".reason-tui.toml").write_text("budget =")
    done = command("config", "show")
    assert done.code == 2 and ".reason-tui.toml is not valid TOML" in done.err
