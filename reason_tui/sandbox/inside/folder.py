"""The one folder a program may write in: measured while it runs, wiped after it."""

# Plain system calls: pathlib is not loaded in a worker.
# ruff: noqa: PTH101, PTH104, PTH106, PTH108, PTH118

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Iterator

MAX_ENTRIES = 4096


def usage(folder: str) -> tuple[int, int]:
    """Bytes on disk and entries in `folder`. Stops counting at MAX_ENTRIES."""
    size, entries, pending = 0, 0, [folder]
    while pending and entries <= MAX_ENTRIES:
        try:
            with os.scandir(pending.pop()) as listing:
                for entry in listing:
                    entries += 1
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    if entries > MAX_ENTRIES:
                        break
        except OSError as error:  # removed or made unreadable while we look
            if error.errno == errno.ENAMETOOLONG:  # deeper than any honest program goes
                return size, MAX_ENTRIES + 1
    return size, entries


def wipe(folder: str) -> None:
    """Remove everything in `folder`, however deep. Raises OSError when something stays.

    A tree can be deeper than a path can be long, so it is taken apart from the top: what lies in a subfolder is
    moved up beside it before the subfolder goes.
    """
    os.chmod(folder, 0o700)
    prefix = os.urandom(8).hex()  # a name no program can have taken
    fresh = (f"{prefix}-{number}" for number in itertools.count())
    while True:
        with os.scandir(folder) as listing:
            entries = [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in listing]
        if not entries:
            return
        for path, is_dir in entries:
            if is_dir:
                _take_apart(folder, path, fresh)
            else:
                os.unlink(path)


def _take_apart(folder: str, path: str, fresh: Iterator[str]) -> None:
    os.chmod(path, stat.S_IRWXU)
    with os.scandir(path) as listing:
        names = [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in listing]
    for inner, is_dir in names:
        if is_dir:
            os.chmod(inner, stat.S_IRWXU)  # a folder without write permission cannot be moved
            os.rename(inner, os.path.join(folder, next(fresh)))
        else:
            os.unlink(inner)
    os.rmdir(path)
