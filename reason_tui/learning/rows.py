"""Pairs and examples as files: the columns that TRL reads and no others, and a sidecar with everything else.

`prompt` holds the messages as the policy was told them, a reply the whole assistant's turn: the prefix that was put
into the model's mouth, and what it said. Rendered by the model's template that is the very text of inference; the
sidecar's `prefix` says from where on the model spoke. Line n of the sidecar belongs to row n.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, ValidationError, model_validator

from reason_tui.errors import DatasetError, UsageError
from reason_tui.learning.heldout import quotes_held_out
from reason_tui.learning.keys import split_of
from reason_tui.learning.pairs import IMPORTED, Example, Lesson, Pair
from reason_tui.policy import Message
from reason_tui.runs.folders import write_new
from reason_tui.tasks.lines import read_rows
from reason_tui.tasks.types import Frozen

_TEXTS = frozenset(("messages", "chosen", "rejected", "text"))
SIDECAR = ".sidecar.jsonl"


def row_of(lesson: Lesson) -> dict[str, Any]:
    """A conversational row: `prompt`, `chosen`, `rejected` of a pair; `prompt`, `completion` of an example."""
    row: dict[str, Any] = {"prompt": [message.model_dump() for message in lesson.messages]}
    if isinstance(lesson, Pair):
        return row | {"chosen": _turn(lesson, lesson.chosen), "rejected": _turn(lesson, lesson.rejected)}
    assert isinstance(lesson, Example)
    return row | {"completion": _turn(lesson, lesson.text)}


def sidecar_of(lesson: Lesson) -> dict[str, Any]:
    """What TRL does not read: ids, Q, visits, reasons, the prefix, the split."""
    return lesson.model_dump(mode="json", exclude=set(_TEXTS)) | {"split": split_of(lesson.task)}


def _turn(lesson: Lesson, text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": lesson.prefix + text}]


def write_rows(path: Path, lessons: Sequence[Lesson], *, force: bool = False) -> tuple[Path, Path]:
    """The rows and their sidecar beside them; both paths. Raises UsageError where a file is there, unless `force`."""
    beside = sidecar_path(path)
    write_new(beside, _lines(map(sidecar_of, lessons)), force=force)  # first: rows beside a foreign one are misread
    try:
        write_new(path, _lines(map(row_of, lessons)), force=force)
    except UsageError:
        if not force:
            beside.unlink(missing_ok=True)
        raise
    return path, beside


def sidecar_path(path: Path) -> Path:
    """`pairs.jsonl` → `pairs.sidecar.jsonl`."""
    return path.with_name(path.name.removesuffix(".jsonl") + SIDECAR)


def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode("ascii")


class Row(Frozen):
    """A row as it is read."""

    prompt: tuple[Message, ...] = Field(min_length=1)
    chosen: tuple[Message, ...] | None = None
    rejected: tuple[Message, ...] | None = None
    completion: tuple[Message, ...] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Row:
        turns = (self.chosen, self.rejected) if self.completion is None else (self.completion,)
        if self.completion is not None and (self.chosen or self.rejected):
            raise ValueError("it is a pair and an example at once")
        if any(turn is None or len(turn) != 1 or turn[0].role != "assistant" for turn in turns):
            raise ValueError("each reply must be one message of the assistant")
        return self


class Beside(Frozen):
    """A sidecar's line; what it does not say has the values of a pair that nothing is known of."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = ""
    task: str = ""
    task_id: str = ""
    origin: str = IMPORTED
    prefix: str = ""
    q_chosen: float = 1.0
    q_rejected: float = 0.0
    visits_chosen: int = 1
    visits_rejected: int = 1
    why_chosen: str = ""
    why_rejected: str = ""
    chosen_from: str = ""
    rejected_from: str = ""
    why: str = ""
    taken_from: str = ""
    model: str = ""


def read_lessons(path: Path) -> tuple[list[Pair | Example], int]:
    """The pairs and examples of a file with its sidecar, if there is one; and how many were refused.

    Refused are rows that quote a held-out task of the app, and pairs whose sides are the same. Raises DatasetError for
    a damaged file, with the line.
    """
    beside = sidecar_path(path)
    sides = [side for _, side in read_rows(beside, Beside)] if beside.is_file() else None
    rows = [row for _, row in read_rows(path, Row)]
    if sides is not None and len(sides) != len(rows):
        raise DatasetError(
            f"{beside} does not belong to {path}.",
            why=f"It has {len(sides)} lines, and there are {len(rows)} rows.",
            hint="Export both again, or move the sidecar away.",
        )
    found = list(_lessons(path, rows, sides or [Beside()] * len(rows)))
    kept = [one for one in found if not _useless(one)]
    return kept, len(found) - len(kept)


def _lessons(path: Path, rows: Sequence[Row], sides: Sequence[Beside]) -> Iterator[Pair | Example]:
    for number, (row, side) in enumerate(zip(rows, sides, strict=True), 1):
        try:
            yield _lesson(row, side)
        except ValidationError as error:
            why = str(error.errors()[0]["msg"])
            raise DatasetError(f"Row {number} of {path} cannot be used.", why=why) from None


def _lesson(row: Row, side: Beside) -> Pair | Example:
    said = "\0".join(message.content for message in row.prompt)
    digest = hashlib.sha256(f"{said}\0{row.chosen}{row.rejected}{row.completion}".encode()).hexdigest()
    known = side.model_dump() | {
        "id": side.id or digest[:12],
        "task": side.task or hashlib.sha256("".join(said.split()).encode()).hexdigest()[:24],
        "messages": row.prompt,
    }
    if row.completion is not None:
        return Example.model_validate(_only(Example, known | {"text": _after(row.completion, side.prefix)}))
    texts = {"chosen": _after(row.chosen or (), side.prefix), "rejected": _after(row.rejected or (), side.prefix)}
    return Pair.model_validate(_only(Pair, known | texts))


def _only(kind: type[Lesson], values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in kind.model_fields}


def _after(turn: Sequence[Message], prefix: str) -> str:
    return turn[0].content.removeprefix(prefix)


def _useless(lesson: Pair | Example) -> bool:
    same = isinstance(lesson, Pair) and lesson.chosen.strip() == lesson.rejected.strip()
    return same or any(quotes_held_out(message.content) for message in lesson.messages)
