"""What is done to a job from outside: stop it, watch it, remove it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from reason_tui.engine.jobs.folder import LOCK, PROGRESS, is_alive, parse, pid_of, read_records
from reason_tui.engine.jobs.records import Ended, Record
from reason_tui.errors import StateError
from reason_tui.runs.folders import reason
from reason_tui.runs.lines import dump
from reason_tui.runs.locks import take

GRACE_S = 20.0
"""How long a job may take to end what it is at before it is killed."""
_LOOK_S = 0.05

Stopped = Literal["stopped", "killed", "was over"]


def stop(folder: Path, grace_s: float = GRACE_S) -> Stopped:
    """Ask the job to end; kill it where it does not within `grace_s`. It can be resumed. Raises StateError."""
    pid = pid_of(folder)
    if pid is None:
        if is_alive(folder):
            raise StateError(f"Nobody can say which process works on {folder.name}.", hint="Try again in a moment.")
        return "was over"
    _signal(pid, signal.SIGTERM)
    if _ends(folder, grace_s):
        return "stopped"
    if pid_of(folder) == pid:
        _signal(pid, signal.SIGKILL)
    if not _ends(folder, GRACE_S):
        raise StateError(f"The process {pid} of {folder.name} cannot be ended.", hint="See `ps`: it may be stuck.")
    _note_the_end(folder)
    return "killed"


def follow(folder: Path) -> Iterator[Record | None]:
    """Everything the job told and tells, until no process works on it any more; None whenever there is nothing new.

    The caller decides how long to go on: it is asked again ten times a second.
    """
    rest, at = b"", 0
    while True:
        alive = is_alive(folder)  # before reading: what is told between the two is read now or next time
        content = _from(folder, at)
        at += len(content)
        whole, _, rest = (rest + content).rpartition(b"\n")
        yield from parse(whole + b"\n")
        if not content:
            if not alive:
                return
            yield None
            time.sleep(2 * _LOOK_S)


def remove(folder: Path) -> None:
    """Delete the folder of a job that nobody works on. Raises StateError."""
    try:
        lock = take(folder / LOCK)
        if lock is None:
            raise StateError(
                f"The job {folder.name} is going on.", hint=f"Stop it first: reason-tui jobs stop {folder.name}"
            )
        try:
            shutil.rmtree(folder)
        finally:
            os.close(lock)
    except OSError as error:
        raise StateError(f"The job {folder.name} cannot be removed.", why=f"{folder}: {reason(error)}") from error


def _signal(pid: int, number: signal.Signals) -> None:
    """The job leads a session of its own: its group is what it started in it."""
    with contextlib.suppress(ProcessLookupError):
        if number == signal.SIGKILL and os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)


def _ends(folder: Path, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while is_alive(folder):
        if time.monotonic() >= end:
            return False
        time.sleep(_LOOK_S)
    return True


def _note_the_end(folder: Path) -> None:
    """A process that was killed could not say that it was stopped."""
    lock = take(folder / LOCK)
    if lock is None:
        return  # somebody went on with it already
    try:
        last = next(iter(reversed(read_records(folder))), None)
        if not isinstance(last, Ended):
            told = Ended(outcome="stopped", exit_code=130, why="It did not end in time and was killed.")
            with (folder / PROGRESS).open("ab") as file:
                file.write(b"\n" + dump(told) + b"\n")
    finally:
        os.close(lock)


def _from(folder: Path, at: int) -> bytes:
    try:
        with (folder / PROGRESS).open("rb") as file:
            file.seek(at)
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StateError(f"The job {folder.name} cannot be read.", why=reason(error)) from error
