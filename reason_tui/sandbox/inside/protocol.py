"""The shapes that cross between host and worker, as dictionaries of builtin types."""

from __future__ import annotations

import struct
from typing import TypedDict

# Before each job, what the server needs without reading it: how long to wait for its report in milliseconds, and the
# MiB of memory that a process may take where the kernel has no limit for that.
JOB_HEADER = struct.Struct(">II")
# After each job: random bytes that the server reads once everyone else is gone, and gives back. Neither a test nor a
# program can know them, so none of them can pretend to the host that the job is over.
SEAL_SIZE = 16
# The name by which a rewritten assert finds the tester.
SITE = "_reason_tui_site"
# The same for a call whose result the test does not look at.
INPLACE = "_reason_tui_inplace"


class Setup(TypedDict):
    """To the server, once: the writable folder, the walls to build, and packages that programs may import.

    `paths`: where these lie; empty where it is for the worker's own Python to say.
    """

    work: str
    level: str
    packages: list[str]
    paths: list[str]


class Ready(TypedDict):
    """From the server, once it can take jobs. `trouble`: why it cannot."""

    python: str
    trouble: str


class Order(TypedDict):
    """To supervisor and candidate: the program and how to run it. No expected value is ever part of it."""

    program: str
    kind: str
    entry_point: str
    inplace: bool
    sequences: bool
    stdin: str
    calls: list[bytes]
    expected_calls: int
    wall_s: float
    memory_mb: int
    file_mb: int
    tmp_mb: int
    open_files: int
    keep_bytes: int
    kill_bytes: int


class Exam(TypedDict):
    """To the supervisor alone, which runs it. `in_function`: the tests wait in `check(candidate)`.

    `entry_class`: the entry point is a class. `tests`: modules of test functions, instead of `source`; they import
    the program by each of `modules`.
    """

    setup: str
    source: str
    in_function: bool
    entry_point: str
    entry_class: bool
    inplace: bool
    tests: list[str]
    modules: list[str]


class Problem(TypedDict):
    """An exception. `line` is that of the program; `names` are its class and the classes it derives from."""

    type: str
    names: list[str]
    message: str
    line: int | None


class Outcome(TypedDict):
    """What one call (or loading the program) did. `how`: value, raised, callback, timeout, memory, output, killed.

    `callback`: the program waits for what an object of the test says; `value` is what it asks. With `raised`, `value`
    is the exception. `args`: with `inplace`, the positional arguments as the call left them.
    """

    how: str
    value: bytes
    args: bytes
    problem: Problem | None
    ms: float


class Answer(TypedDict):
    """From the candidate: `ready` after loading, or an answer to a call. Nothing in it is believed but as a value."""

    how: str
    has_entry_point: bool
    value: bytes
    args: bytes
    problem: Problem | None


class SiteReport(TypedDict):
    """One assert, executed: `site` is its number in the rewritten source."""

    site: int
    ok: bool
    left: str | None
    right: str | None
    got: str | None
    problem: Problem | None
    timed_out: bool
    ms: float


class TestReport(TypedDict):
    """One test function, with one set of its parameters. `module` is its place in the exam.

    `state`: passed, failed, skipped, or collected (it did not come to run). `site`: the number of the assert that did
    not hold. `line`: where in its module it failed. `expected`: what was to be raised.
    """

    module: int
    name: str
    state: str
    site: int
    left: str | None
    right: str | None
    got: str | None
    expected: str | None
    message: str
    problem: Problem | None
    timed_out: bool
    line: int | None
    ms: float


class Report(TypedDict):
    """From the supervisor: everything a job did.

    `weak`: the program itself had to say how a comparison ends. `ended`: how the first call that went badly ended, as
    Outcome's `how`. `finished`: the exam ran to its end. `exam_problem`: what the test itself raised. `trouble`: the
    supervisor itself failed.
    """

    load: Outcome
    has_entry_point: bool
    outcomes: list[Outcome]
    sites: list[SiteReport]
    tests: list[TestReport]
    weak: bool
    finished: bool
    exam_problem: Problem | None
    ended: str
    stdout: bytes
    stderr: bytes
    stdout_bytes: int
    stderr_bytes: int
    peak_memory_kb: int
    ms: float
    trouble: str


class Done(TypedDict):
    """From the server after each job, when no process of it is left.

    `clean`: the worker is as it was before. `overtime`: the supervisor did not end in time. `exit_code` of the
    supervisor: 0 if it sent a report and read all that was sent to it. `seal`: see SEAL_SIZE.
    """

    clean: bool
    overtime: bool
    exit_code: int
    seal: bytes
