"""One per job: drives the candidate, runs the test if that is code, reports.

The candidate is a process of its own, started and ended by the server. Before a test that is code runs, the walls are
put on; from then on nothing here can start or signal a process, or read what comes after this job.
"""

from __future__ import annotations

import math
import os
import signal
import time
from typing import Any

from reason_tui.sandbox.inside import candidate, tester
from reason_tui.sandbox.inside.answers import report_on
from reason_tui.sandbox.inside.channels import read_frame, write_frame
from reason_tui.sandbox.inside.job import Job
from reason_tui.sandbox.inside.keeper import Line
from reason_tui.sandbox.inside.problems import problem_of
from reason_tui.sandbox.inside.protocol import Exam, Order, Report
from reason_tui.sandbox.inside.values import decode, encode_message
from reason_tui.sandbox.inside.walls import Walls, bound_reader

REPORT_FD = 3
_OWN_MEMORY_MB, _OWN_CPU_S = 512, 3
_EXAM_GRACE_S = 0.05
_AGAIN_S = 0.01


def supervise(walls: Walls, work: str, line: Line) -> int:
    """Run the job whose order is next on descriptor 0. Returns the exit code: 0 if all input was consumed."""
    frame = read_frame(0)
    order: Order = decode(frame)
    bound_reader(_OWN_MEMORY_MB, min(_OWN_CPU_S, math.ceil(order["wall_s"])))
    job = Job(order, frame, line, work)
    report = report_on(job.load(), has_entry_point=job.has_entry_point)
    ready = report["load"]["how"] == "value" and job.has_entry_point
    if order["kind"] == "cases" and ready:
        report["outcomes"] = [job.call(call) for call in order["calls"]]
    elif order["kind"] in ("check", "tests"):
        exam = read_frame(0)
        if ready:
            _examine(job, walls, decode(exam), report)
    _finish(job, report)
    return 0


def _finish(job: Job, report: Report) -> None:
    job.stop()
    report["ended"] = job.ended
    report["stdout"], report["stderr"] = bytes(job.stdout.kept), bytes(job.stderr.kept)
    report["stdout_bytes"], report["stderr_bytes"] = job.stdout.count, job.stderr.count
    report["peak_memory_kb"] = job.peak_kb
    report["ms"] = (time.monotonic() - job.began) * 1000
    write_frame(REPORT_FD, encode_message(report))


def _examine(job: Job, walls: Walls, exam: Exam, report: Report) -> None:
    """Run the test here, walled in."""
    os.dup2(2, 0)  # the host's side: the next job will come from there
    walls.confine(candidate.limits_of(job.order), candidate=False)
    _close_all_but({0, 1, 2, REPORT_FD, *job.descriptors})
    _report_in_time(job, report)
    try:
        tester.run(exam, job, report)
        report["finished"] = True
    except BaseException as leaving:  # noqa: BLE001 - a test may raise SystemExit: then it did not come to its end
        report["exam_problem"] = problem_of(leaving)
    signal.setitimer(signal.ITIMER_REAL, 0)


def _report_in_time(job: Job, report: Report) -> None:
    """If the test itself does not end, report what there is. (If that cannot be done either, the server ends us.)"""

    def out_of_time(*_: Any) -> None:
        if job.busy:  # it watches the clock itself
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
            return
        job.ended = "timeout" if job.ended == "value" else job.ended
        _finish(job, report)
        os._exit(0)

    signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, max(job.deadline - time.monotonic(), 0.0) + _EXAM_GRACE_S)


def _close_all_but(kept: set[int]) -> None:
    first = 0
    for fd in sorted(kept):
        if fd > first:  # an empty range counts as one without end
            os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, 4096)
