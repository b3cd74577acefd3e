"""Programs that try to be reported as passing without computing the right answer."""

from __future__ import annotations

import pytest

from reason_tui.sandbox import Job, Limits
from reason_tui.sandbox.attacks import forge, forgeries
from reason_tui.tasks.types import CallCase

pytestmark = pytest.mark.asyncio(loop_scope="module")

HONEST = Job(
    program="def f(x):\n    return sorted(x)\n",
    kind="check",
    entry_point="f",
    check="assert f([2, 1]) == [1, 2]\nassert f([]) == []\n",
)


@pytest.mark.parametrize("forgery", forgeries(), ids=lambda forgery: forgery.name)
async def test_a_forgery_is_no_pass_and_the_next_program_is_judged_rightly(sandbox, forgery):
    assert await forge(sandbox, forgery) == ""


async def test_an_object_of_the_program_satisfies_no_comparison_but_of_what_it_says(sandbox):
    program = (
        "class Yes:\n    def __bool__(self): return True\n    def __len__(self): return 1\ndef f(): return Yes()\n"
    )
    test = "assert f()\nassert not f()\nassert f() != 1\nassert f() == f()\nassert len(f()) == 1\nassert [f()] != [2]\n"
    verdict = await sandbox.run(Job(program=program, kind="check", entry_point="f", check=test))
    assert [record.ok for record in verdict.records] == [True, False, False, False, True, False]


async def test_a_program_cannot_read_the_test_from_its_tester(sandbox):
    program = """
import ctypes, os
def f():
    libc = ctypes.CDLL(None)
    found = []
    for pid in range(max(os.getpid() - 50, 1), os.getpid() + 50):
        if pid == os.getpid(): continue
        if libc.ptrace(16, pid, 0, 0) == 0: found.append(pid)
        try: open(f'/proc/{pid}/mem', 'rb'); found.append(pid)
        except OSError: pass
        try: os.kill(pid, 0); found.append(pid)
        except OSError: pass
    return found
"""
    verdict = await sandbox.run(Job(program=program, kind="check", entry_point="f", check="assert f() == []\n"))
    assert verdict.status == "pass", verdict.records


async def test_keys_made_to_collide_stop_no_one_but_their_own_job(sandbox):
    program = """
import os, pickle, struct
def f():
    keys = b''.join(b'\\x8a\\x0a' + (n * (2 ** 61 - 1)).to_bytes(10, 'little') + b'N' for n in range(100_000))
    evil = b'\\x80\\x04}(' + keys + b'u.'
    frame = pickle.dumps({'how': 'value', 'has_entry_point': True, 'value': evil, 'args': b'', 'problem': None})
    os.set_blocking(4, True)
    frame = struct.pack('>I', len(frame)) + frame
    while frame: frame = frame[os.write(4, frame):]
"""
    job = Job(program=program, kind="cases", entry_point="f", cases=(CallCase(),), limits=Limits(wall_s=1))
    verdict = await sandbox.run(job)
    assert verdict.status in ("lost", "killed", "timeout")
    assert (await sandbox.run(HONEST)).status == "pass"
