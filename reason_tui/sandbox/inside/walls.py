"""What a process puts on itself before it runs foreign code, and what the worker puts on once.

On Linux: no capabilities, no new privileges, Landlock, limits, seccomp, death with the parent. Where the level is
`unsafe` whatever of it the machine offers is put on all the same.
"""

# Plain system calls: pathlib is not loaded in a worker.
# ruff: noqa: PTH118, PTH123

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
import sysconfig
from typing import NamedTuple

from reason_tui.sandbox.inside import landlock, seatbelt, seccomp, syscalls
from reason_tui.sandbox.inside.libc import libc

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP = 1, 4, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _AMBIENT_CLEAR = 36, 38, 47, 4
_CAP_VERSION_3, _CAP_LAST = 0x20080522, 40
_CAPSET = {"x86_64": 126, "aarch64": 91, "arm64": 91}
_LINUX = sys.platform == "linux"


class Limits(NamedTuple):
    """What one process may use."""

    cpu_s: int
    memory_bytes: int
    file_bytes: int
    open_files: int


class Walls:
    """Built once in the server, before it drops what it needs for that; put on in every child."""

    def __init__(self, work: str, level: str) -> None:
        self.level = level
        self._base_memory = _own_memory()
        self._candidate_calls: seccomp.Filter | None = None
        self._tester_calls: seccomp.Filter | None = None
        self._candidate_files = self._tester_files = -1
        self._landlock = False
        self._candidate_profile = self._tester_profile = ""
        if level == "seatbelt":
            self._tester_profile = seatbelt.profile(_paths(), listable=work)
            self._candidate_profile = seatbelt.profile(_paths(), writable=work)
        if not _LINUX:
            return
        tables = syscalls.calls(os.uname().machine)
        if tables is not None:
            self._candidate_calls = seccomp.assemble(tables)
            # It takes the pipes of the next candidate from the server, and can send nobody any.
            self._tester_calls = seccomp.assemble(tables, also=("recvmsg",))
        self._landlock = level == "landlock" or (level != "unsafe" and landlock.version() > 0)
        if self._landlock:  # its only wall around files, or one more
            readable = _readable()
            self._tester_files = landlock.build([*readable, (work, landlock.LIST)])  # to see how full it is
            self._candidate_files = landlock.build([*readable, (work, landlock.WRITE)])

    def confine(self, limits: Limits, *, candidate: bool) -> None:
        """Put everything on this process. Raises OSError: then nothing may run in it."""
        _limit(limits, self._base_memory)
        if self.level == "seatbelt":
            seatbelt.restrict(self._candidate_profile if candidate else self._tester_profile)
        if not _LINUX:
            return
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        if self._landlock:
            landlock.restrict(self._candidate_files if candidate else self._tester_files)
        filter_ = self._candidate_calls if candidate else self._tester_calls
        if filter_ is not None:
            seccomp.install(filter_)
        elif self.level != "unsafe":
            raise OSError("no system call table for this machine")


def settle_server() -> None:
    """Once, in the server: no capabilities, no core, first to die when memory is short, unreadable to others."""
    if not _LINUX:
        return
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    except OSError:  # /proc is not mounted: only the order of dying is lost
        pass
    _drop_capabilities()
    adopt_orphans()
    _prctl(_PR_SET_DUMPABLE, 0)


def adopt_orphans() -> None:
    """Make this process the parent of every orphan among its descendants."""
    if _LINUX:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int) -> None:
    """End this process when its parent ends. `parent` is the pid it was forked by."""
    if _LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def bound_reader(memory_mb: int, cpu_s: int) -> None:
    """Bound this process, which reads what an untrusted one wrote. Only softly: its children set their own bounds."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, hard))
    if _LINUX:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_own_memory() + (memory_mb << 20), hard))


def _limit(limits: Limits, base_memory: int) -> None:
    def both(kind: int, value: int) -> None:
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))

    both(resource.RLIMIT_CPU, limits.cpu_s)
    both(resource.RLIMIT_FSIZE, limits.file_bytes)
    both(resource.RLIMIT_NOFILE, limits.open_files)
    both(resource.RLIMIT_CORE, 0)
    both(resource.RLIMIT_NPROC, 0)  # holds for everyone but root; for root there is seccomp alone
    if _LINUX:  # a Mac refuses RLIMIT_AS
        both(resource.RLIMIT_AS, base_memory + limits.memory_bytes)
        both(resource.RLIMIT_MEMLOCK, 0)
        both(resource.RLIMIT_MSGQUEUE, 0)


def _own_memory() -> int:
    """The size of this process's address space in bytes: what a limit on it has to come on top of."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 64 << 20


def _paths() -> list[str]:
    """The standard library and the shared libraries its extensions load."""
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")} | {path for path in sys.path if path}
    paths |= {os.path.join(sys.base_prefix, "lib"), os.path.join(sys.base_exec_prefix, "lib")}
    system = ("/usr/lib", "/System/Library", "/usr/share/zoneinfo") if sys.platform == "darwin" else ()
    return sorted({*paths, *system})


def _readable() -> list[tuple[str, int]]:
    """What a process may read on Linux, time zones and three devices among it."""
    paths = _paths()
    system = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/usr/share/zoneinfo")
    readable = [(path, landlock.READ) for path in (*sorted(os.path.realpath(path) for path in paths), *system)]
    readable += [(f"/dev/{name}", landlock.USE_DEVICE) for name in ("null", "zero", "urandom")]
    return readable


def _drop_capabilities() -> None:
    libc().prctl(_PR_CAP_AMBIENT, *(ctypes.c_ulong(value) for value in (_AMBIENT_CLEAR, 0, 0, 0)))
    for capability in range(_CAP_LAST + 1):  # refused to an ordinary user, who has none
        libc().prctl(_PR_CAPBSET_DROP, *(ctypes.c_ulong(value) for value in (capability, 0, 0, 0)))
    header = struct.pack("<Ii", _CAP_VERSION_3, 0)
    number = _CAPSET.get(os.uname().machine)
    if number is not None and libc().syscall(ctypes.c_long(number), header, bytes(24)):
        raise OSError(ctypes.get_errno(), "capset")


def _prctl(option: int, value: int) -> None:
    if libc().prctl(option, *(ctypes.c_ulong(number) for number in (value, 0, 0, 0))):
        raise OSError(ctypes.get_errno(), f"prctl {option}")
