"""From what a job did to a verdict. Every comparison with an expected value happens here, on the host."""

from __future__ import annotations

import ast
from typing import Any

from reason_tui.sandbox.asserts import AssertSite, RewrittenCheck
from reason_tui.sandbox.functions import test_records
from reason_tui.sandbox.inside.protocol import Outcome, Report, SiteReport
from reason_tui.sandbox.inside.showing import brief
from reason_tui.sandbox.inside.values import CrossingError, Opaque, decode
from reason_tui.sandbox.orders import Prepared
from reason_tui.sandbox.sameness import same
from reason_tui.sandbox.told import ENDED, told
from reason_tui.sandbox.types import Failure, Job, Level, TestRecord, Verdict, VerdictStatus
from reason_tui.tasks.types import CallCase
from reason_tui.text import clean, shorten

_STATUS: dict[str, VerdictStatus] = {
    "raised": "error",
    "timeout": "timeout",
    "memory": "memory",
    "output": "output",
    "killed": "killed",
}


def verdict(job: Job, report: Report, prepared: Prepared, level: Level, python: str) -> Verdict:
    """The verdict on `job`. A job without tests never passes."""
    load, check = report["load"], prepared.check
    loaded = load["how"] == "value"
    records: tuple[TestRecord, ...] = ()
    failure = _failure(load, job.program)
    if job.kind == "stdio":
        records = (_stdio_record(job, report),) if load["how"] in ("value", "raised") else ()
    elif loaded and report["has_entry_point"]:
        records = _records(job, report, prepared)
    if report["exam_problem"] is not None:
        failure = failure or told(report["exam_problem"], job.program)
    failure = failure or next((record.failure for record in records if record.failure is not None), None)
    return Verdict(
        status=_status(job, report, records, check),
        records=records,
        loaded=loaded,
        has_entry_point=report["has_entry_point"],
        failure=failure,
        stdout=_output(report["stdout"], job),
        stderr=_output(report["stderr"], job),
        stdout_bytes=report["stdout_bytes"],
        stderr_bytes=report["stderr_bytes"],
        peak_memory_kb=report["peak_memory_kb"],
        ms=report["ms"],
        level=level,
        python=python,
        strength="weak" if level == "unsafe" or report["weak"] else "strong",
    )


def _records(job: Job, report: Report, prepared: Prepared) -> tuple[TestRecord, ...]:
    if job.kind == "tests":
        return test_records(job.program, report, prepared.tests)
    return _case_records(job, report) if prepared.check is None else _check_records(job, report, prepared.check)


def _status(job: Job, report: Report, records: tuple[TestRecord, ...], check: RewrittenCheck | None) -> VerdictStatus:
    load = report["load"]["how"]
    if load != "value":
        return _STATUS[load]
    if job.kind != "stdio" and not report["has_entry_point"]:
        return "error"
    if report["ended"] != "value":
        return _STATUS[report["ended"]]
    complete = _exam_complete(report, check) if check is not None else job.kind != "tests" or report["finished"]
    return "pass" if records and complete and all(record.ok for record in records) else "fail"


def _case_records(job: Job, report: Report) -> tuple[TestRecord, ...]:
    entry = job.entry_point or ""
    return tuple(
        _case_record(case, entry, outcome, job) for case, outcome in zip(job.cases, report["outcomes"], strict=True)
    )


def _case_record(case: CallCase, entry: str, outcome: Outcome, job: Job) -> TestRecord:
    ok, got, failure = False, None, _failure(outcome, job.program)
    problem = outcome["problem"]
    if outcome["how"] == "value":
        value = _value(outcome, inplace=job.inplace)
        got = clean(brief(value))
        if case.raises is None:
            ok = case.expected is None or same(value, ast.literal_eval(case.expected), sequences=case.sequences)
    elif outcome["how"] == "raised" and case.raises is not None and problem is not None:
        ok = case.raises in problem["names"]
        failure = None if ok else failure
    return TestRecord(
        test=case.describe(entry),
        ok=ok,
        call=case.call(entry),
        expected=case.raises or case.expected,
        got=got,
        failure=failure,
        timed_out=outcome["how"] == "timeout",
        ms=outcome["ms"],
    )


def _value(outcome: Outcome, *, inplace: bool) -> Any:
    """What a call is judged by: what it returned, or for an in-place task that returns nothing its first argument."""
    value = _decoded(outcome["value"])
    if inplace and value is None and outcome["args"]:
        args = _decoded(outcome["args"])
        return args[0] if args else None
    return value


def _decoded(data: bytes) -> Any:
    try:
        return decode(data)
    except CrossingError:
        return Opaque("unreadable")


def _check_records(job: Job, report: Report, check: RewrittenCheck) -> tuple[TestRecord, ...]:
    """One record for each assert; an assert that was executed often is told by its first failure."""
    told: dict[int, SiteReport] = {}
    for site in report["sites"]:
        told[site["site"]] = site
    complete = _exam_complete(report, check)
    records = []
    for number, site_text in enumerate(check.sites):
        if number in told:
            records.append(_site_record(site_text, told[number], job))
        elif not complete:
            records.append(_not_run(site_text, report, job))
    return tuple(records)


def _exam_complete(report: Report, check: RewrittenCheck) -> bool:
    """Whether the test ran to its end, raised nothing, and executed as many of its asserts as it holds."""
    executed = {site["site"] for site in report["sites"]}
    return report["finished"] and report["exam_problem"] is None and len(executed) >= check.required


def _site_record(text: AssertSite, site: SiteReport, job: Job) -> TestRecord:
    asked, other = (site["right"], site["left"]) if text.call_on_right else (site["left"], site["right"])
    got, expected = (asked, other or text.expected) if text.compares else (site["got"], None)
    return TestRecord(
        test=text.test,
        ok=site["ok"],
        call=text.call,
        expected=None if expected is None else clean(expected),
        got=None if got is None else clean(got),
        failure=None if site["problem"] is None else told(site["problem"], job.program),
        timed_out=site["timed_out"],
        ms=site["ms"],
    )


def _not_run(text: AssertSite, report: Report, job: Job) -> TestRecord:
    problem = report["exam_problem"]
    return TestRecord(
        test=text.test,
        ok=False,
        call=text.call,
        expected=text.expected,
        failure=ENDED.get(report["ended"]) if problem is None else told(problem, job.program),
        timed_out=report["ended"] == "timeout",
    )


def _stdio_record(job: Job, report: Report) -> TestRecord:
    written = report["stdout"].decode("utf-8", "replace")
    whole = len(report["stdout"]) == report["stdout_bytes"]
    ok = report["load"]["how"] == "value"
    if job.stdout is not None:
        ok = ok and whole and _lines(written) == _lines(job.stdout)
    return TestRecord(
        test=f"prints {shorten(repr(job.stdout), 200)}" if job.stdout is not None else "runs",
        ok=ok,
        expected=None if job.stdout is None else shorten(job.stdout, 600),
        got=clean(shorten(written, 600)),
        failure=_failure(report["load"], job.program),
        ms=report["load"]["ms"],
    )


def _lines(text: str) -> list[str]:
    """The lines without white space at their ends, and without empty lines at the end."""
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _failure(outcome: Outcome, program: str) -> Failure | None:
    if outcome["problem"] is not None:
        return told(outcome["problem"], program)
    return ENDED.get(outcome["how"])


def _output(data: bytes, job: Job) -> str:
    return clean(data[: job.limits.output_kb * 1024].decode("utf-8", "replace"))
