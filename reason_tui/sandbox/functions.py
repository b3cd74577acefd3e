"""The records of test functions: for each, with each row of its parameters, what it showed."""

from __future__ import annotations

from collections.abc import Sequence

from reason_tui.sandbox.asserts import RewrittenTests
from reason_tui.sandbox.inside.protocol import Report, TestReport
from reason_tui.sandbox.told import ENDED, told
from reason_tui.sandbox.types import Failure, TestRecord
from reason_tui.text import clean, shorten

_MAX_MESSAGE = 1000


def test_records(program: str, report: Report, tests: Sequence[RewrittenTests]) -> tuple[TestRecord, ...]:
    """In the order in which they were collected. One that was skipped has none, one that did not come to run fails."""
    last: dict[tuple[int, str], TestReport] = {}
    for test in report["tests"]:
        last[test["module"], test["name"]] = test
    return tuple(
        _record(program, report, test, tests[test["module"]]) for test in last.values() if test["state"] != "skipped"
    )


def _record(program: str, report: Report, test: TestReport, module: RewrittenTests) -> TestRecord:
    name = clean(shorten(test["name"], 200))
    if test["state"] == "collected":
        ended = report["ended"] == "timeout"
        return TestRecord(test=name, ok=False, failure=ENDED.get(report["ended"]), timed_out=ended)
    line = None if test["line"] is None else module.lines.get(test["line"])
    record = TestRecord(
        test=name,
        ok=test["state"] == "passed",
        failure=_failure(program, test),
        timed_out=test["timed_out"],
        line=line,
        ms=test["ms"],
    )
    return record.model_copy(update=_shown(test, module, line, name))


def _shown(test: TestReport, module: RewrittenTests, line: int | None, name: str) -> dict[str, str | None]:
    """The two sides of what did not hold."""
    got = None if test["got"] is None else clean(test["got"])
    if test["expected"] is not None:
        return {"call": module.raising.get(line or 0, ""), "expected": clean(test["expected"]), "got": got}
    if test["site"] < 0:
        return {}
    site = module.sites[test["site"]]
    if test["left"] is None or test["right"] is None or not site.compares:
        return {"test": f"{name}: {site.test}", "got": got}
    asked, other = (test["right"], test["left"]) if site.call_on_right else (test["left"], test["right"])
    return {"call": site.call, "got": clean(asked), "expected": clean(other)}


def _failure(program: str, test: TestReport) -> Failure | None:
    if test["problem"] is not None:
        return told(test["problem"], program)
    if test["message"]:
        return Failure(type="AssertionError", message=clean(shorten(test["message"], _MAX_MESSAGE)))
    return None
