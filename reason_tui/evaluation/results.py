"""The results file: JSON lines, a header and then one result a line; written as they come, so that a run can go on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Annotated, TextIO

from pydantic import Field, TypeAdapter, ValidationError

from reason_tui.errors import StateError
from reason_tui.evaluation.outcome import Header, TaskResult
from reason_tui.runs.folders import reason
from reason_tui.runs.locks import is_held, take

_LINE: TypeAdapter[Header | TaskResult] = TypeAdapter(Annotated[Header | TaskResult, Field(discriminator="type")])


class Results:
    """The results of one evaluation, kept in memory and, where there is a path, in a file.

    Opening an existing file reads it; a last line cut short by a crash is dropped. Raises StateError where the
    file holds another evaluation, another process is adding to it, or it cannot be used.
    """

    def __init__(self, header: Header, path: Path | None = None) -> None:
        self.header = header
        self.found: list[TaskResult] = []
        self._file: TextIO | None = None
        if path is not None:
            self._open(path)

    def __enter__(self) -> Results:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def done(self) -> set[tuple[str, str, int]]:
        """(task, strategy, seed) of the searches whose every budget is there."""
        budgets: dict[tuple[str, str, int], set[int]] = {}
        for result in self.found:
            budgets.setdefault((result.task, result.strategy, result.seed), set()).add(result.budget)
        wanted = set(self.header.settings.budgets)
        return {key for key, found in budgets.items() if found >= wanted}

    def add(self, results: Iterable[TaskResult]) -> None:
        """Keep the results of one search, all at once."""
        fresh = list(results)
        self.found += fresh
        if self._file is None:
            return
        try:
            self._file.write("".join(f"{result.model_dump_json()}\n" for result in fresh))
            self._file.flush()
        except OSError as error:
            raise StateError(
                "The results cannot be written.",
                why=reason(error),
                hint="Make room; the same command then goes on from there.",
            ) from error

    def _open(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._replaced(path)
        except (OSError, UnicodeDecodeError) as error:
            raise StateError(
                f"The results file {path} cannot be used.", why=str(error), hint="Give another path."
            ) from None

    def _replaced(self, path: Path) -> TextIO:
        """The file, locked, with what is kept: a search whose results were cut off is made anew.

        Whoever replaces it has its scratch locked first, and keeps that lock when the scratch gets the file's name.
        """
        scratch = path.with_name(f"{path.name}.new")
        lock = take(scratch)
        if lock is None:
            raise _taken(path)
        file = os.fdopen(lock, "w", encoding="utf-8")
        try:
            if is_held(path):
                raise _taken(path)
            lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else [""]
            file.truncate()
            file.write("".join(f"{line}\n" for line in self._read(path, lines)))
            file.flush()
            scratch.replace(path)
        except BaseException:
            scratch.unlink(missing_ok=True)
            file.close()
            raise
        return file

    def _read(self, path: Path, lines: list[str]) -> list[str]:
        whole = lines[:-1]  # what follows the last line end was cut short
        if not whole:
            return [self.header.model_dump_json()]
        first, *rest = (self._parse(path, number, line) for number, line in enumerate(whole, 1))
        if first != self.header:
            raise StateError(
                f"{path} holds the results of another evaluation.",
                why="Its model, tasks or settings differ.",
                hint="Give another path, or move the file away.",
            )
        self.found = [result for result in rest if isinstance(result, TaskResult)]
        done = self.done()
        self.found = [found for found in self.found if (found.task, found.strategy, found.seed) in done]
        return [self.header.model_dump_json(), *(result.model_dump_json() for result in self.found)]

    @staticmethod
    def _parse(path: Path, number: int, line: str) -> Header | TaskResult:
        try:
            return _LINE.validate_json(line)
        except ValidationError as error:
            raise StateError(
                f"Line {number} of {path} is damaged.",
                why=str(error.errors()[0]["msg"]),
                hint="Give another path, or move the file away.",
            ) from None


def _taken(path: Path) -> StateError:
    return StateError(
        f"Another process adds its results to {path}.", hint="Wait until it is done, or give another path."
    )
