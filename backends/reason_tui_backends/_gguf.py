"""Read the head of a GGUF file: enough to size the caches, and to refuse a file that is not a whole one.

llama.cpp refuses damaged files too, but says only that it failed; here the reason is still known.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from reason_tui_backends._ggml_types import tensor_bytes
from reason_tui_backends._gguf_parts import other_parts

from reason_tui.errors import ModelDamagedError, ModelNotFoundError

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_ALIGNMENT = 32
_F16_BYTES = 2
_EMBEDDING, _OUTPUT = "token_embd.weight", "output.weight"

Scalar = int | float | bool | str


class Tied(NamedTuple):
    """An embedding that is the output's matrix too: ggml's number of its type, and the bytes it has."""

    kind: int
    size: int


@dataclass(frozen=True)
class Header:
    """The scalar metadata of a GGUF file; of arrays (the vocabulary) only their lengths are known.

    `file_bytes` are those of all files of the model.
    """

    metadata: Mapping[str, Scalar]
    file_bytes: int
    lengths: Mapping[str, int]
    tied: Tied | None = None

    @property
    def architecture(self) -> str:
        """The family of models whose code reads this file, such as `qwen2`."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def is_adapter(self) -> bool:
        """Whether the file is a LoRA adapter and not a model."""
        return self.metadata.get("general.type") == "adapter"

    @property
    def context_length(self) -> int:
        """Tokens the model was trained to see at once; 0 where the file does not say."""
        return self._number("context_length")

    @property
    def cache_bytes_per_token(self) -> int:
        """Bytes of half-precision keys and values that one token takes; 0 where the file does not say."""
        heads = self._number("attention.head_count")
        if not heads:
            return 0
        head = self._number("embedding_length") // heads
        shared = self._number("attention.head_count_kv") or heads
        key = self._number("attention.key_length") or head
        value = self._number("attention.value_length") or head
        return self._number("block_count") * shared * (key + value) * _F16_BYTES

    @property
    def heads(self) -> int:
        """Attention heads of a layer; 0 where the file does not say."""
        return self._number("attention.head_count")

    @property
    def vocabulary(self) -> int:
        """Tokens it knows."""
        return self.lengths.get("tokenizer.ggml.tokens", 0)

    @property
    def merges(self) -> int:
        """Pairs of tokens that its tokenizer merges; 0 for one that knows none."""
        return self.lengths.get("tokenizer.ggml.merges", 0)

    @property
    def widths(self) -> tuple[int, int]:
        """Of the hidden state, and of the feed-forward layer; 0 where the file does not say."""
        return self._number("embedding_length"), self._number("feed_forward_length")

    def _number(self, name: str) -> int:
        value = self.metadata.get(f"{self.architecture}.{name}", 0)
        return value if isinstance(value, int) else 0


def read_header(path: Path) -> Header:
    """The head of the file at `path`, and the sizes of all files where it is the first of several.

    Raises ModelNotFoundError where there is no such file, ModelDamagedError where it is empty, of another
    format, or shorter than its own table of tensors says.
    """
    first = _read(path)
    parts = [first, *(_read(part) for part in other_parts(path, first.metadata))]
    return Header(first.metadata, sum(part.file_bytes for part in parts), first.lengths, _tied(parts))


class _File(NamedTuple):
    metadata: dict[str, Scalar]
    lengths: dict[str, int]
    tensors: list[_Tensor]
    file_bytes: int
    data_bytes: int


def _read(path: Path) -> _File:
    size = _size(path)
    with path.open("rb") as file:
        if (magic := file.read(4)) != MAGIC:
            raise _damaged(path, f"It begins with {magic!r} instead of {MAGIC!r}.")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                cursor = _Cursor(data)
                metadata, tensors, begin = cursor.head()
            except (struct.error, KeyError, UnicodeDecodeError) as error:
                raise _damaged(path, f"Its head cannot be read to the end: {error}.") from error
    if tensors and (end := begin + max(tensor.begin + tensor.size for tensor in tensors)) > size:
        raise _damaged(path, f"It has {size} bytes, and its last tensor ends at byte {end}.")
    return _File(metadata, cursor.lengths, tensors, size, size - begin)


