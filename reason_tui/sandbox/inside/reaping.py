"""Ends what a job left behind."""

# Plain system calls: pathlib is not loaded in a worker.
# ruff: noqa: PTH112, PTH123, PTH208

from __future__ import annotations

import os
import signal


def reap_all() -> bool:
    """End whatever was left to us by a supervisor that died. Returns whether there was nothing."""
    nothing_left = True
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return nothing_left
        nothing_left = False
        if pid == 0:
            _kill_children()
            os.waitpid(-1, 0)


def _kill_children() -> None:
    if os.getpid() == 1:  # of a namespace: everyone else in it
        os.kill(-1, signal.SIGKILL)
        return
    for child in _children():
        os.kill(child, signal.SIGKILL)


def _children() -> list[int]:
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        try:
            with open(f"/proc/{name}/stat") as stat:
                after_name = stat.read().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if after_name[1] == str(os.getpid()):
            found.append(int(name))
    return found
