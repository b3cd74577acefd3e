"""The fork server of a slot. Single-threaded; it never reads a job, so no job can find another one in its memory."""

# Plain system calls: pathlib is not loaded in a worker.
# ruff: noqa: PTH106, PTH112, PTH123, PTH208

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import platform
import select
import signal
import sys
import traceback

from reason_tui.sandbox.inside import folder, supervisor, walls
from reason_tui.sandbox.inside.channels import ChannelError, read_exactly, read_frame, write_frame
from reason_tui.sandbox.inside.protocol import JOB_HEADER, Done, Ready, Setup
from reason_tui.sandbox.inside.values import decode, encode_message

_GRACE_S = 5.0
# Imported once, shared by every job: what programs of this kind import most.
_WARM = """
    abc array bisect cmath collections copy dataclasses datetime decimal enum fractions functools hashlib heapq
    itertools json math operator queue random re statistics string textwrap traceback typing
"""


def main() -> None:
    """Serve until the host closes descriptor 0; leave no folder."""
    setup: Setup = decode(read_frame(0))
    try:
        _serve(setup)
    finally:
        folder.wipe(setup["work"])
        with contextlib.suppress(OSError):  # where it is a mount of our own, it goes with the namespace
            os.rmdir(setup["work"])


def _serve(setup: Setup) -> None:
    try:
        built = _prepare(setup)
    except OSError as error:
        _send({"python": "", "trouble": str(error)})
        return
    _send({"python": platform.python_version(), "trouble": ""})
    while True:
        try:
            (wall_ms,) = JOB_HEADER.unpack(read_exactly(0, JOB_HEADER.size))
        except ChannelError:
            return
        _send({"clean": _one_job(built, setup["work"], wall_ms / 1000 + _GRACE_S)})


def _prepare(setup: Setup) -> walls.Walls:
    for name in _WARM.split():
        importlib.import_module(name)
    nothing = os.open(os.devnull, os.O_RDWR)
    while nothing < 5:  # 3 and 4 are the candidate's: nothing of ours may lie there
        nothing = os.dup(nothing)
    built = walls.Walls(setup["work"], setup["level"])
    walls.settle_server()
    os.dup2(nothing, 2, inheritable=False)  # stderr tells why a worker does not start, and nothing after that
    gc.collect()
    gc.disable()
    gc.freeze()
    return built


def _one_job(built: walls.Walls, work: str, patience_s: float) -> bool:
    """Returns whether everything is as it was before the job."""
    alive_read, alive_write = os.pipe()
    server = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(alive_read)
        _supervise(built, work, server)
    os.close(alive_write)
    host_left = _wait(alive_read, patience_s)
    os.close(alive_read)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    clean = os.waitstatus_to_exitcode(status) == 0
    clean = _reap_all() and clean
    folder.wipe(work)
    if host_left:
        sys.exit(0)
    return clean


def _supervise(built: walls.Walls, work: str, server: int) -> None:
    code = 70
    try:
        code = supervisor.supervise(built, work, server)
    except Exception:  # noqa: BLE001 - the edge of the process: the host is told, and starts a new worker
        write_frame(1, encode_message({"trouble": traceback.format_exc(limit=-4)}))
    finally:
        os._exit(code)


def _wait(alive: int, patience_s: float) -> bool:
    """Until the supervisor is gone, or patience is. Returns whether the host went away meanwhile."""
    poll = select.poll()
    poll.register(alive, select.POLLIN)
    poll.register(0, 0)  # only whether the other end hangs up: the bytes are the supervisor's
    ready = dict(poll.poll(int(patience_s * 1000)))
    return 0 in ready


def _reap_all() -> bool:
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


def _send(message: Ready | Done) -> None:
    write_frame(1, encode_message(message))
