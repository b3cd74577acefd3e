"""The candidate of one job, through all its lives: started again after a call that did not end, twice at most."""

# ruff: noqa: PTH108, PTH118

from __future__ import annotations

import os
import signal
import sys
import time

from reason_tui.sandbox.inside import candidate, folder
from reason_tui.sandbox.inside.answers import believe, outcome_of
from reason_tui.sandbox.inside.channels import ChannelError, DeadlineError, Output, OutputError, Peer
from reason_tui.sandbox.inside.protocol import Answer, Order, Outcome, Problem
from reason_tui.sandbox.inside.values import TOO_LARGE, CrossingError
from reason_tui.sandbox.inside.walls import Walls, die_with

_MAX_RESTARTS = 2
_MAX_ANSWER = 8 << 20
_MAX_VALUES = 24 << 20
_LAST_WORDS_S = 0.2
_KEPT_FOR_A_CALL_S = 0.25


class Job:
    """The candidate of one job, through all its lives."""

    def __init__(self, order: Order, walls: Walls, work: str) -> None:
        self.order, self._walls, self._work = order, walls, work
        self.began = time.monotonic()
        self.deadline = self.began + order["wall_s"]
        self.stdout = Output(order["keep_bytes"], order["kill_bytes"])
        self.stderr = Output(order["keep_bytes"], order["kill_bytes"])
        self.peak_kb = 0
        self.ended = "value"
        self.has_entry_point = False
        self._peer: Peer | None = None
        self._restarts = 0
        self._room = _MAX_VALUES
        self.to_come = order["expected_calls"]
        """Calls of `cases`, asserts of a `check`, or test functions that are not done yet."""

    def load(self) -> Outcome:
        """Start a candidate and wait until it has executed the program."""
        began = time.monotonic()
        self._peer = self._spawn()
        outcome, answer = self._exchange(None, self.deadline, began)
        self.has_entry_point = answer is not None and bool(answer["has_entry_point"])
        if outcome["how"] == "callback":  # nobody can answer yet
            outcome["how"] = self.ended = "killed"
        if outcome["how"] != "value":
            self.stop()
        return outcome

    def call(self, payload: bytes) -> Outcome:
        """One call. It may take the time that is left, but for a little that is kept for what is to come after it."""
        began = time.monotonic()
        to_come = max(self.to_come - 1, 0)
        self.to_come = to_come if self.order["kind"] == "cases" else self.to_come
        if self._peer is None and not self._revive():
            self.ended = "timeout" if self.ended == "value" else self.ended
            return outcome_of(self.ended)
        left = max(self.deadline - time.monotonic(), 0.0)
        kept = min(_KEPT_FOR_A_CALL_S * to_come, left / 2)
        return self._exchange(payload, time.monotonic() + left - kept, began)[0]

    def stop(self) -> None:
        """End the candidate, if there is one."""
        if self._peer is not None:
            os.kill(self._peer.pid, signal.SIGKILL)
            self._reap(0)

    def _reap(self, options: int) -> int | None:
        """The wait status of the candidate once it has ended; None while it has not."""
        assert self._peer is not None
        pid, status, usage = os.wait4(self._peer.pid, options)
        if pid == 0:
            return None
        peer, self._peer = self._peer, None
        self.peak_kb = max(self.peak_kb, usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1))
        peer.close()
        return status

    def _revive(self) -> bool:
        if self._restarts >= _MAX_RESTARTS or self.ended == "output" or time.monotonic() >= self.deadline:
            return False
        self._restarts += 1
        self.stdout.muted = self.stderr.muted = True
        alive = self.load()["how"] == "value"
        self.stdout.muted = self.stderr.muted = False
        return alive

    def _spawn(self) -> Peer:
        calls, answers, out, err = os.pipe(), os.pipe(), os.pipe(), os.pipe()
        stdin = _stdin(self.order["stdin"], self._work)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                die_with(parent)
                os.chdir(self._work)
                candidate.run(self.order, self._walls, stdin, (calls[0], answers[1], out[1], err[1]))
            finally:
                os._exit(70)
        for fd in (calls[0], answers[1], out[1], err[1], stdin):
            os.close(fd)
        peer = Peer(pid, calls[1], answers[0], _MAX_ANSWER)
        peer.drain({out[0]: self.stdout, err[0]: self.stderr}, self._watch_folder)
        return peer

    def _watch_folder(self) -> None:
        size, entries = folder.usage(self._work)
        if size > self.order["tmp_mb"] << 20 or entries > folder.MAX_ENTRIES:
            raise OutputError

    def _exchange(self, payload: bytes | None, deadline: float, began: float) -> tuple[Outcome, Answer | None]:
        assert self._peer is not None
        answer: Answer | None = None
        problem: Problem | None = None
        try:
            answer = believe(self._peer.exchange(payload, deadline))
            how, problem = answer["how"], answer["problem"]
        except DeadlineError:
            how = "timeout"
        except OutputError:
            how = "output"
        except (ChannelError, CrossingError):
            how = self._how_it_died()
        if answer is None:
            self.stop()
        if self.ended == "value" and how not in ("value", "raised", "callback"):
            self.ended = how
        outcome = outcome_of(how, problem, (time.monotonic() - began) * 1000)
        if answer is not None:
            outcome["value"], outcome["args"] = self._carried(answer["value"]), self._carried(answer["args"])
        return outcome, answer

    def _carried(self, value: bytes) -> bytes:
        """`value`, if the report (which holds the values of all calls of `cases`) has room for it."""
        self._room -= len(value) if self.order["kind"] == "cases" else 0
        return value if self._room >= 0 else TOO_LARGE

    def _how_it_died(self) -> str:
        """The channel is closed: give the process a moment to end by itself, so that its status tells why."""
        until = time.monotonic() + _LAST_WORDS_S
        while time.monotonic() < until:
            status = self._reap(os.WNOHANG)
            if status is not None:
                killed_for_memory = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
                return "memory" if killed_for_memory else "killed"
            time.sleep(0.001)
        return "killed"


def _stdin(text: str, work: str) -> int:
    """A descriptor from which `text` is read; a file without a name, so that nothing can block on it."""
    if not text:
        return os.open(os.devnull, os.O_RDONLY)
    path = os.path.join(work, os.urandom(8).hex())
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    os.unlink(path)
    with open(fd, "wb", closefd=False) as file:
        file.write(text.encode("utf-8", "surrogatepass"))
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
