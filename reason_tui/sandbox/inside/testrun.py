"""Runs test functions as pytest would, each with the fixtures that it asks for."""

from __future__ import annotations

import sys
import time
import types
from collections.abc import Callable
from typing import Any, Protocol

from reason_tui.sandbox.inside import pytest_shim
from reason_tui.sandbox.inside.callbacks import MODULE
from reason_tui.sandbox.inside.collecting import FoundTest, collect
from reason_tui.sandbox.inside.exchange import Exchange
from reason_tui.sandbox.inside.fixtures import run_with_fixtures
from reason_tui.sandbox.inside.problems import problem_of
from reason_tui.sandbox.inside.protocol import INPLACE, SITE, Exam, TestReport
from reason_tui.sandbox.inside.showing import brief

_MAX_MESSAGE = 500


class Examiner(Protocol):
    """What the tests reach the program through; see `tester`."""

    exchange: Exchange
    inplace: bool
    last: str | None

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call the entry point."""

    def lookup(self, name: str) -> Any:
        """What the program has by this name."""

    def note(self, report: TestReport) -> None:
        """Report a test function."""


class AssertFailure(AssertionError):  # noqa: N818 - what a test does, not we
    """An assert that does not hold: which one, and both of its sides."""

    site: int
    left: str | None = None
    right: str | None = None


def run(exam: Exam, examiner: Examiner) -> None:
    """Run every test of every module, and tell of each."""
    sys.modules["pytest"] = _module("pytest", {name: getattr(pytest_shim, name) for name in pytest_shim.NAMES})
    for name in exam["modules"]:
        _stand_in(name, examiner)
    for number, source in enumerate(exam["tests"]):
        _run_module(number, source, exam, examiner)


def _run_module(number: int, source: str, exam: Exam, examiner: Examiner) -> None:
    space: dict[str, Any] = {"__name__": MODULE, SITE: lambda site: _Site(examiner, site)}
    space[INPLACE] = lambda: _Inplace(examiner)
    if exam["entry_point"]:
        space[exam["entry_point"]] = examiner.lookup(exam["entry_point"]) if exam["entry_class"] else examiner.call
    try:
        exec(compile(source, MODULE, "exec", dont_inherit=True), space)
        tests = collect(space)
    except pytest_shim.Skipped:
        return
    except Exception as error:  # noqa: BLE001 - whatever the module raised
        report = _report(number, "the test file", "failed")
        _explain(report, error, examiner)
        examiner.note(report)
        return
    for test in tests:
        examiner.note(_report(number, test.name, "collected"))
    for test in tests:
        examiner.note(_one(number, test, space, examiner))


def _one(number: int, test: FoundTest, space: dict[str, Any], examiner: Examiner) -> TestReport:
    report = _report(number, test.name, "passed")
    began = time.perf_counter()
    examiner.last = None
    try:
        _skip_if_marked(test.marks)
        run_with_fixtures(test, space)
    except pytest_shim.Skipped:
        report["state"] = "skipped"
    except Exception as error:  # noqa: BLE001 - whatever the test raised
        report["state"] = "failed"
        _explain(report, error, examiner)
    if any(mark.name == "xfail" for mark in test.marks):
        report["state"] = "skipped"
    report["ms"] = (time.perf_counter() - began) * 1000
    return report


def _explain(report: TestReport, error: Exception, examiner: Examiner) -> None:
    """Why a test failed: the assert with its two sides, what was not raised, or what was."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == MODULE:
            report["line"] = trace.tb_lineno
        trace = trace.tb_next
    report["got"] = examiner.last
    report["timed_out"] = type(error).__name__ == "ProgramTimeoutError"
    if isinstance(error, AssertFailure):
        report["site"], report["message"] = error.site, str(error)[:_MAX_MESSAGE]
        report["left"], report["right"] = error.left, error.right
    elif isinstance(error, pytest_shim.DidNotRaise):
        report["expected"] = error.expected
    elif hasattr(error, "problem"):
        report["problem"] = error.problem
    else:
        report["problem"] = problem_of(error)


def _report(number: int, name: str, state: str) -> TestReport:
    return {
        "module": number,
        "name": name,
        "state": state,
        "site": -1,
        "left": None,
        "right": None,
        "got": None,
        "expected": None,
        "message": "",
        "problem": None,
        "timed_out": False,
        "line": None,
        "ms": 0.0,
    }


class _Site:
    """One assert while it runs; see `asserts.py` on the host. The first that does not hold ends its test."""

    left: Any
    right: Any
    message: Callable[[], Any]

    def __init__(self, examiner: Examiner, number: int) -> None:
        self._examiner, self._number = examiner, number
        self.verdict: Any = False

    def __enter__(self) -> _Site:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: types.TracebackType | None) -> bool:
        if error is not None:
            return False
        if hasattr(self, "right"):
            self._examiner.exchange.note(self.left, self.right)
        if self.verdict:
            return True
        failure = AssertFailure(str(self.message()) if hasattr(self, "message") else "")
        failure.site = self._number
        if hasattr(self, "right"):
            failure.left, failure.right = brief(self.left), brief(self.right)
        raise failure


class _Inplace:
    """A call whose result nobody looks at: what it does to its arguments is what is asked of it."""

    def __init__(self, examiner: Examiner) -> None:
        self._examiner = examiner

    def __enter__(self) -> None:
        self._examiner.inplace = True

    def __exit__(self, *_: object) -> None:
        self._examiner.inplace = False


def _module(name: str, names: dict[str, Any]) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(names)
    return module


def _stand_in(name: str, examiner: Examiner) -> None:
    """A module (in packages that hold nothing else) whose names are the program's."""

    class StandIn(types.ModuleType):
        def __getattr__(self, wanted: str) -> Any:
            if wanted.startswith("__"):
                raise AttributeError(wanted)
            return examiner.lookup(wanted)

    parts = name.split(".")
    for depth in range(1, len(parts)):
        package = sys.modules.setdefault(".".join(parts[:depth]), types.ModuleType(parts[depth - 1]))
        vars(package)["__path__"] = []
    sys.modules[name] = StandIn(parts[-1])
    if len(parts) > 1:
        setattr(sys.modules[".".join(parts[:-1])], parts[-1], sys.modules[name])


def _skip_if_marked(marks: list[pytest_shim.Mark]) -> None:
    for mark in marks:
        if mark.name == "skip" or (mark.name == "skipif" and mark.args and mark.args[0]):
            raise pytest_shim.Skipped(str(mark.kwargs.get("reason", "")))
