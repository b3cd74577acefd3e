"""The fork server of a slot. Single-threaded; it never reads a job, so no job can find another one in its memory."""

# Plain system calls: pathlib is not loaded in a worker.
# ruff: noqa: PTH106

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import platform
import select
import signal
import site
import socket
import sys
import time
import traceback

from reason_tui.sandbox.inside import folder, supervisor, walls
from reason_tui.sandbox.inside.channels import ChannelError, read_exactly, read_frame, write_frame
from reason_tui.sandbox.inside.keeper import WATCH_S, Keeper, Line
from reason_tui.sandbox.inside.protocol import JOB_HEADER, SEAL_SIZE, Done, Ready, Setup
from reason_tui.sandbox.inside.reaping import reap_all
from reason_tui.sandbox.inside.supervisor import REPORT_FD
from reason_tui.sandbox.inside.values import decode, encode_message

# Imported once, shared by every job: what programs of this kind import most.
_WARM = """
    abc array bisect cmath collections copy dataclasses datetime decimal enum fractions functools hashlib heapq
    itertools json math operator queue random re statistics string textwrap traceback typing
"""

# When its time is up a supervisor needs one turn of the CPU to report; it has that, or so much longer.
_TURN_S, _LONGER_S, _LOOK_S = 0.04, 0.4, 0.01
_CPU_CLOCK = 2  # Linux: the clock of everything that a process ran, by its pid


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
            patience_ms, memory_mb = JOB_HEADER.unpack(read_exactly(0, JOB_HEADER.size))
            done = _one_job(built, setup["work"], patience_ms / 1000, memory_mb << 20)
        except ChannelError:
            return
        _send(done)


def _prepare(setup: Setup) -> walls.Walls:
    for name in _WARM.split():
        importlib.import_module(name)
    _allow(setup["packages"], setup["paths"])
    nothing = os.open(os.devnull, os.O_RDWR)
    while nothing < 5:  # 3 and 4 are the candidate's, 3 the supervisor's: nothing of ours may lie there
        nothing = os.dup(nothing)
    built = walls.Walls(setup["work"], setup["level"])
    walls.settle_server()
    os.dup2(nothing, 2, inheritable=False)  # stderr tells why a worker does not start, and nothing after that
    gc.collect()
    gc.disable()
    gc.freeze()
    return built


def _allow(packages: list[str], paths: list[str]) -> None:
    """Import once what programs may use beside the standard library: before the walls, so that its memory is ours."""
    if packages:
        sys.path += paths or site.getsitepackages()
    for name in packages:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise OSError(f"the package {name} cannot be imported here: {error}") from error


def _one_job(built: walls.Walls, work: str, patience_s: float, memory_bytes: int) -> Done:
    """One job; see Done. Leaves when the host went away meanwhile."""
    near, far = socket.socketpair()
    server = os.getpid()
    pid = os.fork()
    if pid == 0:
        near.close()
        _supervise(built, work, server, far)
    far.close()
    keeper = Keeper(built, work, near, memory_bytes)
    host_left, overtime = _attend(keeper, near, pid, time.monotonic() + patience_s)
    near.close()
    keeper.close()
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    clean = reap_all()
    folder.wipe(work)
    if host_left:
        sys.exit(0)
    seal = read_exactly(0, SEAL_SIZE)
    return {"clean": clean, "overtime": overtime, "exit_code": os.waitstatus_to_exitcode(status), "seal": seal}


def _supervise(built: walls.Walls, work: str, server: int, line: socket.socket) -> None:
    code = 70
    try:
        os.dup2(1, REPORT_FD, inheritable=False)
        os.dup2(2, 1)  # what a test prints shall not meet what is reported
        walls.die_with(server)
        code = supervisor.supervise(built, work, Line(line))
    except Exception:  # noqa: BLE001 - the edge of the process: the host is told, and starts a new worker
        write_frame(REPORT_FD, encode_message({"trouble": traceback.format_exc(limit=-4)}))
    finally:
        os._exit(code)


def _attend(keeper: Keeper, line: socket.socket, supervisor_pid: int, until: float) -> tuple[bool, bool]:
    """Serve the supervisor until it is gone. Returns whether the host went away, and whether time ran out.

    Where the machine is busy, a supervisor that had no turn yet gets a little longer.
    """
    used_then: float | None = None
    poll = select.poll()
    poll.register(line, select.POLLIN)
    poll.register(0, 0)  # only whether the other end hangs up: the bytes are the supervisor's
    try:
        keeper.start()
    except OSError:
        return False, False
    while True:
        left_s = max(0.0, until - time.monotonic())
        left_s = left_s or _LOOK_S
        ready = dict(poll.poll(int(min(left_s, WATCH_S or left_s) * 1000) + 1))
        if 0 in ready:
            return True, False
        if not ready and time.monotonic() >= until:
            used = _cpu_s(supervisor_pid)
            used_then = used if used_then is None else used_then
            if used - used_then >= _TURN_S or time.monotonic() >= until + _LONGER_S:
                return False, True
        if WATCH_S is not None:
            keeper.watch()
        if ready and not keeper.answer():
            return False, False


def _cpu_s(pid: int) -> float:
    """The CPU time that a process has taken; 0 where that cannot be told."""
    try:
        return time.clock_gettime((~pid << 3) | _CPU_CLOCK)
    except (OSError, OverflowError):
        return 0.0


def _send(message: Ready | Done) -> None:
    write_frame(1, encode_message(message))
