"""Whose a folder or a container is: a label that names the process which made it, so that a later one can tell."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import tempfile
from pathlib import Path

from reason_tui.sandbox.inside import folder

_PREFIX = "reason-tui"


def owner(pid: int) -> str:
    """A process of this machine, so named that no later one has the same name. Its start is unknown without /proc."""
    return f"{socket.gethostname()}/{pid}/{_started(pid)}"


def is_gone(label: str) -> bool:
    """Whether the process that `owner` named was one of this machine, and has ended."""
    host, _, process = label.rpartition("/")[0].partition("/")
    return host == socket.gethostname() and process.isdecimal() and _has_ended(int(process), label.rpartition("/")[2])


def temporary(kind: str) -> str:
    """How the name of a temporary file or folder of this process begins; `kind` is a word."""
    return f"{_PREFIX}-{kind}-{os.getpid()}-{_started(os.getpid())}-"


def remove_left_behind() -> None:
    """Remove temporary files and folders of processes that have ended: they were killed. Raises nothing."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}-*-*-*-*"):
        _, _, pid, started, _ = path.name.removeprefix("reason-").split("-", 4)
        if pid.isdecimal() and _has_ended(int(pid), started):
            remove(path)


def remove(path: Path) -> None:
    """Only what is ours: anyone may put a link of that name into a folder that all share. Raises nothing."""
    with contextlib.suppress(OSError):
        found = path.lstat()
        if found.st_uid != os.getuid():
            return
        if stat.S_ISDIR(found.st_mode):
            folder.wipe(str(path))
            path.rmdir()
        else:
            path.unlink()


def _has_ended(pid: int, started: str) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # a number that no process can have
        return True
    except OSError:
        pass
    return _started(pid) != started


def _started(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""
