"""The candidates of one job as the server keeps them: it forks them, and ends them when the supervisor asks.

The supervisor also runs the tests and is therefore kept in itself: it can neither fork nor signal. It asks over a
socket, one byte a question; what it may ask for is bounded here.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import sys
import time

from reason_tui.sandbox.inside import candidate
from reason_tui.sandbox.inside.channels import ChannelError, read_exactly
from reason_tui.sandbox.inside.seatbelt import footprint
from reason_tui.sandbox.inside.walls import Walls, die_with

MAX_LIVES = 3
WATCH_S = 0.02 if sys.platform == "darwin" else None
"""How often memory is looked at where no limit on it can be set."""
_KILL, _GONE, _MORE = b"K", b"G", b"M"
_FATE = struct.Struct(">iI")  # wait status, peak memory in KiB
_LAST_WORDS_S = 0.2
_POLL_S = 0.005


class Keeper:
    """The server's end. At most one candidate lives at a time, MAX_LIVES in all."""

    def __init__(self, walls: Walls, work: str, line: socket.socket, memory_bytes: int) -> None:
        self._walls, self._work, self._line, self._memory_bytes = walls, work, line, memory_bytes
        self._pid: int | None = None
        self._lives = 0

    def start(self) -> None:
        """Fork a candidate; its pipes go to the supervisor. Raises OSError when that one is gone."""
        calls, answers, out, err = os.pipe(), os.pipe(), os.pipe(), os.pipe()
        self._lives += 1
        server = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                die_with(server)
                os.chdir(self._work)
                candidate.run(self._walls, self._work, (calls[0], answers[1], out[1], err[1]))
            finally:
                os._exit(70)
        try:
            socket.send_fds(self._line, [_MORE], [calls[1], answers[0], out[0], err[0]])
        finally:
            for fd in (*calls, *answers, *out, *err):
                os.close(fd)

    def answer(self) -> bool:
        """Do what the supervisor asks for. Returns False once it has left or talks nonsense."""
        try:
            question = self._line.recv(1)
            if question == _MORE and self._pid is None and self._lives < MAX_LIVES:
                self.start()
            elif question in (_KILL, _GONE) and self._pid is not None:
                self._line.send(_FATE.pack(*self._end(_LAST_WORDS_S if question == _GONE else 0.0)))
            else:
                return False
        except OSError:
            return False
        return True

    def watch(self) -> None:
        """Kill the candidate if it takes more memory than it may: its status then says so."""
        if self._pid is not None and footprint(self._pid) > self._memory_bytes:
            os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """End the candidate, if one lives."""
        if self._pid is not None:
            self._end(0.0)

    def _end(self, patience_s: float) -> tuple[int, int]:
        """Wait status and peak memory of the candidate; the status is 0 where it did not end by itself in time."""
        assert self._pid is not None
        pid, self._pid = self._pid, None
        until = time.monotonic() + patience_s
        if patience_s:
            _wait(pid, patience_s)
        while not (fate := os.wait4(pid, os.WNOHANG))[0] and time.monotonic() < until:
            time.sleep(_POLL_S)
        ended, status, usage = fate
        if not ended:
            os.kill(pid, signal.SIGKILL)
            _, _, usage = os.wait4(pid, 0)
        return status if ended else 0, usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)


class Line:
    """The supervisor's end."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def fileno(self) -> int:
        """The descriptor."""
        return self._line.fileno()

    def take(self, *, first: bool) -> list[int]:
        """The pipes of a candidate: calls, answers, stdout, stderr. The first one comes unasked."""
        if not first:
            self._line.send(_MORE)
        _, fds, _, _ = socket.recv_fds(self._line, 1, 4)
        if len(fds) != 4:
            raise ChannelError("no candidate")
        return fds

    def end(self, *, gone: bool) -> tuple[int, int]:
        """End the candidate (or, `gone`, see how it ended by itself): its wait status and peak memory in KiB."""
        self._line.send(_GONE if gone else _KILL)
        status, peak_kb = _FATE.unpack(read_exactly(self._line.fileno(), _FATE.size))
        return status, peak_kb


def _wait(pid: int, seconds: float) -> None:
    """Until a child has ended (it is not reaped here) or time is up; not at all where that gives no event."""
    try:
        pidfd = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or an engine whose own filter refuses it
        return
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    poll.poll(int(seconds * 1000))
    os.close(pidfd)
