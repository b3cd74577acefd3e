"""The runs in a state folder: their journals, and the index that spares reading them again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reason_tui.errors import RunNotFoundError
from reason_tui.runs import index
from reason_tui.runs.folders import JOURNAL, runs_dir
from reason_tui.runs.index import Indexed, Stamp
from reason_tui.runs.summary import RunSummary, at_present, from_journal, is_written, summarise
from reason_tui.text import one_line

__all__ = ["RunSummary", "find_run", "is_written", "list_runs", "reindex", "summarise"]


def list_runs(state_dir: Path) -> list[RunSummary]:
    """Every run, newest first; damaged ones are listed as such. Journals that changed since the last list are read."""
    known = index.read(state_dir)
    fresh: list[Indexed] = []
    found: list[RunSummary] = []
    for folder, stamp in _stamped(state_dir):
        row = known.pop(folder.name, None)
        if row is None or row.stamp != stamp:
            row = Indexed(stamp, from_journal(folder))
            fresh.append(row)
        found.append(at_present(folder, row.told))
    index.update(state_dir, fresh, known)
    return sorted(found, key=lambda run: (run.started_at, run.id), reverse=True)


def reindex(state_dir: Path) -> list[RunSummary]:
    """`list_runs` from the journals alone; the index is made again."""
    index.forget(state_dir)
    return list_runs(state_dir)


def find_run(state_dir: Path, key: str) -> Path:
    """The folder of the run called `key`: its id, the only id that begins so, or `last`. Raises RunNotFoundError."""
    if key == "last":
        runs = list_runs(state_dir)
        if not runs:
            raise RunNotFoundError("There is no run yet.", hint="Start one: reason-tui solve PROMPT")
        return runs_dir(state_dir) / runs[0].id
    names = sorted(folder.name for folder, _ in _stamped(state_dir))
    if key in names:
        return runs_dir(state_dir) / key
    fitting = [name for name in names if key and name.startswith(key)]
    if len(fitting) == 1:
        return runs_dir(state_dir) / fitting[0]
    if fitting:
        raise RunNotFoundError(
            f"{len(fitting)} runs begin with `{one_line(key, 60)}`.",
            why=f"Among them: {', '.join(fitting[-3:])}",
            hint="Give more of the name.",
        )
    raise RunNotFoundError(f"There is no run `{one_line(key, 60)}`.", hint="See them all: reason-tui runs ls")


def _stamped(state_dir: Path) -> Iterator[tuple[Path, Stamp]]:
    """The folders of runs, and the stamps of their journals."""
    try:
        folders = list(runs_dir(state_dir).iterdir())
    except OSError:
        return
    for folder in folders:
        try:
            found = (folder / JOURNAL).stat()
        except OSError:
            continue
        yield folder, Stamp(found.st_mtime_ns, found.st_size)
