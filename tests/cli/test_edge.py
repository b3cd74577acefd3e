"""Every way in which a command can end."""

from __future__ import annotations

import click
import pytest

from reason_tui import errors
from reason_tui.cli.edge import exit_code_of


def ends_with(error):
    def command():
        raise error

    return exit_code_of(command)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.TaskError("x"), 2),
        (errors.ModelNotFoundError("x"), 3),
        (errors.SandboxError("x"), 4),
        (errors.EngineError("x"), 5),
        (errors.RunNotFoundError("x"), 2),
        (click.UsageError("x"), 2),
        (click.FileError("x"), 2),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (ZeroDivisionError("x"), 5),
        (click.exceptions.Exit(3), 3),
    ],
)
def test_every_end_has_its_exit_code_and_shows_no_traceback(error, code, capsys):
    assert ends_with(error) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err


def test_an_error_is_told_in_three_lines_that_cannot_drive_the_terminal(capsys):
    ends_with(errors.TaskError("what\x1b[2J", why="why\u202e", hint="hint"))
    assert capsys.readouterr().err == "what\\x1b[2J\nwhy\\u202e\nhint\n"


@pytest.mark.parametrize("error", [errors.TaskError("x"), ZeroDivisionError("x")])
def test_who_asks_for_it_gets_the_traceback(error, capsys, monkeypatch):
    monkeypatch.setenv("REASON_TUI_DEBUG", "1")
    ends_with(error)
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("result", "code"), [(None, 0), (1, 1), (0, 0)])
def test_a_command_that_returns_a_number_ends_with_it(result, code):
    assert exit_code_of(lambda: result) == code
