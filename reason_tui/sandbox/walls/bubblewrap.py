"""Workers in namespaces of their own, made by bubblewrap (`bwrap`) without any privilege."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from functools import cache

from reason_tui.sandbox.bundle import BOOT
from reason_tui.sandbox.inside import syscalls
from reason_tui.sandbox.types import Level, Limits
from reason_tui.sandbox.walls.base import PYTHON_FLAGS, Launch, package_paths, worker_env
from reason_tui.sandbox.walls.direct import JOBS_PER_WORKER, own_python
from reason_tui.sandbox.walls.owners import remove_left_behind

_WORK = "/tmp"
_NOBODY = "65534"
_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_TIME_ZONES = "/usr/share/zoneinfo"
_OLDEST, _WITH_SIZE = (0, 4), (0, 7)  # --as-pid-1 and --size came with these
_ASK_S = 2.0

# --as-pid-1: bubblewrap's own first process would show its environment in /proc/1/environ. Three devices and not
# --dev, which brings /dev/shm and terminals. /proc read-only: to root of the host the settings of the kernel are its
# own files, whatever it is called in here. The root is a tmpfs with the mount points in it: read-only as well.
_NAMESPACES = ("--unshare-all", "--unshare-user", "--uid", _NOBODY, "--gid", _NOBODY, "--die-with-parent")
_NOTHING_KEPT = ("--new-session", "--as-pid-1", "--cap-drop", "ALL", "--hostname", "sandbox")
_PROCESSES = ("--proc", "/proc", "--remount-ro", "/proc")
_DEVICES = tuple(
    word for name in ("null", "zero", "urandom") for word in ("--dev-bind", f"/dev/{name}", f"/dev/{name}")
)


class BubblewrapWall:
    """Own namespaces of files, processes, network and users; Landlock and seccomp on top as far as they work.

    Nothing is mounted but this interpreter with its libraries, read-only, and a tmpfs with a quota. Holes: as many
    empty files as the job's own watch lets through; the content of the system's `lib` folders can be read; the
    kernel is the host's. Ubuntu 24.04 blocks it through AppArmor: then the probe at the start fails.
    """

    level: Level = "bubblewrap"
    label = "bubblewrap+seccomp"
    holes = ""
    jobs_per_worker = JOBS_PER_WORKER
    packages: tuple[str, ...] = ()

    def unavailable(self) -> str:
        """Why this machine cannot have it. Whether the kernel lets it is for the probe to find out."""
        if sys.platform != "linux":
            return "bubblewrap is a part of Linux."
        if syscalls.calls(os.uname().machine) is None:
            return f"There is no system call table for {os.uname().machine}."
        if not _version():
            return "bubblewrap is not installed (`bwrap`)."
        self.holes = "" if _version() >= _WITH_SIZE else "no disk quota"
        return "" if _version() >= _OLDEST else "This bubblewrap is older than 0.4."

    def tidy(self) -> None:
        """A worker, and with it everything in its namespaces, ends when its app is gone."""
        remove_left_behind()

    def launch(self) -> Launch:
        """`bwrap` with an empty environment."""
        python = os.path.realpath(own_python())
        env = [word for name, value in worker_env(_WORK).items() for word in ("--setenv", name, value)]
        files = _bound(_readable(python))
        quota = ("--size", str(Limits().tmp_mb << 20)) if _version() >= _WITH_SIZE else ()
        # Under names of their own: below the writable folder, which is measured and wiped, some would be in the way.
        inside = {f"/packages/{number}": path for number, path in enumerate(package_paths(self.packages))}
        packages = [word for place, path in inside.items() for word in ("--ro-bind", path, place)]
        work = (*quota, "--tmpfs", _WORK, *packages, "--remount-ro", "/", "--chdir", "/")
        bwrap = (shutil.which("bwrap") or "bwrap", *_NAMESPACES, *_NOTHING_KEPT, *env)
        command = (*bwrap, *files, *_PROCESSES, *_DEVICES, *work, python, *PYTHON_FLAGS, "-c", BOOT)
        return Launch(command, {}, _WORK, paths=tuple(inside))


def _bound(paths: Sequence[str]) -> list[str]:
    return [word for path in paths for word in ("--ro-bind-try", path, path)]


def _readable(python: str) -> list[str]:
    """The interpreter, its standard library and the shared libraries that its extensions load."""
    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    own |= {os.path.join(prefix, "lib") for prefix in (sys.base_prefix, sys.base_exec_prefix)}  # noqa: PTH118
    return [python, *_SYSTEM_LIBRARIES, _TIME_ZONES, *sorted(own - {*_SYSTEM_LIBRARIES})]


@cache
def _version() -> tuple[int, ...]:
    """(0, 8) for bubblewrap 0.8.0; empty where there is none."""
    path = shutil.which("bwrap")
    if path is None:
        return ()
    try:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=_ASK_S, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"(\d+)\.(\d+)", told)
    return (int(found[1]), int(found[2])) if found else ()
