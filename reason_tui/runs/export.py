"""What a user takes out of a run: the program, the program with its tests, a report, the journal in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from reason_tui.errors import UsageError
from reason_tui.runs import lines
from reason_tui.runs.fold import RunView
from reason_tui.runs.folders import write_new
from reason_tui.runs.journal import read_events
from reason_tui.runs.report import report
from reason_tui.runs.with_tests import with_tests

ExportKind = Literal["solution", "tests", "report", "journal"]
KINDS: tuple[ExportKind, ...] = get_args(ExportKind)
NAMES: dict[ExportKind, str] = {
    "solution": "solution.py",
    "tests": "test_solution.py",
    "report": "report.md",
    "journal": "journal.jsonl",
}


def export(view: RunView, kind: ExportKind, target: Path, *, folder: Path | None = None, force: bool = False) -> Path:
    """Write `kind` of the run to `target` and return the file's path. A folder gets the usual name in it.

    The file is there whole or not at all, and replaces none unless `force`. `folder` is the run's own: needed for
    its journal, whose blobs come back into their lines. Raises UsageError, and JournalError for a damaged journal.
    """
    path = target / NAMES[kind] if target.is_dir() else target
    write_new(path, content(view, kind, folder), force=force)
    return path


def content(view: RunView, kind: ExportKind, folder: Path | None) -> bytes:
    """What `export` writes. Raises what it raises."""
    if kind == "journal":
        if folder is None:
            raise UsageError("This run has no journal to export.")
        return b"".join(lines.encode(seq, event, None) for seq, event in enumerate(read_events(folder)))
    if kind == "report":
        return report(view).encode("utf-8", "backslashreplace")
    text = solution(view)
    if kind == "tests" and view.task is not None:
        text = with_tests(view.task, text)
    return text.encode("utf-8", "backslashreplace")


def solution(view: RunView) -> str:
    """The answer's program, ending in one newline. Raises UsageError where the run has none."""
    answer = view.answer
    if answer is None or answer.program is None:
        raise UsageError("The run has no program.", why="No candidate held one.", hint="Let it search on.")
    return answer.program.rstrip() + "\n"
