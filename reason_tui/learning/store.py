"""The aggregator: what the runs say about their tasks, in one file that any number of processes may add to.

`<state>/learning/samples.sqlite`. A run is taken in as a whole, once for each state of its journal, so that taking in
again changes nothing. Tasks that are held out never come in, and never out: a task that is held out later takes its
samples out of every later list.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from reason_tui.errors import JournalError, StateError, UsageError
from reason_tui.learning.heldout import shipped
from reason_tui.learning.pairs import IMPORTED, Example, Lesson, Pair, PairRules, examples_of, pairs_of
from reason_tui.learning.samples import Sample, samples_of
from reason_tui.learning.schema import DAMAGED, transaction
from reason_tui.runs.folders import JOURNAL, reason
from reason_tui.runs.journal import read_events
from reason_tui.tasks.problem import dense, task_key
from reason_tui.tasks.types import Frozen, Task
from reason_tui.text import one_line

FILE = "learning/samples.sqlite"
_TELLING = 20
"""Letters from which the words of a task are no accident in a prompt."""
_NAMES: dict[type[Lesson], str] = {Pair: "pair", Example: "example"}

Kind = TypeVar("Kind", bound=Lesson)
Record = TypeVar("Record", bound=Frozen)


class Taken(NamedTuple):
    """What taking in a run gave. Not `fresh`: it was here in this state already."""

    samples: int
    fresh: bool = True
    held_out: bool = False


class Store:
    """The samples of a state folder. Every method raises StateError where the file cannot be used."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / FILE

    def take_in(self, folder: Path) -> Taken:
        """Take in the run in this folder. Raises JournalError for a damaged journal: nothing of it is taken."""
        try:
            found = (folder / JOURNAL).stat()
        except OSError as error:
            raise JournalError(f"The journal of {folder.name} cannot be read.", why=reason(error)) from error
        stamp = f"{found.st_mtime_ns}:{found.st_size}"
        with transaction(self.path) as database:
            known = database.execute("SELECT stamp FROM runs WHERE id = ?", (folder.name,)).fetchone()
        if known is not None and known[0] == stamp:
            return Taken(0, fresh=False)
        return self.add(folder.name, samples_of(read_events(folder)), stamp)

    def add(self, run: str, samples: Sequence[Sample], stamp: str = "") -> Taken:
        """Put these in the place of what was known of the run; those of held-out tasks are left out."""
        with transaction(self.path) as database:
            out = _held_out(database)
            kept = [sample for sample in samples if sample.task not in out]
            database.execute("DELETE FROM samples WHERE run = ?", (run,))
            database.executemany(
                "INSERT INTO samples VALUES (?, ?, ?, ?)",
                [(sample.run, sample.node, sample.task, sample.model_dump_json(ensure_ascii=True)) for sample in kept],
            )
            database.execute("INSERT OR REPLACE INTO runs VALUES (?, ?)", (run, stamp))
        return Taken(len(kept), held_out=len(kept) < len(samples))

    def knows(self, run: str) -> bool:
        """Whether the run was taken in, in whatever state."""
        with transaction(self.path) as database:
            return database.execute("SELECT 1 FROM runs WHERE id = ?", (run,)).fetchone() is not None

    def hold_out(self, tasks: Iterable[Task], source: str) -> None:
        """These tasks are for measuring from now on."""
        found = {task_key(task): dense(task.prompt).encode("utf-8", "replace").decode() for task in tasks}
        told = [(key, words) for key, words in found.items() if len(words) >= _TELLING]
        with transaction(self.path) as database:
            database.executemany("INSERT OR IGNORE INTO heldout VALUES (?, ?)", [(key, source) for key in found])
            database.executemany("INSERT OR IGNORE INTO heldout_words VALUES (?, ?)", told)

    def held_out(self) -> frozenset[str]:
        """The keys of all tasks that nothing may be learned from."""
        with transaction(self.path) as database:
            return _held_out(database)

    def samples(self, runs: Iterable[str] | None = None) -> list[Sample]:
        """What may be learned from, of all runs or of these."""
        wanted = None if runs is None else set(runs)
        with transaction(self.path) as database:
            out = _held_out(database)
            rows = database.execute("SELECT task, run, data FROM samples ORDER BY run, node").fetchall()
        kept = (data for task, run, data in rows if task not in out and (wanted is None or run in wanted))
        return [self._parsed(Sample, data) for data in kept]

    def pairs(self, rules: PairRules, runs: Iterable[str] | None = None) -> list[Pair]:
        """The pairs by these rules and those imported, without the dropped."""
        found = self._kept(pairs_of(self.samples(runs), rules))
        return _each_once([*found, *(self._imported(Pair) if runs is None else ())])

    def examples(self, rules: PairRules, runs: Iterable[str] | None = None) -> list[Example]:
        """The verified replies by these rules and those imported, without the dropped."""
        found = self._kept(examples_of(self.samples(runs), rules))
        return _each_once([*found, *(self._imported(Example) if runs is None else ())])

    def bring_in(self, lessons: Iterable[Lesson]) -> tuple[int, int]:
        """Keep pairs or examples that come from elsewhere: how many are new, and how many held out and refused."""
        new = refused = 0
        with transaction(self.path) as database:
            out = _held_out(database)
            words = _words(database)
            for lesson in lessons:
                if lesson.task in out or _quotes(lesson, words):
                    refused += 1
                    continue
                row = (lesson.id, _NAMES[type(lesson)], lesson.task, lesson.model_dump_json(ensure_ascii=True))
                new += database.execute("INSERT OR IGNORE INTO imported VALUES (?, ?, ?, ?)", row).rowcount
        return new, refused

    def drop(self, ids: Iterable[str]) -> None:
        """Never list these pairs or examples again."""
        with transaction(self.path) as database:
            database.executemany("INSERT OR IGNORE INTO dropped VALUES (?)", [(found,) for found in ids])

    def restore(self) -> int:
        """List everything that was dropped again; how many they were."""
        with transaction(self.path) as database:
            return database.execute("DELETE FROM dropped").rowcount

    def _kept(self, lessons: Iterable[Kind]) -> list[Kind]:
        with transaction(self.path) as database:
            dropped = {row[0] for row in database.execute("SELECT id FROM dropped")}
        return [lesson for lesson in lessons if lesson.id not in dropped]

    def _imported(self, kind: type[Kind]) -> list[Kind]:
        name = _NAMES[kind]
        with transaction(self.path) as database:
            out = _held_out(database)
            words = _words(database)
            rows = database.execute("SELECT task, data FROM imported WHERE kind = ? ORDER BY id", (name,)).fetchall()
        found = (self._parsed(kind, data) for task, data in rows if task not in out)
        return self._kept(lesson for lesson in found if not _quotes(lesson, words))

    def _parsed(self, kind: type[Record], data: str) -> Record:
        try:
            return kind.model_validate_json(data)
        except ValidationError as error:
            raise StateError(
                f"The store of what was learned is damaged: {self.path}",
                why=f"A {kind.__name__.lower()} in it cannot be read ({error.error_count()} errors).",
                hint=DAMAGED,
            ) from error


def _each_once(lessons: Iterable[Kind]) -> list[Kind]:
    """What was exported and came back is the same lesson."""
    return list({lesson.id: lesson for lesson in lessons}.values())


def find_lesson(lessons: Iterable[Kind], key: str) -> Kind:
    """The one whose id begins with `key`. Raises UsageError."""
    found = [lesson for lesson in lessons if key and lesson.id.startswith(key)]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} of them begin" if found else "There is no pair and no example whose id begins"
    raise UsageError(f"{what} with `{one_line(key, 40)}`.", hint="See them all: reason-tui pairs ls")


def _words(database: sqlite3.Connection) -> list[str]:
    return [row[0] for row in database.execute("SELECT words FROM heldout_words")]


def _quotes(lesson: Lesson, words: Collection[str]) -> bool:
    """Of a row of others nobody knows which task it is about: its prompt says it. (Shipped ones: see `rows`.)"""
    if lesson.origin != IMPORTED:
        return False
    asked = [dense(message.content) for message in lesson.messages]
    return any(each in text for text in asked for each in words)


def _held_out(database: sqlite3.Connection) -> frozenset[str]:
    return shipped() | {row[0] for row in database.execute("SELECT task FROM heldout")}
