"""One line of a journal: `{"seq":3,"crc":"1b2c3d4e","event":{...}}`, ASCII only.

`crc` is the CRC-32 of `3:` and the event's bytes, so that a flipped bit or a missing line is noticed and never
read as something else. Texts that make a line longer than `MAX_LINE` are taken out into blobs (see `blobs`).
"""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from reason_tui.runs.blobs import MissingBlobError, Store, restore, take_out
from reason_tui.runs.upgrade import Upgrade
from reason_tui.search.events import EVENT, Event

MAX_LINE = 64 * 1024
LONGEST = 256 * 1024 * 1024
"""Bytes of a line beyond which no reader goes: a journal with its blobs in their lines stays far below."""
_LINE = re.compile(rb'\{"seq":(\d{1,12}),"crc":"([0-9a-f]{8})","event":(.*)\}\n', re.DOTALL)


class DamagedLineError(Exception):
    """A line that is not what was written; the message says why."""


def encode(seq: int, event: Event, store: Store | None) -> bytes:
    """The line, newline included. Without a `store` nothing is taken out. Raises OSError where a blob fails."""
    body = dump(event)
    if store is not None and len(body) > MAX_LINE:
        body = _ascii(take_out(event.model_dump(mode="json"), MAX_LINE, store))
    return b'{"seq":%d,"crc":"%08x","event":%s}\n' % (seq, _crc(seq, body), body)


def decode(line: bytes, seq: int | None, store: Store, upgrade: Upgrade) -> Event:
    """The event in `line`, which must be number `seq` (None: any), in the present form.

    `upgrade` must have seen the lines before it. Raises DamagedLineError, NewerSchemaError.
    """
    match = _LINE.fullmatch(line)
    if match is None:
        raise DamagedLineError("it is not a journal's line")
    found, body = int(match[1]), match[3]
    if seq is not None and found != seq:
        raise DamagedLineError(f"event {seq} was expected, event {found} found")
    if int(match[2], 16) != _crc(found, body):
        raise DamagedLineError("its checksum is wrong")
    try:
        data = restore(json.loads(body), store)
    except (ValueError, RecursionError, MissingBlobError) as error:
        raise DamagedLineError(str(error)) from error
    try:
        return EVENT.validate_python(upgrade.apply(data))
    except ValidationError as error:
        raise DamagedLineError(f"it is not an event of a run ({error.error_count()} errors)") from error
    except (ValueError, TypeError, AttributeError) as error:  # a step met what no event of its format holds
        raise DamagedLineError(f"it is not an event of a run ({error})") from error


def dump(record: BaseModel) -> bytes:
    """The record as JSON in ASCII: quickly, or by the long way where a lone surrogate has no UTF-8."""
    try:
        return record.model_dump_json(ensure_ascii=True).encode("ascii")
    except PydanticSerializationError:
        return _ascii(record.model_dump(mode="json"))


def _ascii(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode("ascii")


def _crc(seq: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(b"%d:" % seq))
