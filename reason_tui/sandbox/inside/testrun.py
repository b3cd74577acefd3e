"""Runs test functions as pytest would: collected by name, each row of its parameters one test, fixtures beforehand."""

from __future__ import annotations

import inspect
import itertools
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from reason_tui.sandbox.inside import pytest_shim
from reason_tui.sandbox.inside.callbacks import MODULE
from reason_tui.sandbox.inside.candidate import problem_of
from reason_tui.sandbox.inside.exchange import Exchange
from reason_tui.sandbox.inside.protocol import INPLACE, SITE, Exam, TestReport
from reason_tui.sandbox.inside.values import brief

_MAX_TESTS = 2000
_MAX_ID = 60
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


class _Test:
    """One function with one row of its parameters."""

    def __init__(
        self, name: str, function: Callable[..., Any], given: dict[str, Any], marks: list[pytest_shim.Mark]
    ) -> None:
        self.name, self.function, self.given, self.marks = name, function, given, marks


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
        tests = _with_names_of_their_own(itertools.islice(_collect(space), _MAX_TESTS))
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


def _with_names_of_their_own(tests: Iterable[_Test]) -> list[_Test]:
    """Rows that are called alike are told apart: no test may be taken for another one."""
    seen: dict[str, _Test] = {}
    for test in tests:
        name, number = test.name, 1
        while test.name in seen:
            test.name, number = f"{name}#{number}", number + 1
        seen[test.name] = test
    return list(seen.values())


def _one(number: int, test: _Test, space: dict[str, Any], examiner: Examiner) -> TestReport:
    report = _report(number, test.name, "passed")
    began = time.perf_counter()
    examiner.last = None
    try:
        _skip_if_marked(test.marks)
        _run_with_fixtures(test, space)
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


def _collect(space: dict[str, Any]) -> Iterator[_Test]:
    for name, value in list(space.items()):
        if name.startswith("test") and isinstance(value, types.FunctionType):
            yield from _rows(name, value, pytest_shim.marks_of(value))
        elif name.startswith("Test") and isinstance(value, type):
            for inner, method in list(vars(value).items()):
                if inner.startswith("test") and isinstance(method, types.FunctionType):
                    marks = [*pytest_shim.marks_of(value), *pytest_shim.marks_of(method)]
                    yield from _rows(f"{name}::{inner}", _bound(value, method), marks)


def _bound(kind: type, method: Callable[..., Any]) -> Callable[..., Any]:
    """The method on an object of its own, as a function of its other parameters."""

    def call(**given: Any) -> None:
        value = kind()
        setup = getattr(value, "setup_method", None)
        if setup is not None:
            setup()
        method(value, **given)

    parameters = list(inspect.signature(method).parameters.values())[1:]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return call


def _rows(name: str, function: Callable[..., Any], marks: list[pytest_shim.Mark]) -> Iterator[_Test]:
    rows: list[tuple[list[str], dict[str, Any], list[pytest_shim.Mark]]] = [([], {}, [])]
    for mark in reversed([mark for mark in marks if mark.name == "parametrize"]):
        rows = [
            ([*ids, label], {**given, **values}, [*own, *more])
            for ids, given, own in rows
            for label, values, more in _parameters(*mark.args, **mark.kwargs)
        ]
    for ids, given, own in rows:
        yield _Test(f"{name}[{'-'.join(ids)}]" if ids else name, function, given, [*marks, *own])


def _parameters(
    argnames: Any, argvalues: Any, ids: Any = None, **_: Any
) -> Iterator[tuple[str, dict[str, Any], list[pytest_shim.Mark]]]:
    names = [name.strip() for name in argnames.split(",")] if isinstance(argnames, str) else list(argnames)
    for at, value in enumerate(argvalues):
        row = value if isinstance(value, pytest_shim.Param) else None
        values = row.values if row is not None else tuple(value) if len(names) > 1 else (value,)
        if len(values) != len(names):
            raise ValueError(f"parametrize names {len(names)} values and gives {len(values)}")
        label = row.id if row is not None else None
        if label is None and ids is not None:
            label = ids(value) if callable(ids) else list(ids)[at]
        label = "-".join(map(_label, values)) if label is None else str(label)
        yield label[:_MAX_ID], dict(zip(names, values, strict=True)), [] if row is None else row.marks


def _label(value: object) -> str:
    return value if isinstance(value, str) else brief(value)


def _skip_if_marked(marks: list[pytest_shim.Mark]) -> None:
    for mark in marks:
        if mark.name == "skip" or (mark.name == "skipif" and mark.args and mark.args[0]):
            raise pytest_shim.Skipped(str(mark.kwargs.get("reason", "")))


def _run_with_fixtures(test: _Test, space: dict[str, Any]) -> None:
    fixtures = {value.name: value for value in space.values() if isinstance(value, pytest_shim.Fixture)}
    made = dict(test.given)
    open_ones: list[Iterator[Any]] = []
    wanted = [name for name, fixture in fixtures.items() if fixture.autouse]
    wanted += [mark_name for mark in test.marks if mark.name == "usefixtures" for mark_name in mark.args]
    parameters = inspect.signature(test.function).parameters
    for name in (*wanted, *(name for name, each in parameters.items() if each.default is inspect.Parameter.empty)):
        _make(name, fixtures, made, open_ones)
    try:
        test.function(**{name: made[name] for name in parameters if name in made})
    finally:
        for generator in reversed(open_ones):
            next(generator, None)


def _make(name: str, fixtures: dict[str, pytest_shim.Fixture], made: dict[str, Any], open_ones: list[Any]) -> None:
    if name in made:
        return
    if name not in fixtures:
        raise LookupError(f"there is no fixture {name!r} here: pytest's own are not available in the sandbox")
    fixture = fixtures[name]
    needs = inspect.signature(fixture.function).parameters
    for inner in needs:
        _make(inner, fixtures, made, open_ones)
    value = fixture.function(**{inner: made[inner] for inner in needs})
    if inspect.isgenerator(value):
        open_ones.append(value)
        value = next(value)
    made[name] = value
