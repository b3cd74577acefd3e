"""The SHA-256 of weights, read once for each state of a file: gigabytes take seconds.

Kept in the user's cache folder; a file counts as the same while its size and its time of change are.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

import platformdirs

from reason_tui.errors import ModelNotFoundError
from reason_tui.runs.folders import atomic_write, private_dir

_SMALL = 64 * 1024 * 1024
"""Bytes below which a file is read again."""
_WEIGHTS = "*.safetensors"


def weights_sha256(path: Path) -> str:
    """Of a GGUF file; of a folder, over its safetensors in the order of their names. Raises ModelNotFoundError."""
    try:
        files = sorted(path.glob(_WEIGHTS)) if path.is_dir() else [path]
        digest = hashlib.sha256()
        for file in files:
            digest.update(bytes.fromhex(_file_sha256(file)))
    except OSError as error:
        raise ModelNotFoundError(f"{path} cannot be read.", why=str(error.strerror or error)) from error
    return digest.hexdigest()


def _file_sha256(file: Path) -> str:
    found = file.stat()
    if found.st_size < _SMALL:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    key, stamp = str(file.resolve()), f"{found.st_size}:{found.st_mtime_ns}"
    known = _read()
    if known.get(key, {}).get("stamp") != stamp:
        with file.open("rb") as opened:
            known[key] = {"stamp": stamp, "sha256": hashlib.file_digest(opened, "sha256").hexdigest()}
        with contextlib.suppress(OSError):  # a cache that cannot be written is done without
            private_dir(_cache().parent)
            atomic_write(_cache(), json.dumps(known).encode("ascii"))
    return known[key]["sha256"]


def _read() -> dict[str, dict[str, str]]:
    try:
        found = json.loads(_cache().read_bytes())
    except (OSError, ValueError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {key: entry for key, entry in entries if isinstance(entry, dict) and "sha256" in entry}


def _cache() -> Path:
    return platformdirs.user_cache_path("reason_tui", appauthor=False) / "digests.json"
