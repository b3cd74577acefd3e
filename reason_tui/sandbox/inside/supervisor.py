"""One per job: starts the candidate (again, after a call that did not end) and the tester, keeps the time, reports."""

# Plain system calls: pathlib is not loaded in a worker.
# ruff: noqa: PTH

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from reason_tui.sandbox.inside import candidate, folder, tester
from reason_tui.sandbox.inside.channels import (
    ChannelError,
    DeadlineError,
    Output,
    OutputError,
    Peer,
    read_frame,
    write_frame,
)
from reason_tui.sandbox.inside.protocol import Answer, Order, Outcome, Problem, Report
from reason_tui.sandbox.inside.values import CrossingError, decode, encode, encode_message
from reason_tui.sandbox.inside.walls import Walls, bound_memory, die_with

_MAX_RESTARTS = 2
_MAX_ANSWER = 8 << 20
_OWN_MEMORY_MB = 512
_EXAM_GRACE_S = 1.0


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

    def load(self) -> Outcome:
        """Start a candidate and wait until it has executed the program."""
        began = time.monotonic()
        self._peer = self._spawn()
        outcome, answer = self._exchange(None, self.deadline, began)
        self.has_entry_point = answer is not None and bool(answer["has_entry_point"])
        if outcome["how"] != "value":
            self.stop()
        return outcome

    def call(self, payload: bytes, *, last: bool) -> Outcome:
        """One call. It may take half of the time that is left, the last one all of it."""
        began = time.monotonic()
        if self._peer is None and not self._revive():
            return outcome_of("skipped")
        left = max(self.deadline - time.monotonic(), 0.0)
        return self._exchange(payload, time.monotonic() + (left if last else left / 2), began)[0]

    def stop(self) -> int | None:
        """End the candidate. Returns its wait status, None where there was none to end."""
        if self._peer is None:
            return None
        peer, self._peer = self._peer, None
        os.kill(peer.pid, signal.SIGKILL)
        _, status, usage = os.wait4(peer.pid, 0)
        self.peak_kb = max(self.peak_kb, usage.ru_maxrss)
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
            answer = _believe(self._peer.exchange(payload, deadline))
            how, problem = answer["how"], answer["problem"]
        except DeadlineError:
            how = "timeout"
        except OutputError:
            how = "output"
        except (ChannelError, CrossingError):
            how = self._how_it_died()
        if answer is None:
            self.stop()
        if self.ended == "value" and how not in ("value", "raised"):
            self.ended = how
        outcome = outcome_of(how, problem, (time.monotonic() - began) * 1000)
        if answer is not None:
            outcome["value"], outcome["args"] = answer["value"], answer["args"]
        return outcome, answer

    def _how_it_died(self) -> str:
        """The channel is closed: give the process a moment to end by itself, so that its status tells why."""
        assert self._peer is not None
        until = time.monotonic() + 0.2
        while time.monotonic() < until:
            if os.waitid(os.P_PID, self._peer.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                break
            time.sleep(0.001)
        else:
            return "killed"
        status = self.stop()
        assert status is not None
        killed_for_memory = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        return "memory" if killed_for_memory else "killed"


def supervise(walls: Walls, work: str, server: int) -> int:
    """Run the job whose order is next on descriptor 0. Returns the exit code: 0 if all input was consumed."""
    die_with(server)
    order: Order = decode(read_frame(0))
    bound_memory(_OWN_MEMORY_MB)
    job = Job(order, walls, work)
    report: Report = {
        "load": job.load(),
        "has_entry_point": job.has_entry_point,
        "outcomes": [],
        "sites": [],
        "executed": 0,
        "finished": False,
        "exam_problem": None,
        "ended": "value",
        "stdout": b"",
        "stderr": b"",
        "stdout_bytes": 0,
        "stderr_bytes": 0,
        "peak_memory_kb": 0,
        "ms": 0.0,
        "trouble": "",
    }
    ready = report["load"]["how"] == "value" and job.has_entry_point
    in_step = True
    if order["kind"] == "cases" and ready:
        last = len(order["calls"]) - 1
        report["outcomes"] = [job.call(call, last=at == last) for at, call in enumerate(order["calls"])]
    elif order["kind"] == "check" and ready:
        in_step = _examine(job, walls, report)
    elif order["kind"] == "check":
        read_frame(0)
    _finish(job, report)
    return 0 if in_step else 3


def _finish(job: Job, report: Report) -> None:
    job.stop()
    report["ended"] = job.ended
    report["stdout"], report["stderr"] = bytes(job.stdout.kept), bytes(job.stderr.kept)
    report["stdout_bytes"], report["stderr_bytes"] = job.stdout.count, job.stderr.count
    report["peak_memory_kb"] = job.peak_kb
    report["ms"] = (time.monotonic() - job.began) * 1000
    write_frame(1, encode_message(report))


def _examine(job: Job, walls: Walls, report: Report) -> bool:
    """Let a tester ask. Returns whether it read its part of the input."""
    peer = _spawn_tester(job, walls)
    in_step = False
    reply: bytes | None = None
    try:
        while True:
            message: dict[str, Any] = decode(peer.exchange(reply, job.deadline + _EXAM_GRACE_S))
            reply = None
            if message["do"] == "call":
                reply = encode_message(job.call(message["payload"], last=False))
            elif message["do"] == "site":
                report["sites"].append(message["report"])
            elif message["do"] == "ready":
                in_step = True
            else:
                report["finished"], report["executed"] = True, message["executed"]
                report["exam_problem"] = message["problem"]
                break
    except DeadlineError:
        job.ended = "timeout" if job.ended == "value" else job.ended
    except ChannelError:
        pass
    os.kill(peer.pid, signal.SIGKILL)
    os.waitpid(peer.pid, 0)
    peer.close()
    return in_step


def _spawn_tester(job: Job, walls: Walls) -> Peer:
    to_tester, from_tester = os.pipe(), os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            die_with(parent)
            tester.run(walls, candidate.limits_of(job.order), to_tester[0], from_tester[1])
        finally:
            os._exit(70)
    os.close(to_tester[0])
    os.close(from_tester[1])
    return Peer(pid, to_tester[1], from_tester[0], _MAX_ANSWER)


def outcome_of(how: str, problem: Problem | None = None, ms: float = 0.0) -> Outcome:
    """An outcome without a value."""
    return {"how": how, "value": b"", "args": b"", "problem": problem, "ms": ms}


def _believe(frame: bytes) -> Answer:
    """An answer of the candidate, taken apart and put together again: what goes on from here was written by us.

    Raises CrossingError for anything but an answer.
    """
    told = decode(frame)
    try:
        answer: Answer = {
            "how": told["how"] if told["how"] in ("value", "raised", "memory") else "raised",
            "has_entry_point": told["has_entry_point"] is True,
            "value": encode(decode(told["value"])) if told["value"] else b"",
            "args": encode(decode(told["args"])) if told["args"] else b"",
            "problem": _believe_problem(told["problem"]),
        }
    except (TypeError, KeyError, ValueError) as error:
        raise CrossingError("not an answer") from error
    return answer


def _believe_problem(told: Any) -> Problem | None:
    if told is None:
        return None
    text: Callable[[Any], str] = lambda value: value[:2000] if type(value) is str else ""  # noqa: E731
    return {
        "type": text(told["type"]),
        "names": [text(name) for name in told["names"][:40]],
        "message": text(told["message"]),
        "line": told["line"] if type(told["line"]) is int else None,
    }


def _stdin(text: str, work: str) -> int:
    """A descriptor from which `text` is read; a file without a name, so that nothing can block on it."""
    if not text:
        return os.open(os.devnull, os.O_RDONLY)
    path = os.path.join(work, ".stdin")
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    os.unlink(path)
    with open(fd, "wb", closefd=False) as file:
        file.write(text.encode("utf-8", "surrogatepass"))
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
