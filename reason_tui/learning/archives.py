"""One file that goes between two machines: a zip that knows what is in it.

    bundle.json   the head: what the archive is, and `files`: the size and SHA-256 of every other file
    …             those files, and no others

A reader takes nothing before all of it is proved, and asks for files by the names it expects: no name in an archive
ever becomes a place on the disk by itself.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Literal

from pydantic import Field, ValidationError

from reason_tui.errors import StateError, UsageError
from reason_tui.learning.adapters.manifest import Base
from reason_tui.learning.training.settings import Method, TrainSettings
from reason_tui.runs.folders import atomic_file, reason
from reason_tui.tasks.types import Frozen

HEAD, SCHEMA = "bundle.json", 1
START = "start"
"""The folder of the adapter that a training goes on from."""
_MAX_HEAD = 4 * 1024 * 1024
_PIECE = 1024 * 1024
_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
_NAME = re.compile(rf"{_PART}(/{_PART}){{0,3}}")
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The time that every file in a zip gets: the same content is the same archive."""

Kind = Literal["lessons", "adapters"]
_WORDS: dict[Kind, str] = {"lessons": "lessons to train on", "adapters": "trained adapters"}
_HINTS: dict[Kind, str] = {
    "lessons": "Train what it holds: reason-tui learn train-bundle FILE",
    "adapters": "Take it in: reason-tui adapters import FILE",
}


class Listed(Frozen):
    """What a file in the archive must be."""

    size: int = Field(ge=0)
    sha256: str


class Head(Frozen):
    """What an archive says of itself. `name` is that of the lessons, in both directions.

    `stages` are trained one after the other, the first from the adapter `start`, if there is one. `adapters` are what
    came of them, in this order.
    """

    kind: Kind
    schema_version: int = SCHEMA
    app_version: str
    name: str = Field(pattern=f"^{_PART}$")
    base: Base
    stages: tuple[TrainSettings, ...] = ()
    start: str | None = None
    adapters: tuple[str, ...] = ()
    files: dict[str, Listed] = Field(default_factory=dict)


def data_name(method: Method) -> str:
    """The file of the lessons of this method."""
    return f"{method}.jsonl"


def write_archive(path: Path, head: Head, contents: Mapping[str, bytes | Path], *, force: bool = False) -> Head:
    """Write `head` with these files, whole or not at all; the head as written.

    Raises UsageError where `path` is there, unless `force`, and StateError where the disk refuses.
    """
    if path.exists() and not force:
        raise UsageError(f"{path} is already there.", hint="Give another name, or ask for it to be replaced (--force).")
    try:
        full = head.model_copy(update={"files": {name: _listed(found) for name, found in contents.items()}})
        with atomic_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as into:
            _put(into, HEAD, full.model_dump_json(indent=1).encode())
            for name, found in contents.items():
                _put(into, name, found)
    except OSError as error:
        raise StateError(f"{path} cannot be written.", why=reason(error), hint="Give another place.") from error
    return full


def _put(into: zipfile.ZipFile, name: str, found: bytes | Path) -> None:
    info = zipfile.ZipInfo(name, _BEGINNING)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    with into.open(info, "w", force_zip64=True) as target:
        if isinstance(found, bytes):
            target.write(found)
            return
        with found.open("rb") as source:
            for piece in _pieces(source):
                target.write(piece)


def _listed(found: bytes | Path) -> Listed:
    if isinstance(found, bytes):
        return Listed(size=len(found), sha256=hashlib.sha256(found).hexdigest())
    with found.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return Listed(size=found.stat().st_size, sha256=digest.hexdigest())


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    while piece := source.read(_PIECE):
        yield piece


class Archive:
    """An archive that was proved whole."""

    def __init__(self, path: Path, head: Head, opened: zipfile.ZipFile) -> None:
        self.path, self.head, self._opened = path, head, opened

    def has(self, name: str) -> bool:
        """Whether a file of this name is in it."""
        return name in self.head.files

    def read(self, name: str) -> bytes:
        """A file, for small ones. Raises UsageError where there is none of this name."""
        if not self.has(name):
            raise _damaged(self.path, f"It has no {name}.")
        return self._opened.read(name)

    def copy(self, name: str, target: Path) -> None:
        """Write a file to `target`. Raises UsageError where there is none of this name, OSError."""
        if not self.has(name):
            raise _damaged(self.path, f"It has no {name}.")
        with self._opened.open(name) as source, target.open("xb") as into:
            for piece in _pieces(source):
                into.write(piece)


@contextmanager
def open_archive(path: Path, kind: Kind) -> Iterator[Archive]:
    """The archive, proved: its list is whole and each file is what the list says.

    Raises UsageError for a file that cannot be read, is damaged, or is no such archive.
    """
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(zipfile.ZipFile(path))
            head = _head(path, opened, kind)
            _prove(path, opened, head)
        except zipfile.BadZipFile as error:
            if not zipfile.is_zipfile(path):
                raise _foreign(path, "It is no zip file, or its end is missing.") from error
            raise _damaged(path, f"{error}.") from error
        except (zlib.error, EOFError, NotImplementedError, RuntimeError) as error:  # the last for encrypted files
            raise _damaged(path, f"{error}.") from error
        except OSError as error:
            raise UsageError(f"{path} cannot be read.", why=reason(error)) from error
        yield Archive(path, head, opened)


def _head(path: Path, opened: zipfile.ZipFile, kind: Kind) -> Head:
    names = [info.filename for info in opened.infolist()]
    if HEAD not in names:
        raise _foreign(path, f"It has no {HEAD}.")
    with opened.open(HEAD) as file:
        content = file.read(_MAX_HEAD + 1)
    try:
        if len(content) > _MAX_HEAD:
            raise ValueError("it is too long")
        head = Head.model_validate_json(content)
    except (ValidationError, ValueError) as error:
        why = str(error.errors()[0]["msg"]) if isinstance(error, ValidationError) else str(error)
        raise _foreign(path, f"Its {HEAD} cannot be used: {why}.") from None
    if head.schema_version > SCHEMA:
        raise UsageError(f"{path} was written by a newer reason_tui.", hint="Install the newer version here too.")
    if head.kind != kind:
        raise UsageError(f"{path} holds {_WORDS[head.kind]}, not {_WORDS[kind]}.", hint=_HINTS[head.kind])
    if sorted(names) != sorted([HEAD, *head.files]):
        raise _damaged(path, "The files in it are not those of its list.")
    return head


def _prove(path: Path, opened: zipfile.ZipFile, head: Head) -> None:
    for name, listed in head.files.items():
        if not _NAME.fullmatch(name):
            raise _foreign(path, "A name in it is none that reason_tui gives.")
        digest, size = hashlib.sha256(), 0
        with opened.open(name) as source:
            for piece in _pieces(source):
                size += len(piece)
                digest.update(piece)
                if size > listed.size:
                    break
        if size != listed.size or digest.hexdigest() != listed.sha256:
            raise _damaged(path, f"{name} is not what was packed: its SHA-256 is another one.")


def _damaged(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} is damaged.", why=why, hint="Copy it again, or have it made again.")


def _foreign(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} is no archive of reason_tui.",
        why=why,
        hint="Archives are made by `learn bundle` and `learn train-bundle`.",
    )
