"""The sandbox's one interface: a Job goes in, a Verdict comes out.

Everything in a verdict that a program wrote (messages, values, output) is cleaned at the sandbox's edge.
"""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import Field

from reason_tui.tasks.types import CallCase, Frozen

JobKind = Literal["stdio", "cases", "check", "tests"]
VerdictStatus = Literal["pass", "fail", "error", "timeout", "memory", "output", "killed", "lost"]
Level = Literal["docker", "bubblewrap", "landlock", "seatbelt", "unsafe"]
Choice = Literal["auto", "docker", "bubblewrap", "landlock", "seatbelt"]
DockerMode = Literal["warm", "per-run"]


class Limits(Frozen):
    """What one job may use."""

    wall_s: float = Field(default=5.0, gt=0)
    memory_mb: int = Field(default=256, ge=16)
    file_mb: int = Field(default=16, ge=0)
    tmp_mb: int = Field(default=64, ge=0)
    open_files: int = Field(default=64, ge=16)
    output_kb: int = Field(default=64, ge=1)
    output_kill_kb: int = Field(default=4096, ge=1)


class Job(Frozen):
    """A program and what to do with it.

    * `cases`: call `entry_point` for each of `cases`; the comparison happens on the host.
    * `check`: run `check` (a module that defines `check(candidate)`, or bare asserts that call the entry point by
      its name), after `setup`, in the tester; the program is reached through a proxy.
    * `tests`: run the `test_*` functions of each of `tests` (modules, each by itself) in the tester, as pytest would;
      they import the program by any of the names in `modules`.
    * `stdio`: run the program as `__main__` on `stdin`; compare with `stdout`, trailing white space apart.
    """

    program: str
    kind: JobKind
    entry_point: str | None = None
    cases: tuple[CallCase, ...] = ()
    check: str = ""
    setup: str = ""
    tests: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    stdin: str = ""
    stdout: str | None = None
    inplace: bool = False
    limits: Limits = Limits()


class Failure(Frozen):
    """An exception as a user would want it told. `line` and `source` are the program's, if it has a part in it."""

    type: str
    message: str
    line: int | None = None
    source: str = ""


class TestRecord(Frozen):
    """What one test showed. `got` is a bounded repr of the value returned, None where nothing came back.

    `test` is the test as a reader would write it, e.g. `add(1, 2) == 3`; `call` and `expected` its two sides where it
    is a plain comparison. `line`: where in the source of its test function it failed.
    """

    __test__ = False

    test: str
    ok: bool
    call: str = ""
    expected: str | None = None
    got: str | None = None
    failure: Failure | None = None
    timed_out: bool = False
    line: int | None = None
    ms: float = 0.0


class Verdict(Frozen):
    """What the sandbox found.

    `loaded`: the program was executed up to its end without an exception; `has_entry_point`: the entry point was
    there and callable. `failure`: why it did not load, or the first exception in a test. `stdout_bytes` and
    `stderr_bytes` count what was written; `stdout` and `stderr` hold the bounded beginning, cleaned.
    A `weak` verdict rests on a comparison that the program's own objects answered, or was reached without walls.
    """

    status: VerdictStatus
    records: tuple[TestRecord, ...] = ()
    loaded: bool = False
    has_entry_point: bool = False
    failure: Failure | None = None
    stdout: str = ""
    stderr: str = ""
    stdout_bytes: int = 0
    stderr_bytes: int = 0
    peak_memory_kb: int = 0
    ms: float = 0.0
    level: Level = "unsafe"
    python: str = ""
    strength: Literal["strong", "weak"] = "strong"

    @property
    def passed(self) -> int:
        """How many tests passed."""
        return sum(record.ok for record in self.records)


class SelfTest(Frozen):
    """What the start-up self-test proved: attacks tried, and those that got through."""

    level: Level
    tried: int
    escaped: tuple[str, ...] = ()
    ms: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether nothing got through."""
        return not self.escaped


class Sandbox(Protocol):
    """Runs programs that nobody trusts."""

    async def run(self, job: Job) -> Verdict:
        """Run one job. Waits for a free slot. Raises SandboxError when the sandbox itself is broken."""
        ...

    async def selftest(self) -> SelfTest:
        """Try about a dozen attacks on this machine, in under a second."""
        ...

    def describe(self) -> str:
        """One line for the status bar: level, limits, what is not covered, what the self-test proved."""
        ...

    async def close(self) -> None:
        """End every worker. Leaves no process and no folder."""
        ...