def _tied(files: Sequence[_File]) -> Tied | None:
    if any(tensor.name == _OUTPUT for file in files for tensor in file.tensors):
        return None
    for file in files:
        embedding = next((tensor for tensor in file.tensors if tensor.name == _EMBEDDING), None)
        if embedding is not None:
            ends = (tensor.begin for tensor in file.tensors if tensor.begin > embedding.begin)
            return Tied(embedding.kind, min(ends, default=file.data_bytes) - embedding.begin)
    return None


def _size(path: Path) -> int:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ModelNotFoundError(
            f"There is no model at {path}.", why=str(error), hint="Check the path, or use the model `embedded`."
        ) from error
    if not path.is_file():
        raise ModelNotFoundError(
            f"{path} is not a file.", why="A GGUF model is one file.", hint="Name the .gguf file itself."
        )
    if size == 0:
        raise _damaged(path, "It is empty.")
    return size


def _damaged(path: Path, why: str) -> ModelDamagedError:
    return ModelDamagedError(
        f"{path} is not a whole GGUF file.", why=why, hint="Copy or download it again, and compare its size."
    )


class _Tensor(NamedTuple):
    """Of the table: `kind` is ggml's number of its type, `begin` counts from where the tensors begin."""

    name: str
    kind: int
    begin: int
    size: int


class _Cursor:
    """Walks the head: magic, version, counts, metadata, tensor table (ggml's docs/gguf.md)."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = len(MAGIC)
        self.lengths: dict[str, int] = {}
        """Of the arrays in the metadata."""

    def head(self) -> tuple[dict[str, Scalar], list[_Tensor], int]:
        """The scalar metadata, the table of tensors, and the byte at which these begin."""
        if (version := self._take("I")) not in _VERSIONS:
            raise struct.error(f"version {version} is unknown")
        count, entries = self._take("Q"), self._take("Q")
        metadata: dict[str, Scalar] = {}
        for _ in range(entries):
            key = self._text()
            if (kind := self._take("I")) == _ARRAY:
                self.lengths[key] = self._skip_array()
            else:
                metadata[key] = self._scalar(kind)
        tensors = [self._tensor() for _ in range(count)]
        alignment = metadata.get("general.alignment", _ALIGNMENT)
        step = alignment if isinstance(alignment, int) and alignment > 0 else _ALIGNMENT
        return metadata, tensors, -(-self._at // step) * step

    def _tensor(self) -> _Tensor:
        name, dimensions = self._text(), self._take("I")
        numbers = math.prod(self._take("Q") for _ in range(dimensions))
        kind, begin = self._take("I"), self._take("Q")
        return _Tensor(name, kind, begin, tensor_bytes(kind, numbers))

    def _scalar(self, kind: int) -> Scalar:
        if kind == _STRING:
            return self._text()
        value: Scalar = struct.unpack_from(f"<{_SCALARS[kind]}", self._data, self._at)[0]
        self._at += struct.calcsize(f"<{_SCALARS[kind]}")
        return value

    def _skip_array(self) -> int:
        """Go to its end; how many items it has."""
        kind, count = self._take("I"), self._take("Q")
        if kind in _SCALARS:
            self._at += count * struct.calcsize(f"<{_SCALARS[kind]}")
            return count
        for _ in range(count):
            if kind == _STRING:
                size = self._take("Q")
                self._at += size
            elif kind == _ARRAY:
                self._skip_array()
            else:
                raise KeyError(kind)
        return count

    def _text(self) -> str:
        size = self._take("Q")
        begin = self._at
        self._at += size
        if self._at > len(self._data):
            raise struct.error(f"a text of {size} bytes does not fit")
        return self._data[begin : self._at].decode()

    def _take(self, kind: str) -> int:
        if self._at > len(self._data):
            raise struct.error("it points beyond its end")
        (value,) = struct.unpack_from(f"<{kind}", self._data, self._at)
        self._at += struct.calcsize(f"<{kind}")
        return int(value)
