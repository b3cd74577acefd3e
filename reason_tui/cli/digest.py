"""What a file or a folder is, in one number."""

from __future__ import annotations

import hashlib
from pathlib import Path


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; of a folder, over its files' names and hashes. Raises OSError."""
    if path.is_dir():
        lines = [f"{file.name} {sha256(file)}\n" for file in sorted(path.iterdir()) if file.is_file()]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
