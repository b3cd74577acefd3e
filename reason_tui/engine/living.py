"""The engines that run on this machine, whoever started them, and the memory they have: what wants memory counts it."""

from __future__ import annotations

import re
import resource
import subprocess
from itertools import pairwise
from pathlib import Path

_PROC = Path("/proc")
_ENTRY = (b"-m", b"reason_tui.engine")
_LISTED = re.compile(r"\s*(\d+)\s.*\s-m reason_tui\.engine\s")


def resident() -> int:
    """Bytes of memory that engines have, those of this user at least; 0 where the system does not tell."""
    if (_PROC / "self" / "statm").exists():
        return sum(of_process(folder) for folder in _PROC.iterdir() if folder.name.isdecimal())
    try:
        listed = subprocess.run(
            ("ps", "-A", "-o", "rss=", "-o", "command="), capture_output=True, text=True, errors="replace", check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return 0
    return of_list(listed.stdout)


def of_list(text: str) -> int:
    """The same, out of what ps(1) says: on each line KiB of resident memory, and the command."""
    return sum(int(found[1]) << 10 for row in text.splitlines() if (found := _LISTED.match(f"{row} ")))


def of_process(folder: Path) -> int:
    """The same of one process, told of in this folder of proc(5); 0 where it is no engine, or gone."""
    try:
        words = (folder / "cmdline").read_bytes().split(b"\0")
        if _ENTRY not in pairwise(words):
            return 0
        return int((folder / "statm").read_bytes().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):  # it ended meanwhile, or is someone else's
        return 0
