"""The system call filter: a classic BPF program, assembled once and fitted to a process by writing its pid into it.

Default: refused. The network, processes, threads, signals to others, ownership and modes of files, tracing, shared
memory and every way to take these limits off again are not among what is allowed.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from reason_tui.sandbox.inside.libc import libc
from reason_tui.sandbox.inside.syscalls import Calls

_LOAD, _JUMP, _EQUAL, _AT_LEAST, _AND, _RETURN = 0x20, 0x05, 0x15, 0x35, 0x54, 0x06
_FAR = 255  # a conditional jump cannot go farther
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH = 0, 4
_X32 = 0x40000000
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1032)  # duplicate, flags, record locks, pipe size; no owner, no lease
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # terminal?, its size, bytes waiting, blocking, cloexec
_AF_UNIX = 1
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_PID_MARK = 0x7E57C0DE


class Filter(NamedTuple):
    """An assembled program, and where in it the pid has to be written."""

    code: bytes
    pid_at: tuple[int, ...]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def assemble(calls: Calls, also: Collection[str] = ()) -> Filter:
    """The filter for one machine's system calls. `also`: what is allowed of those that are otherwise refused."""
    lines = [_op(_LOAD, _ARCH), _op(_EQUAL, calls.audit_arch, 1, 0), _op(_RETURN, _KILL), _op(_LOAD, _NUMBER)]
    lines += [_op(_AT_LEAST, _X32, 0, 1), _op(_RETURN, _ERRNO | errno.ENOSYS)]
    code = b"".join([*lines, *_choose(_ranges(_blocks(calls, also)))])
    mark = struct.pack("<I", _PID_MARK)
    return Filter(code, tuple(at + 4 for at in range(0, len(code), 8) if code[at + 4 : at + 8] == mark))


def install(filter_: Filter) -> None:
    """Put the filter on this process, for good. Raises OSError."""
    code = bytearray(filter_.code)
    for at in filter_.pid_at:
        struct.pack_into("<I", code, at, os.getpid())
    buffer = ctypes.create_string_buffer(bytes(code), len(code))
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p).value)
    if libc().prctl(_PR_SET_NO_NEW_PRIVS, *_longs(1, 0, 0, 0)):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if libc().prctl(_PR_SET_SECCOMP, *_longs(_MODE_FILTER, ctypes.addressof(program), 0, 0)):
        raise OSError(ctypes.get_errno(), "seccomp")


def _longs(*values: int) -> list[ctypes.c_ulong]:
    return [ctypes.c_ulong(value) for value in values]


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _refuse(number: int = errno.EPERM) -> bytes:
    return _op(_RETURN, _ERRNO | number)


def _blocks(calls: Calls, also: Collection[str]) -> dict[int, list[bytes]]:
    """What is done about each system call by number; every block ends with a return on each of its ways."""
    flags_at = {"open": 1, "openat": 2}
    allow = [_op(_RETURN, _ALLOW)]
    found = {number: _open(flags_at[name]) if name in flags_at else allow for name, number in calls.allowed.items()}
    found |= {number: _CHECKS[name] for name, number in calls.checked.items()}
    return found | {number: allow if name in also else [_refuse()] for name, number in calls.refused.items()}


def _ranges(blocks: Mapping[int, list[bytes]]) -> list[tuple[int, list[bytes]]]:
    """The first number of each run of calls with one block, in order. Calls of no list do not exist."""
    unknown = [_op(_RETURN, _ERRNO | errno.ENOSYS)]
    found: list[tuple[int, list[bytes]]] = []
    for number in range(max(blocks) + 2):
        block = blocks.get(number, unknown)
        if not found or found[-1][1] != block:
            found.append((number, block))
    return found


def _choose(ranges: Sequence[tuple[int, list[bytes]]]) -> list[bytes]:
    """The block of the call in the accumulator, by halving: the kernel walks the program for every number at once."""
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    low, high = _choose(ranges[:middle]), _choose(ranges[middle:])
    if len(low) <= _FAR:
        return [_op(_AT_LEAST, ranges[middle][0], len(low), 0), *low, *high]
    return [_op(_AT_LEAST, ranges[middle][0], 0, 1), _op(_JUMP, len(low)), *low, *high]


def _argument(index: int, *, high: bool = False) -> bytes:
    return _op(_LOAD, 16 + 8 * index + (4 if high else 0))


def _one_of(index: int, values: tuple[int, ...], error: int = errno.EPERM) -> list[bytes]:
    tests = [op for value in values for op in (_op(_EQUAL, value, 0, 1), _op(_RETURN, _ALLOW))]
    return [_argument(index), *tests, _refuse(error)]


def _open(flags_index: int) -> list[bytes]:
    """Truncating while opening for reading needs no write access where Landlock is older than its third version."""
    mask = os.O_TRUNC | os.O_ACCMODE
    test = [_op(_AND, mask), _op(_EQUAL, os.O_TRUNC, 0, 1), _refuse(), _op(_RETURN, _ALLOW)]
    return [_argument(flags_index), *test]


def _null(index: int) -> list[bytes]:
    halves = [(_argument(index, high=high), _op(_EQUAL, 0, 1, 0), _refuse()) for high in (False, True)]
    return [*(op for half in halves for op in half), _op(_RETURN, _ALLOW)]


_CHECKS: dict[str, list[bytes]] = {
    "fcntl": _one_of(1, _FCNTL, errno.EINVAL),
    "ioctl": _one_of(1, _IOCTL, errno.ENOTTY),
    "kill": _one_of(0, (_PID_MARK,)),
    "tkill": _one_of(0, (_PID_MARK,)),
    "tgkill": _one_of(0, (_PID_MARK,)),
    "prlimit64": _one_of(0, (0, _PID_MARK)),
    "socketpair": _one_of(0, (_AF_UNIX,)),
    "sendto": _null(4),
}
