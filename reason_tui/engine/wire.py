"""Lines of JSON on a stream: how a command or a message is written, read and bounded. Both ends use it."""

from __future__ import annotations

import asyncio
import json
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from reason_tui.runs.lines import dump

MAX_LINE = 64 * 1024 * 1024
"""Bytes of one line; a longer one ends the connection. The texts of a run's event are bounded far below it."""

_LONG = 256 * 1024
"""Bytes from which a line is parsed in a thread, so that the event loop stays free."""

T = TypeVar("T")


class GarbledLineError(Exception):
    """A line that is not what the other end should send; the message says why."""


def encode(record: BaseModel) -> bytes:
    """The record as a line, ASCII only."""
    return dump(record) + b"\n"


async def read(reader: asyncio.StreamReader, kind: TypeAdapter[T]) -> T | None:
    """The next record, None at the end of the stream. Raises GarbledLineError; the stream can be read on."""
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError:
        return None
    except (asyncio.IncompleteReadError, OSError):
        return None  # a line without an end is one that its writer did not live to finish
    if len(line) > _LONG:
        return await asyncio.to_thread(_parse, line, kind)
    return _parse(line, kind)


def _parse(line: bytes, kind: TypeAdapter[T]) -> T:
    try:
        data: Any = json.loads(line)
        return kind.validate_python(data)
    except (ValueError, RecursionError) as error:
        detail = f"{error.error_count()} errors" if isinstance(error, ValidationError) else type(error).__name__
        raise GarbledLineError(f"a line of {len(line)} bytes was not understood ({detail})") from error
