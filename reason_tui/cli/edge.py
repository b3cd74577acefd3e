"""The edge of the process: every way in which a command can end, as an exit code and words for people."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

import click

from reason_tui.errors import ReasonTuiError
from reason_tui.text import clean

INTERNAL = 5
INTERRUPTED = 130
BROKEN_PIPE = 141  # 128 + SIGPIPE: what a shell reports of `yes | head`


def exit_code_of(command: Callable[[], object]) -> int:
    """Run a command; print what went wrong, if something did, and say how the process is to end."""
    try:
        return _number(command())
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return 2
    except ReasonTuiError as error:
        _debug()
        print_error(error.what, error.why, error.hint)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        _give_up_stdout()
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the edge of the process: nothing above could tell the user
        _debug()
        print_error(
            "Something broke inside reason_tui.",
            f"{type(error).__name__}: {error}",
            "This is a bug; set REASON_TUI_DEBUG=1 to see where it comes from.",
        )
        return INTERNAL


def print_error(what: str, why: str = "", hint: str = "") -> None:
    """What happened, why, and what to do next: each on lines of their own, safe for a terminal."""
    for part in (what, why, hint):
        if part:
            click.echo(clean(part), err=True)


def _number(result: object) -> int:
    return result if isinstance(result, int) else 0


def _debug() -> None:
    if os.environ.get("REASON_TUI_DEBUG"):
        click.echo(clean(traceback.format_exc()), err=True)


def _give_up_stdout() -> None:
    """Whoever read our output has had enough; the flush at exit must not complain about it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
