"""One per job: drives the candidate, starts the tester and carries its questions over, reports."""

from __future__ import annotations

import math
import os
import signal
import time
from typing import Any

from reason_tui.sandbox.inside import candidate, tester
from reason_tui.sandbox.inside.channels import ChannelError, DeadlineError, Peer, read_frame, write_frame
from reason_tui.sandbox.inside.job import Job
from reason_tui.sandbox.inside.protocol import Order, Report
from reason_tui.sandbox.inside.values import CrossingError, decode, encode_message
from reason_tui.sandbox.inside.walls import Walls, bound_reader, die_with

_OWN_MEMORY_MB, _OWN_CPU_S = 512, 3
_EXAM_GRACE_S = 1.0
_MAX_QUESTION = 8 << 20


def supervise(walls: Walls, work: str, server: int) -> int:
    """Run the job whose order is next on descriptor 0. Returns the exit code: 0 if all input was consumed."""
    die_with(server)
    order: Order = decode(read_frame(0))
    bound_reader(_OWN_MEMORY_MB, min(_OWN_CPU_S, math.ceil(order["wall_s"])))
    job = Job(order, walls, work)
    report: Report = {
        "load": job.load(),
        "has_entry_point": job.has_entry_point,
        "outcomes": [],
        "sites": [],
        "tests": [],
        "weak": False,
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
        report["outcomes"] = [job.call(call) for call in order["calls"]]
    elif order["kind"] in ("check", "tests") and ready:
        in_step = _examine(job, walls, report)
    elif order["kind"] in ("check", "tests"):
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
                reply = encode_message(job.call(message["payload"]))
            elif message["do"] == "site":
                report["sites"].append(message["report"])
                job.to_come -= 1
            elif message["do"] == "test":
                report["tests"].append(message["report"])
                job.to_come += 1 if message["report"]["state"] == "collected" else -1
            elif message["do"] == "ready":
                in_step = True
            else:
                report["finished"] = True
                report["exam_problem"] = message["problem"]
                report["weak"] = message["weak"]
                break
    except DeadlineError:
        job.ended = "timeout" if job.ended == "value" else job.ended
    except (ChannelError, CrossingError, KeyError, TypeError):  # it ended, or the test wrote into our channel
        report["finished"] = False
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
    return Peer(pid, to_tester[1], from_tester[0], _MAX_QUESTION)
