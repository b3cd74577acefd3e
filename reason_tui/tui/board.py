"""The jobs of a state folder, looked at again and again: only what changed is read. It may block for a moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from reason_tui.engine.jobs import JobView, jobs_dir
from reason_tui.engine.jobs.folder import LOG, PROGRESS, SPEC, parse
from reason_tui.engine.jobs.records import Record
from reason_tui.errors import StateError

GOING = frozenset(("starting", "waiting", "running"))
_LOG_BYTES = 16 * 1024
_Stamp = tuple[int, int]


def going(view: JobView) -> bool:
    """Whether a process works on the job."""
    return view.state in GOING


class Board:
    """`look` gives every job, newest first. Damaged ones are left out: `jobs ls` tells of them."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = jobs_dir(state_dir)
        self._known: dict[str, tuple[_Stamp, JobView]] = {}

    def look(self) -> list[JobView]:
        """The jobs now."""
        found: dict[str, tuple[_Stamp, JobView]] = {}
        for folder in self._folders():
            known, stamp = self._known.get(folder.name), _stamp(folder / PROGRESS)
            if known is not None and known[0] == stamp and not going(known[1]):
                found[folder.name] = known
                continue
            try:
                found[folder.name] = (stamp, JobView.of(folder))
            except StateError:
                continue
        self._known = found
        views = (view for _, view in found.values())
        return sorted(views, key=lambda view: (view.spec.created_at, view.spec.id), reverse=True)

    def _folders(self) -> list[Path]:
        try:
            return [folder for folder in self._folder.iterdir() if (folder / SPEC).is_file()]
        except OSError:
            return []

    def folder(self, job: str) -> Path:
        """Where the job of this whole name lies."""
        return self._folder / job


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size


@dataclass
class Tail:
    """What one job told so far. `read` takes in what is new."""

    folder: Path
    records: list[Record] = field(default_factory=list)
    log: str = ""
    """The end of what the job and its libraries printed."""
    _at: int = 0
    _rest: bytes = b""

    @property
    def job(self) -> str:
        """The job's name."""
        return self.folder.name

    def read(self) -> bool:
        """Whether there was anything new."""
        try:
            with (self.folder / PROGRESS).open("rb") as file:
                file.seek(self._at)
                new = file.read()
        except OSError:
            new = b""
        self._at += len(new)
        whole, _, self._rest = (self._rest + new).rpartition(b"\n")
        records = list(parse(whole + b"\n"))
        self.records += records
        log = _end_of(self.folder / LOG)
        changed = bool(records) or log != self.log
        self.log = log
        return changed


def _end_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _LOG_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
