"""What one training has in its folder beside the adapter: its lessons, fixed, so that a resumed training sees the
same, and what it needs to be resumed."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Sequence, Set
from pathlib import Path

from reason_tui.errors import DatasetError, StateError, TrainingError
from reason_tui.learning.adapters.manifest import Manifest
from reason_tui.learning.adapters.shelf import LESSONS, Shelf
from reason_tui.learning.keys import split_of
from reason_tui.learning.pairs import Example, Lesson, Pair, Problem
from reason_tui.learning.training.settings import Method
from reason_tui.runs.folders import atomic_write, private_dir, reason
from reason_tui.runs.lines import dump
from reason_tui.tasks.lines import ForeignRow, read_rows

FILE, BEGUN = LESSONS, "begun.json"
EARLIER = "earlier.jsonl"
"""The tasks of the trainings before, a line each."""
CHECKPOINTS, ROWS = "checkpoints", "rows"
LEAST = 2
_KINDS: dict[Method, type[Pair] | type[Example] | type[Problem]] = {"sft": Example, "dpo": Pair, "grpo": Problem}


class Lessons:
    """The lessons of one training, and the digest of their file."""

    def __init__(self, found: Sequence[Pair | Example | Problem], digest: str) -> None:
        self.train = [lesson for lesson in found if split_of(lesson.task) == "train"]
        self.valid = [lesson for lesson in found if split_of(lesson.task) == "valid"]
        self.digest = digest

    @property
    def tasks(self) -> int:
        """How many tasks they are about."""
        return len({lesson.task for lesson in (*self.train, *self.valid)})


def enough(lessons: Sequence[Lesson]) -> bool:
    """Whether there is something to train on beside the validation tasks."""
    return _to_train(lessons) >= LEAST


def _to_train(lessons: Sequence[Lesson]) -> int:
    return sum(split_of(lesson.task) == "train" for lesson in lessons)


def fix(folder: Path, method: Method, lessons: Sequence[Lesson]) -> Lessons:
    """Write the lessons into the folder, unless they are there; what is there counts.

    Raises TrainingError for too few, StateError where the disk refuses, DatasetError for a damaged file.
    """
    path = folder / FILE
    if not path.exists():
        if not enough(lessons):
            to_train = _to_train(lessons)
            what = {"dpo": "pairs", "sft": "verified programs", "grpo": "tasks"}[method]
            raise TrainingError(
                f"There are too few {what} to train on.",
                why=f"There are {to_train} to train on, and {len(lessons) - to_train} of tasks that only validate; "
                f"{LEAST} to train on are the least.",
                hint="Search first: reason-tui collect --tasks FILE, then reason-tui pairs ls",
            )
        try:
            private_dir(folder)
            atomic_write(path, b"".join(dump(lesson) + b"\n" for lesson in lessons))
        except OSError as error:
            raise StateError("The training data cannot be saved.", why=f"{path}: {reason(error)}") from error
    return read(folder, method)


def tidy(folder: Path) -> None:
    """Remove what only a training that is not over needs."""
    for done in (CHECKPOINTS, ROWS):
        shutil.rmtree(folder / done, ignore_errors=True)
    with contextlib.suppress(OSError):
        (folder / BEGUN).unlink(missing_ok=True)


class _About(ForeignRow):
    """Of a lesson, which task it is about."""

    task: str


def tasks_in(folder: Path) -> frozenset[str]:
    """The keys of the tasks that the lessons in the folder, and earlier ones, are about; none where it has no lessons.

    Raises DatasetError for a damaged file.
    """
    files = (path for path in (folder / FILE, folder / EARLIER) if path.exists())
    return frozenset(about.task for path in files for _, about in read_rows(path, _About))


def learned(shelf: Shelf, adapter: Manifest | None) -> frozenset[str]:
    """The keys of the tasks that this adapter was trained on, and those it began with.

    Of an adapter that came without its lessons nothing is known. Raises DatasetError for damaged lessons.
    """
    known: set[str] = set()
    seen: set[str] = set()
    name = None if adapter is None else adapter.name
    while name is not None and name not in seen:
        seen.add(name)
        known |= tasks_in(shelf.place(name))  # also of one that is damaged: its lessons are there
        name = None if adapter is None else adapter.start
        adapter = None if name is None else shelf.whole(name)
    return frozenset(known)


def keep_earlier(folder: Path, tasks: Set[str]) -> None:
    """Note what the adapter that this training begins with had learned: that one may be removed. Raises StateError."""
    try:
        atomic_write(folder / EARLIER, b"".join(dump(_About(task=task)) + b"\n" for task in sorted(tasks)))
    except OSError as error:
        raise StateError("The training cannot be begun.", why=f"{folder}: {reason(error)}") from error


def read(folder: Path, method: Method) -> Lessons:
    """The lessons in the folder. Raises DatasetError."""
    path = folder / FILE
    anew = f"Begin anew: reason-tui adapters rm {folder.name}"
    try:
        found = [lesson for _, lesson in read_rows(path, _KINDS[method])]
    except DatasetError as error:
        raise DatasetError(error.what, why=error.why, hint=anew) from error
    if not found:
        raise DatasetError(f"{path} is empty.", hint=anew)
    return Lessons(found, hashlib.sha256(path.read_bytes()).hexdigest())
