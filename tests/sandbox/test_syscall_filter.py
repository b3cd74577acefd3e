"""The filter, judged by running its program here: also for the machine this is not."""

from __future__ import annotations

import errno
import os
import struct

import pytest

from reason_tui.sandbox.inside import seccomp, syscalls

ALLOW, KILL = 0x7FFF0000, 0x80000000
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def decide(machine: str, number: int, *arguments: int, arch: int | None = None) -> int:
    """What the kernel would: the few classic BPF instructions the filter is made of."""
    tables = syscalls.calls(machine)
    assert tables is not None
    code = seccomp.assemble(tables).code
    data = struct.pack("<iIQ6Q", number, arch or MACHINES[machine], 0, *(*arguments, *[0] * (6 - len(arguments))))
    at, register = 0, 0
    while True:
        operation, if_true, if_false, value = struct.unpack_from("<HBBI", code, 8 * at)
        at += 1
        if operation == 0x20:
            (register,) = struct.unpack_from("<I", data, value)
        elif operation == 0x54:
            register &= value
        elif operation == 0x06:
            return value
        elif operation == 0x05:
            at += value
        else:
            assert operation in (0x15, 0x35)
            true = register == value if operation == 0x15 else register >= value
            at += if_true if true else if_false


def named(machine: str, name: str, *arguments: int) -> int:
    tables = syscalls.calls(machine)
    assert tables is not None
    number = (tables.allowed | tables.checked | tables.refused)[name]
    return decide(machine, number, *arguments)


def refused(code: int) -> int:
    """The error number, 0 for none."""
    return 0 if code == ALLOW else code & 0xFFFF


@pytest.mark.parametrize("machine", MACHINES)
def test_everyday_calls_are_allowed(machine):
    for name in ("read", "write", "mmap", "brk", "futex", "exit_group", "getrandom", "clock_gettime", "unlinkat"):
        assert named(machine, name) == ALLOW, name
    assert named(machine, "openat", 3, 0, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_dangerous_calls_are_refused(machine):
    for name in ("clone", "execve", "ptrace", "socket", "connect", "fchmodat", "fchownat", "unshare", "prctl", "bpf"):
        assert refused(named(machine, name)) == errno.EPERM, name
    for number in (424, 435, 437, 999):  # clone3 among them: the C library falls back on clone
        assert refused(decide(machine, number)) in (errno.ENOSYS, errno.EPERM)


@pytest.mark.parametrize("machine", MACHINES)
def test_each_number_is_treated_as_its_list_says(machine):
    tables = syscalls.calls(machine)
    assert tables is not None
    allowed, denied = set(tables.allowed.values()), set(tables.refused.values())
    for number in set(range(600)) - set(tables.checked.values()):
        expected = 0 if number in allowed else errno.EPERM if number in denied else errno.ENOSYS
        assert refused(decide(machine, number)) == expected, number


@pytest.mark.parametrize("machine", MACHINES)
def test_arguments_decide_where_a_call_has_two_faces(machine):
    pid = 0x7E57C0DE  # stands for the process's own pid until the filter is installed
    assert named(machine, "kill", pid, 9) == ALLOW
    for other in (0, 1, 0xFFFFFFFF, pid - 1):
        assert refused(named(machine, "kill", other, 9)) == errno.EPERM
    assert named(machine, "socketpair", 1) == ALLOW
    assert refused(named(machine, "socketpair", 2)) == errno.EPERM
    assert named(machine, "sendto", 3, 1, 1, 0, 0, 0) == ALLOW
    assert refused(named(machine, "sendto", 3, 1, 1, 0, 1 << 40, 16)) == errno.EPERM
    assert named(machine, "prlimit64", 0) == ALLOW
    assert refused(named(machine, "prlimit64", 1)) == errno.EPERM
    assert named(machine, "fcntl", 3, 1030) == ALLOW
    assert refused(named(machine, "fcntl", 3, 8)) == errno.EINVAL
    assert named(machine, "ioctl", 1, 0x5401) == ALLOW
    assert refused(named(machine, "ioctl", 1, 0x5412)) == errno.ENOTTY
    assert refused(named(machine, "openat", 3, 0, os.O_RDONLY | os.O_TRUNC)) == errno.EPERM


def test_another_machines_calls_kill():
    assert decide("x86_64", 20, arch=0x40000003) == KILL
    assert refused(decide("x86_64", 0x40000000 | 1)) == errno.ENOSYS


def test_an_unknown_machine_has_no_table():
    assert syscalls.calls("riscv64") is None


@pytest.mark.parametrize("machine", MACHINES)
def test_no_number_stands_twice(machine):
    tables = syscalls.calls(machine)
    assert tables is not None
    numbers = [*tables.allowed.values(), *tables.checked.values(), *tables.refused.values()]
    assert len(numbers) == len(set(numbers))
