"""Programs that try to be reported as passing without computing the right answer."""

from __future__ import annotations

import pytest

from reason_tui.sandbox import Job, Limits
from reason_tui.tasks.types import CallCase

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "'sesame-4711'"  # what f() should return, and no program here knows
HONEST = Job(
    program="def f(x):\n    return sorted(x)\n",
    kind="check",
    entry_point="f",
    check="assert f([2, 1]) == [1, 2]\nassert f([]) == []\n",
)

FORGERIES = {
    "an object equal to everything": """
class Same:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
def f(): return Same()
""",
    "a string that equals everything": """
class Same(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
def f(): return Same('x')
""",
    "a metaclass that equals everything": """
class Meta(type):
    def __eq__(self, other): return True
    __hash__ = type.__hash__
class Same(metaclass=Meta): pass
def f(): return Same
""",
    "pickling itself as the answer": """
class Evil:
    def __reduce__(self): return (eval, ("'sesame-4711'",))
    def __reduce_ex__(self, protocol): return self.__reduce__()
def f(): return Evil()
""",
    "leaving with status 0": "import os\ndef f(): os._exit(0)\n",
    "leaving by sys.exit": "import sys\ndef f(): sys.exit(0)\n",
    "leaving while loading": "import os\ndef f(): pass\nos._exit(0)\n",
    "patched builtins": """
import builtins
for name in ('len', 'all', 'repr', 'isinstance', 'type', 'bool', 'map', 'callable'):
    setattr(builtins, name, lambda *a, **k: True)
def f(): return True
""",
    "patched modules of the worker": """
import sys
for name, module in list(sys.modules.items()):
    if 'reason_tui' in name:
        for key in list(vars(module)):
            if callable(vars(module)[key]): setattr(module, key, lambda *a, **k: True)
def f(): return 1
""",
    "no modules at all": "import sys\nsys.modules.clear()\ndef f(): return 1\n",
    "the expected value in the frames": """
import sys
def f():
    frame = sys._getframe()
    while frame:
        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
            text = repr(value)
            if 'sesame-4' in text: return text[text.index('sesame-4'):][:11]
        frame = frame.f_back
""",
    "the expected value among all objects": """
import gc
MARK = ''.join(['ses', 'ame-4'])
def f():
    for thing in gc.get_objects():
        for inner in [thing, *gc.get_referents(thing)]:
            if isinstance(inner, (str, bytes)) and inner is not MARK:
                text = inner if isinstance(inner, str) else inner.decode('latin-1')
                if MARK in text and 'MARK' not in text: return text[text.index(MARK):][:11]
""",
    "the expected value in memory": """
import re
def f():
    found = None
    with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb') as memory:
        for line in maps:
            low, high = (int(part, 16) for part in line.split()[0].split('-'))
            if ' rw' in line:
                memory.seek(low)
                found = found or re.search(rb'sesame-[0-9]+', memory.read(high - low))
    return found.group().decode()
""",
    "the expected value on a descriptor": """
import os
def f():
    for fd in range(64):
        try:
            os.set_blocking(fd, False)
            text = os.read(fd, 100000)
        except OSError: continue
        if b'sesame-4711' in text: return 'sesame-4711'
""",
    "forged records on every descriptor": """
import os, pickle, struct
def f():
    fake = pickle.dumps({'how': 'value', 'has_entry_point': True, 'value': pickle.dumps(True), 'args': b'',
        'problem': None, 'ok': True, 'status': 'pass', 'do': 'end', 'executed': 99, 'clean': True})
    for fd in range(256):
        for text in (struct.pack('>I', len(fake)) + fake, b'{"status": "pass"}', b'OK', b'1 passed'):
            try: os.write(fd, text)
            except OSError: pass
    return True
""",
    "answers made with a crafted stream": """
import os, pickle, struct
def f():
    for evil in (b'cbuiltins\\neval\\n(S"1"\\ntR.', b'cos\\nsystem\\n(S"true"\\ntR.', b'\\x80\\x04\\x95'):
        frame = pickle.dumps({'how': 'value', 'has_entry_point': True, 'value': evil, 'args': b'', 'problem': None})
        os.write(4, struct.pack('>I', len(frame)) + frame)
""",
    "a frame of four gigabytes": "import os\ndef f(): os.write(4, b'\\xff' * 4096)\n",
    "an answer that exhausts its reader": """
import os, pickle, struct
def f():
    evil = b'\\x80\\x04Nr\\xff\\xff\\xff\\xff.'
    frame = pickle.dumps({'how': 'value', 'has_entry_point': True, 'value': evil, 'args': b'', 'problem': None})
    os.write(4, struct.pack('>I', len(frame)) + frame)
""",
    "tracing and profiling": """
import sys
def spy(frame, event, arg):
    for name in list(frame.f_locals): frame.f_locals[name] = True
    return spy
sys.settrace(spy); sys.setprofile(spy)
def f(): return True
""",
    "at exit": "import atexit, os\natexit.register(os._exit, 0)\ndef f(): raise SystemExit(0)\n",
    "in a finalizer": "class D:\n    def __del__(self): import os; os._exit(0)\ndef f(): return D() and None\n",
    "changing the argument's class": "def f(): return f.__class__\n",
    "an audit hook": "import sys\nsys.addaudithook(lambda *a: None)\ndef f(): return True\n",
    "raising what a test would raise": "def f(): raise AssertionError('1 passed')\n",
    "raising an exception group": "def f(): raise BaseException('passed')\n",
    "a generator of everything": "def f(): yield 'sesame-4711'\n",
}


@pytest.mark.parametrize("program", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize("kind", ["cases", "check"])
async def test_a_forgery_is_no_pass_and_the_next_program_is_judged_rightly(sandbox, program, kind):
    forged = Job(
        program=program,
        kind=kind,
        entry_point="f",
        cases=(CallCase(expected=SECRET), CallCase(expected=SECRET)) if kind == "cases" else (),
        check=f"assert f() == {SECRET}\nassert not f() != {SECRET}\n" if kind == "check" else "",
        limits=Limits(wall_s=3),
    )
    verdict = await sandbox.run(forged)
    assert verdict.status not in ("pass", "lost")
    assert not any(record.ok for record in verdict.records), verdict.records
    assert (await sandbox.run(HONEST)).status == "pass"


async def test_a_value_that_stays_behind_satisfies_no_comparison(sandbox):
    program = (
        "class Yes:\n    def __bool__(self): return True\n    def __len__(self): return 1\ndef f(): return Yes()\n"
    )
    test = "assert f()\nassert not f()\nassert f() != 1\nassert f() == f()\nassert len(f()) == 1\nassert [f()] != [2]\n"
    verdict = await sandbox.run(Job(program=program, kind="check", entry_point="f", check=test))
    assert [record.ok for record in verdict.records] == [True, False, False, False, False, False]


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
    assert verdict.status in ("lost", "killed")
    assert (await sandbox.run(HONEST)).status == "pass"
