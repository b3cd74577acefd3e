"""Reads JSON lines, gzipped or not; damage is an error that names the file and the line."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from reason_tui.errors import DatasetError, TaskError
from reason_tui.text import one_line

_MAX_WHY = 200


class ForeignRow(BaseModel):
    """A row of a published dataset: its fields that we use; others are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Row = TypeVar("Row", bound=BaseModel)


def read_rows(path: Path, kind: type[Row]) -> Iterator[tuple[int, Row]]:
    """Every line of `path` as a `kind`, with its number from 1. Raises DatasetError."""
    for number, line in _lines(path):
        try:
            data: Any = json.loads(line)
            yield number, kind.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise damaged(path, number, f"{where}: {first['msg']}") from None
        except (ValueError, RecursionError) as error:
            raise damaged(path, number, f"it is not JSON: {error}") from None


def damaged(path: Path, line: int, why: str | TaskError) -> DatasetError:
    """The error that says that line `line` of `path` cannot be used."""
    return DatasetError(
        f"Line {line} of {path} cannot be used.",
        why=one_line(why.what if isinstance(why, TaskError) else why, _MAX_WHY),
        hint="Fetch the file again, or remove the line.",
    )


def first_row(path: Path) -> dict[str, Any]:
    """The first line as a dictionary, empty if it is none. Raises DatasetError where the file cannot be read."""
    for _, line in _lines(path):
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) else {}
    return {}


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DatasetError(
            f"The dataset {path} cannot be read.",
            why=one_line(str(error), _MAX_WHY),
            hint="It must be a JSON-lines file in UTF-8, gzipped or not.",
        ) from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line
