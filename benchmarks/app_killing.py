"""Runs of the app, on a terminal of its own, which is killed at random moments and opened again until they end."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import pexpect
from killing import DICE, HERE, PATIENCE_S, PROMPT, Bench, is_over, settings_of
from processes import Deaths, descendants
from promises import Tally

from reason_tui.config import Settings
from reason_tui.engine import client as engine_client
from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import Ready
from reason_tui.runs.folders import JOURNAL
from reason_tui.runs.library import is_written
from reason_tui.tui.keymap import BY_ID

READY = "ready"
"""A file in the state folder: the app's engine can be asked for a run."""
RUN, LEAVE = "\n", "\x11"
GO_ON = ("\x1b", BY_ID["runs"].shown, "\r", BY_ID["again"].shown)
"""Leave the editor, list the runs, open the newest, go on with it."""
KEY_S = 0.5
"""Between two keys at first: a lone escape is told from a sequence by the time after it. Twice as long each time."""
AGAIN_S = 10.0


def app_kills(number: int, bench: Bench, span: float, left: int, dice: random.Random, tally: Tally) -> Path:
    """The n-th run with at most `left` kills of the app that shows it; its folder."""
    while True:
        folder = bench.begun()
        app = _open(number, bench)
        folder = _press(app, bench, folder)
        moment = time.monotonic() + (dice.uniform(0, span) if left > 0 else PATIENCE_S + 20 * span)
        _watch(app, lambda: is_over(folder), moment)  # noqa: B023 it is called before the next turn
        if left > 0 and not is_over(folder):
            left -= 1
            _kill(app, folder, tally)
        else:
            _leave(app, tally)
        if is_over(folder):  # the engine may have come to the end before it noticed
            return folder


def _open(number: int, bench: Bench) -> pexpect.spawn[str]:
    """The app, its engine ready."""
    ready = bench.state / READY
    ready.unlink(missing_ok=True)
    command = [str(HERE / "kills.py"), "--app", str(number), "--model", bench.model, "--state", str(bench.state)]
    app = pexpect.spawn(sys.executable, command, encoding="utf-8", codec_errors="replace", dimensions=(30, 100))
    _watch(app, lambda: ready.exists() or not app.isalive(), time.monotonic() + PATIENCE_S)
    if not ready.exists():
        raise click.ClickException(f"the app's engine did not get ready: {app.before!r}")
    return app


def _press(app: pexpect.spawn[str], bench: Bench, folder: Path | None) -> Path:
    """Begin the run, or go on with it; its folder. Keys that came too soon are pressed again."""
    before = _size(folder)

    def moved() -> bool:
        return _size(bench.begun()) > before

    pause, end = KEY_S, time.monotonic() + PATIENCE_S
    while time.monotonic() < end and not moved():
        for key in (RUN,) if folder is None else GO_ON:
            app.send(key)
            _watch(app, moved, time.monotonic() + pause)
        _watch(app, moved, time.monotonic() + AGAIN_S)
        pause *= 2
    found = bench.begun()
    if found is None or not moved():
        raise click.ClickException("the app did not begin the run")
    return found


def _size(folder: Path | None) -> int:
    return 0 if folder is None else (folder / JOURNAL).stat().st_size


def _watch(app: pexpect.spawn[str], over: Callable[[], bool], until: float) -> None:
    """Take in what the app draws until it is `over`, or the moment is there, or the app is gone."""
    while not over() and (left := until - time.monotonic()) > 0:
        try:
            app.before = app.read_nonblocking(65536, min(left, 0.05))
        except pexpect.TIMEOUT:
            continue
        except pexpect.EOF:
            return


def _kill(app: pexpect.spawn[str], folder: Path, tally: Tally) -> None:
    deaths = Deaths(descendants(app.pid))
    app.kill(9)
    tally.counts["app kills"] += 1
    alive = deaths.wait(PATIENCE_S)
    tally.check(not alive, f"processes {alive} outlived their app")
    tally.check(not is_written(folder), f"{folder.name} is still being written")
    app.close(force=True)


def _leave(app: pexpect.spawn[str], tally: Tally) -> None:
    """Quit, as a user does."""
    deaths = Deaths(descendants(app.pid))
    with contextlib.suppress(OSError):
        app.send(LEAVE)
    _watch(app, lambda: not app.isalive(), time.monotonic() + PATIENCE_S)
    alive = deaths.wait(PATIENCE_S)
    tally.check(not alive, f"processes {alive} outlived the app that was left")
    app.close(force=True)
    tally.check(app.exitstatus == 0, f"the app ended with status {app.exitstatus}, signal {app.signalstatus}")


class _Told(EngineClient):
    """Says in a file when a run can be asked for."""

    async def ready(self) -> Ready:
        """As it is."""
        found = await super().ready()
        (Path(self.settings.state_dir) / READY).touch()
        return found


def show_alone(number: int, bench: Bench) -> int:
    """The app that is killed."""
    from reason_tui.tui import run_app

    entry = {"entry": (str(HERE / "dice_engine.py"),)} if bench.model == DICE else {}
    engine_client.EngineClient = partial(_Told, **entry)  # type: ignore[assignment, misc, arg-type]
    os.environ["TERM"] = "xterm-256color"
    return run_app(bench.settings, settings_of(number), Settings(), prompt=PROMPT)
