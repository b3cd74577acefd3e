"""Runs the tests: they are here, in the supervisor's process, the program is elsewhere, behind a proxy.

The source of a `check` comes rewritten (see `asserts.py` on the host): each assert is a `with` block that reports both
sides, and the next assert runs whether or not this one held.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

from reason_tui.sandbox.inside import testrun, trust
from reason_tui.sandbox.inside.callbacks import MODULE, may_be_asked, perform
from reason_tui.sandbox.inside.exchange import Exchange
from reason_tui.sandbox.inside.handles import Handle, kept_of
from reason_tui.sandbox.inside.job import Job
from reason_tui.sandbox.inside.protocol import SITE, Exam, Outcome, Report, SiteReport, TestReport
from reason_tui.sandbox.inside.raised import ProgramError, ProgramTimeoutError, problem_in, raised_by
from reason_tui.sandbox.inside.showing import brief
from reason_tui.sandbox.inside.values import OpaqueError, encode

_MAX_MESSAGE = 2000


class Examiner:
    """Makes the tests' calls and puts into the report what the tests showed."""

    def __init__(self, job: Job, report: Report, *, inplace: bool) -> None:
        self._job, self._report = job, report
        self.inplace = inplace
        self.last: str | None = None
        self.exchange = Exchange(self, -1, may_be_asked, careful=True)
        self._told: dict[int, bool] = {}

    def call(self, /, *args: Any, **kwargs: Any) -> Any:
        """The entry point, as the test sees it. Named `candidate` there."""
        return self._asked("entry", None, args, kwargs)

    def lookup(self, name: str) -> Any:
        """What the program has by this name. Raises AttributeError."""
        found = self._asked("global", None, (name,), {})
        self.exchange.name(found, name)
        return found

    def ask(self, operation: str, target: Handle, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What an object of the program says."""
        return self._asked(operation, target, args, kwargs)

    def _asked(self, operation: str, target: Handle | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        told = operation in ("entry", "__call__")
        self.last = None if told else self.last
        outcome = self._outcome(encode((operation, target, args, kwargs), strict=True, keep=self.exchange.keep))
        if self.inplace and outcome["args"]:
            _copy_back(args, self.exchange.read(outcome["args"]))
        if outcome["how"] != "value":
            raise self._exception(outcome)
        standing = trust.RETURNED if target is None else trust.within(kept_of(target).standing)
        value = self.exchange.read(outcome["value"], standing)
        if told:
            self.exchange.quiet = True
            self.last = brief(value)
            self.exchange.quiet = False
        return value

    def _outcome(self, payload: bytes) -> Outcome:
        """How it ends, after as many callbacks as the program makes."""
        while True:
            outcome = self._job.call(payload)
            if outcome["how"] != "callback":
                return outcome
            payload = self._called_back(outcome["value"])

    def _called_back(self, asked: bytes) -> bytes:
        try:
            operation, target, args, kwargs = self.exchange.read(asked)
            answer = perform(operation, target, args, kwargs)
            return encode(("return", answer), keep=self.exchange.keep)
        except Exception as error:  # noqa: BLE001 - the callback's own; the program may catch it
            names = [kind.__name__ for kind in type(error).__mro__]
            return encode(("raise", names, str(error)[:_MAX_MESSAGE]))

    def _exception(self, outcome: Outcome) -> ProgramError | Exception:
        raised = raised_by(outcome)
        if outcome["value"] and isinstance(raised, ProgramError):
            raised.remote = self.exchange.read(outcome["value"])
        return raised

    def site(self, number: int) -> Site:
        """The block that stands for assert `number`."""
        return Site(self, number)

    def tell(self, report: SiteReport) -> None:
        """Report the first time a site holds, and the first time it does not."""
        told = self._told.get(report["site"])
        if told is None or (told and not report["ok"]):
            self._told[report["site"]] = report["ok"]
            self._report["sites"].append(report)
            self._job.to_come -= 1

    def note(self, report: TestReport) -> None:
        """Report a test function: that it is there, or what it showed."""
        self._report["tests"].append(report)
        self._job.to_come += 1 if report["state"] == "collected" else -1


class Site:
    """One assert while it runs. The rewritten test sets `left`, `right` and `verdict`."""

    def __init__(self, examiner: Examiner, number: int) -> None:
        self._examiner, self._number = examiner, number
        self.verdict: Any = False

    def __enter__(self) -> Site:
        self._examiner.last = None
        self._began = time.perf_counter()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if error is not None and not isinstance(error, Exception):
            return False
        ok = False
        if hasattr(self, "right"):
            self._examiner.exchange.note(self.left, self.right)
        if error is None:
            try:
                ok = bool(self.verdict)
            except Exception as no_truth:  # noqa: BLE001 - a value from the program without one
                error = no_truth
        if isinstance(error, OpaqueError) and hasattr(self, "right"):
            error = None  # both sides are shown: that says it
        self._examiner.exchange.quiet = ok
        left, right = (brief(getattr(self, side)) if hasattr(self, side) else None for side in ("left", "right"))
        self._examiner.exchange.quiet = False
        self._examiner.tell(
            {
                "site": self._number,
                "ok": ok,
                "left": left,
                "right": right,
                "got": self._examiner.last,
                "problem": None if error is None else problem_in(error),
                "timed_out": isinstance(error, ProgramTimeoutError),
                "ms": (time.perf_counter() - self._began) * 1000,
            }
        )
        return True

    left: Any
    right: Any


def run(exam: Exam, job: Job, report: Report) -> None:
    """Run the tests; what they show goes into the report."""
    examiner = Examiner(job, report, inplace=exam["inplace"])
    try:
        if exam["tests"]:
            testrun.run(exam, examiner)
        else:
            _examine(exam, examiner)
    except Exception as error:  # noqa: BLE001 - whatever the test raised outside of an assert
        report["exam_problem"] = problem_in(error)
    report["weak"] = examiner.exchange.weak


def _examine(exam: Exam, examiner: Examiner) -> None:
    namespace: dict[str, Any] = {"__name__": MODULE}
    exec(compile(exam["setup"], "setup", "exec", dont_inherit=True), namespace)
    entry = examiner.lookup(exam["entry_point"]) if exam["entry_class"] else examiner.call
    namespace[exam["entry_point"]] = entry
    namespace[SITE] = examiner.site
    exec(compile(exam["source"], "check", "exec", dont_inherit=True), namespace)
    if exam["in_function"]:
        namespace["check"](entry)


def _copy_back(args: tuple[Any, ...], changed: list[Any]) -> None:
    for old, new in zip(args, changed, strict=False):
        if isinstance(old, (list, bytearray)) and type(old) is type(new):
            old[:] = new
        elif isinstance(old, (dict, set)) and type(old) is type(new):
            old.clear()
            old.update(new)
