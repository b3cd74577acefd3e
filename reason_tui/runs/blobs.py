"""Long texts of a journal, each in a file named by the SHA-256 of its bytes: `blobs/<sha256>`.

In the journal a reference `{"$blob": "<sha256>"}` stands in the text's place.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reason_tui.runs.folders import BLOBS, atomic_write, private_dir

_KEY = "$blob"
_WHOLE = "$event"
_NAME = re.compile(r"[0-9a-f]{64}")
_SHORT = 512
"""Characters below which a text is not worth a file."""


class MissingBlobError(Exception):
    """A blob is not there, or is not what its name says."""


class Store:
    """The blobs of one run. The folder is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / BLOBS

    def put(self, text: str) -> str:
        """Keep `text` and return its name. Raises OSError."""
        content = text.encode("utf-8", "surrogatepass")
        name = hashlib.sha256(content).hexdigest()
        path = self._folder / name
        if not path.exists():
            private_dir(self._folder)
            atomic_write(path, content)
        return name

    def get(self, name: str) -> str:
        """The text of that name. Raises MissingBlobError."""
        if not _NAME.fullmatch(name):
            raise MissingBlobError("a blob's name is not one")
        try:
            content = (self._folder / name).read_bytes()
        except OSError as error:
            raise MissingBlobError(f"blobs/{name} cannot be read ({error.strerror})") from error
        if hashlib.sha256(content).hexdigest() != name:
            raise MissingBlobError(f"blobs/{name} is damaged")
        return content.decode("utf-8", "surrogatepass")


def take_out(data: Any, limit: int, store: Store) -> Any:
    """`data` with its longest texts replaced by references until its JSON has at most `limit` bytes.

    Data that is long without long texts is taken out as a whole.
    """
    excess = len(json.dumps(data)) - limit
    chosen: set[str] = set()
    for text in sorted({text for text in _texts(data) if len(text) > _SHORT}, key=len, reverse=True):
        if excess <= 0:
            break
        chosen.add(text)
        excess -= len(json.dumps(text)) - 100
    if excess > 0:
        return {_WHOLE: store.put(json.dumps(data))}
    return _replace(data, {text: store.put(text) for text in chosen})


def restore(data: Any, store: Store) -> Any:
    """`data` with the texts back in their places. Raises MissingBlobError, ValueError."""
    if isinstance(data, dict):
        if data.keys() == {_KEY} and isinstance(data[_KEY], str):
            return store.get(data[_KEY])
        if data.keys() == {_WHOLE} and isinstance(data[_WHOLE], str):
            return json.loads(store.get(data[_WHOLE]))
        return {key: restore(value, store) for key, value in data.items()}
    if isinstance(data, list):
        return [restore(value, store) for value in data]
    return data


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)


def _replace(data: Any, names: dict[str, str]) -> Any:
    if isinstance(data, str):
        return {_KEY: names[data]} if data in names else data
    if isinstance(data, dict):
        return {key: _replace(value, names) for key, value in data.items()}
    if isinstance(data, list):
        return [_replace(value, names) for value in data]
    return data
