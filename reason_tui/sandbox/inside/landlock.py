"""Landlock by its three system calls: which files a process may open. Built once, put on in each child."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from reason_tui.sandbox.inside.libc import libc

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every machine
_VERSION_FLAG, _RULE_PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_DIR, _MAKE_REG, _REFER, _TRUNCATE, _IOCTL_DEV = 1 << 7, 1 << 8, 1 << 13, 1 << 14, 1 << 15
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NET_BIND_CONNECT, _SCOPE_ABSTRACT_SIGNAL = 3, 3

LIST = _READ_DIR
READ = _READ_FILE | _READ_DIR
WRITE = READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
USE_DEVICE = _READ_FILE | _WRITE_FILE
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV


def version() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    return max(0, int(libc().syscall(ctypes.c_long(_CREATE), None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION_FLAG))))


def build(rules: Iterable[tuple[str, int]]) -> int:
    """A rule set, as a descriptor, that allows these rights beneath these paths and refuses all other files.

    Paths that do not exist are left out. Raises OSError where the kernel has no Landlock.
    """
    abi = version()
    handled = _RIGHTS[max((known for known in _RIGHTS if known <= abi), default=1)]
    attributes = struct.pack("<QQQ", handled, _NET_BIND_CONNECT, _SCOPE_ABSTRACT_SIGNAL)
    attributes = attributes[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = libc().syscall(ctypes.c_long(_CREATE), attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0))
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    for path, rights in rules:
        _allow(ruleset, path, rights & handled)
    return int(ruleset)


def restrict(ruleset: int) -> None:
    """Put a rule set on this process, for good. `no_new_privs` has to be on. Raises OSError."""
    if libc().syscall(ctypes.c_long(_RESTRICT), ctypes.c_int(ruleset), ctypes.c_uint(0)):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _FILE_RIGHTS
        rule = struct.pack("<Qi", rights, fd)
        if libc().syscall(
            ctypes.c_long(_ADD), ctypes.c_int(ruleset), ctypes.c_int(_RULE_PATH_BENEATH), rule, ctypes.c_uint(0)
        ):
            raise OSError(ctypes.get_errno(), f"landlock_add_rule {path}")
    finally:
        os.close(fd)
