"""A report as a table for a terminal, as Markdown, or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from reason_tui.evaluation.summary import Comparison, Report, Row
from reason_tui.text import one_line

Format = Literal["text", "markdown", "json"]

_ABOUT = (
    "Passed: the one answer passes the hidden tests, run once; in brackets the 95% bootstrap interval over {of}. "
    "Claimed: the answer passes the visible tests. Completions, tokens and programs run are means of one search."
)


def render_table(report: Report, form: Format = "text") -> str:
    """The report, without a line end at its end."""
    if form == "json":
        return report.model_dump_json(indent=2)
    head, rows = _cells(report.rows)
    parts = [_facts(report), _ABOUT.format(of=_unit(report)), _table(head, rows, form)]
    if report.comparisons:
        parts += [
            _ON_PAIRS.format(where=_WHERE if _shared(report) else ""),
            _table(_COMPARED, [_pair(item) for item in report.comparisons], form),
        ]
    return "\n\n".join(parts)


_ON_PAIRS = (
    "Paired differences in percentage points, the same tasks and seeds. A difference is one only where its interval "
    "excludes 0. p: exact McNemar test, not corrected for the number of comparisons{where}."
)
_WHERE = "; none is given, because tasks of one problem are not independent"
_COMPARED = ["comparison", "budget", "difference", "95% interval", "only first", "only second", "p"]


def _shared(report: Report) -> Row | None:
    """A row of which several tasks are about one problem."""
    return next((row for row in report.rows if row.problems < row.tasks), None)


def _unit(report: Report) -> str:
    row = _shared(report)
    if row is None:
        return "tasks"
    return f"problems: the {row.tasks} tasks are about {row.problems}, and those about one are drawn together"


def _facts(report: Report) -> str:
    header = report.header
    settings, search = header.settings, header.settings.search
    digest = f", sha256 {header.model_sha256[:16]}" if header.model_sha256 else ""
    seeds = ", ".join(map(str, settings.seeds))
    unit = "" if settings.unit == "completions" else " Budgets count tokens, of prompts and completions."
    own = "; ".join(f"{name}: {_settings(changes)}" for name, changes in settings.own.items() if changes)
    return one_line(
        f"Dataset {header.dataset or 'unnamed'}, {header.tasks} tasks (sha256 {header.dataset_sha256[:16]}). "
        f"Model {header.policy.model}{digest}, backend {header.policy.backend}. "
        f"Seeds {seeds}; width {search.width}, temperature {search.temperature:g}, top-p {search.top_p:g}, "
        f"at most {search.max_tokens} tokens a completion, confirm {search.confirm}."
        f"{unit}{f' Set otherwise for {own}.' if own else ''}"
    )


def _settings(changes: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in changes.items())


def _cells(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    groups = sorted({name for row in rows for name in row.groups})
    refused = ["refused"] if any(row.refused for row in rows) else []
    head = ["strategy", "budget", "passed", "claimed", *groups, "completions", "tokens", "programs", *refused]
    return head, [
        [
            row.strategy,
            str(row.budget),
            f"{_percent(row.passed)} [{_percent(row.low)}, {_percent(row.high)}]",
            _percent(row.claimed),
            *(_percent(row.groups.get(name, 0.0)) for name in groups),
            f"{row.completions:.1f}",
            f"{row.tokens:.0f}",
            f"{row.programs:.1f}",
            *([str(row.refused)] if refused else []),
        ]
        for row in rows
    ]


def _pair(item: Comparison) -> list[str]:
    return [
        f"{item.first} - {item.second}",
        str(item.budget),
        f"{100 * item.difference:+.1f}",
        f"[{100 * item.low:+.1f}, {100 * item.high:+.1f}]",
        str(item.only_first),
        str(item.only_second),
        "" if item.p is None else f"{item.p:.3f}",
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _table(head: list[str], rows: list[list[str]], form: Format) -> str:
    head = [one_line(cell) for cell in head]
    rows = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [_line(row, widths, form) for row in (head, *rows)]
    rule = ["-" * width for width in widths]
    if form == "markdown":
        rule = [rule[0], *(f"{dashes[1:] or '-'}:" for dashes in rule[1:])]
    lines.insert(1, _line(rule, widths, form))
    return "\n".join(lines)


def _line(cells: list[str], widths: list[int], form: Format) -> str:
    first, *rest = (
        cell.ljust(width) if at == 0 else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join((first, *rest))} |" if form == "markdown" else "  ".join((first, *rest)).rstrip()
