"""Read the head of a safetensors file: names, shapes and types of its tensors, and whether the file is whole.

The format (https://huggingface.co/docs/safetensors): eight bytes with the length of a JSON head, the head, the data.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from reason_tui.errors import ModelDamagedError, ModelNotFoundError

_LENGTH = struct.Struct("<Q")
_LONGEST_HEAD = 100_000_000  # what the format itself allows


class _Entry(BaseModel):
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


_HEAD = TypeAdapter(dict[str, _Entry])


@dataclass(frozen=True)
class TensorInfo:
    """`dtype` as the format calls it (F32, F16, BF16, U8, …)."""

    shape: tuple[int, ...]
    dtype: str
    size: int


def read_tensors(path: Path) -> dict[str, TensorInfo]:
    """The tensors of the file by name.

    Raises ModelNotFoundError where there is no such file, ModelDamagedError where it is none of this format, or
    shorter than its own head says.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            begin = file.read(_LENGTH.size)
            length = _LENGTH.unpack(begin)[0] if len(begin) == _LENGTH.size else 0
            if not 0 < length <= min(size, _LONGEST_HEAD):
                raise _damaged(path, "It does not begin with the length of a head.")
            head = file.read(length)
    except OSError as error:
        raise ModelNotFoundError(
            f"{path} cannot be read.", why=error.strerror or str(error), hint="Check the path, or copy the file again."
        ) from error
    entries = _entries(path, head)
    end = _LENGTH.size + length + max((entry.data_offsets[1] for entry in entries.values()), default=0)
    if end > size:
        raise _damaged(path, f"It has {size} bytes, and its last tensor ends at byte {end}.")
    return {
        name: TensorInfo(entry.shape, entry.dtype, entry.data_offsets[1] - entry.data_offsets[0])
        for name, entry in entries.items()
    }


def _entries(path: Path, head: bytes) -> dict[str, _Entry]:
    try:
        found = json.loads(head)
        if isinstance(found, dict):
            found.pop("__metadata__", None)
        return _HEAD.validate_python(found)
    except (ValueError, RecursionError) as error:  # pydantic's ValidationError is a ValueError
        raise _damaged(path, "Its head is not the JSON that the format asks for.") from error


def _damaged(path: Path, why: str) -> ModelDamagedError:
    return ModelDamagedError(
        f"{path} is not a whole safetensors file.", why=why, hint="Copy or download it again, and compare its size."
    )
