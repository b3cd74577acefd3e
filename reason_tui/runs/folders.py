"""Where runs lie, how they are named, and files that are private and never half written."""

from __future__ import annotations

import errno
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from reason_tui.errors import JournalError, RunNotFoundError, UsageError
from reason_tui.tasks.types import Task
from reason_tui.text import one_line

JOURNAL = "journal.jsonl"
BLOBS = "blobs"
_SLUG_LENGTH = 24


def runs_dir(state_dir: Path) -> Path:
    """The folder that holds a folder for each run."""
    return state_dir / "runs"


def run_folder(state_dir: Path, run: str) -> Path:
    """The folder of the run with this whole name. Raises RunNotFoundError."""
    folder = runs_dir(state_dir) / run
    if Path(run).name != run or not (folder / JOURNAL).is_file():
        raise RunNotFoundError(f"There is no run `{one_line(run, 60)}`.", hint="See them all: reason-tui runs ls")
    return folder


def new_run_id(task: Task, now: datetime | None = None) -> str:
    """`YYYYMMDD-HHMMSS-<slug>-<4 hex>`, in local time, so that a listing by name is a listing by age."""
    moment = (now or datetime.now()).strftime("%Y%m%d-%H%M%S")
    return f"{moment}-{_slug(task.entry_point or task.prompt)}-{secrets.token_hex(2)}"


def _slug(text: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", text[:200].lower()).strip("-")
    return words[:_SLUG_LENGTH].strip("-") or "run"


def private_dir(path: Path) -> None:
    """Make `path` and whatever is missing above it, for the user alone (0700). Raises OSError."""
    if path.is_dir():
        return
    if path.parent != path:
        private_dir(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def arriving(target: Path) -> Iterator[Path]:
    """A private folder that becomes `target` when it is left without an error, else vanishes. Raises OSError."""
    private_dir(target.parent)
    if target.exists():
        raise FileExistsError(errno.EEXIST, "It is already there", str(target))
    with tempfile.TemporaryDirectory(prefix=".arriving-", dir=target.parent.parent) as place:
        folder = Path(place) / target.name
        folder.mkdir(mode=0o700)
        yield folder
        folder.rename(target)


def atomic_write(path: Path, content: bytes) -> None:
    """Write a file (0600) that is there whole or not at all. Raises OSError."""
    with atomic_file(path) as file:
        file.write(content)


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """A file (0600) to write; it is at `path`, whole, once the block is left without an error. Raises OSError."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_new(path: Path, content: bytes, *, force: bool = False) -> None:
    """`atomic_write`, but refuses to replace a file unless `force`. Raises UsageError where it cannot write."""
    try:
        if force:
            atomic_write(path, content)
            return
        path.touch(mode=0o600, exist_ok=False)
        try:
            atomic_write(path, content)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except FileExistsError:
        raise UsageError(
            f"{path} is already there.", hint="Give another name, or ask for it to be replaced (--force)."
        ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written.", why=reason(error), hint="Give another place.") from error


def reason(error: OSError) -> str:
    """What the operating system said, as a sentence."""
    return f"{error.strerror or error}."


def unwritable(path: Path, error: OSError) -> JournalError:
    """The one way in which a journal that cannot be written is told."""
    return JournalError(
        "The run cannot be saved.",
        why=f"{path}: {reason(error)}",
        hint="Free space there, or set another state folder (--state-dir).",
    )
