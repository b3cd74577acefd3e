"""The walls are not in the way of honest programs: what the standard library does inside one process works."""

from __future__ import annotations

import sys

import pytest

from reason_tui.sandbox import Job
from reason_tui.sandbox.inside import landlock
from reason_tui.tasks.types import CallCase

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROGRAMS = {
    "files": """
import gzip, json, pathlib, shutil, tempfile, zipfile
def f():
    path = pathlib.Path('a'); path.mkdir(); (path / 'x').touch(); (path / 'x').write_text('hello')
    with tempfile.TemporaryFile() as t, tempfile.NamedTemporaryFile('w') as n, gzip.open('g', 'wt') as g:
        t.write(b'x'); n.write('x'); g.write('x')
    with zipfile.ZipFile('z.zip', 'w') as z: z.writestr('name', 'text')
    (path / 'x').rename(path / 'w'); shutil.copyfile('a/w', 'y')
    shutil.copyfile('y', 'z'); shutil.rmtree('a')
    with open('z', 'r+') as file: file.truncate(4)
    return sorted(p.name for p in pathlib.Path('.').iterdir()), open('z').read()
""",
    "a database": """
import sqlite3
def f():
    with sqlite3.connect('file.db') as db:
        db.execute('create table t (a)'); db.execute('insert into t values (1)')
        return db.execute('select a from t').fetchall()
""",
    "coroutines": """
import asyncio
async def work(n):
    await asyncio.sleep(0.001 * n)
    return n
async def main():
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.01)
    except asyncio.TimeoutError:
        return await asyncio.gather(*(work(n) for n in range(3)))
def f(): return asyncio.run(main())
""",
    "an alarm": """
import signal
def f():
    def ring(number, frame): raise TimeoutError('rang')
    signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        while True: pass
    except TimeoutError as error: return str(error)
""",
    "times and zones": """
import datetime, time, zoneinfo
def f():
    time.sleep(0.001)
    assert time.perf_counter() < time.perf_counter() + 1 and time.localtime().tm_year > 2000
    return datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc).isoformat()
""",
    "tests of its own": """
import doctest, io, unittest
def double(x):
    '''
    >>> double(2)
    4
    '''
    return 2 * x
class T(unittest.TestCase):
    def test_double(self): self.assertEqual(double(1), 2)
def f():
    import program
    ran = unittest.TextTestRunner(io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T))
    return doctest.testmod(program).attempted, ran.wasSuccessful()
""",
    "classes": """
import abc, collections, copy, dataclasses, enum, functools, pickle, typing
@dataclasses.dataclass(frozen=True, order=True)
class Point:
    x: int
    y: typing.Optional[int] = None
class Colour(enum.Enum):
    RED = 1
class Stack(typing.Generic[typing.TypeVar('T')]):
    pass
def f():
    point = copy.deepcopy(pickle.loads(pickle.dumps(Point(1, 2))))
    return typing.get_type_hints(Point)['x'] is int, point == Point(1, 2), pickle.loads(pickle.dumps(Colour.RED)).name
""",
    "deep recursion": """
import sys
sys.setrecursionlimit(20_000)
def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
def f(): return depth(9_000)
""",
    "randomness and hashes": """
import hashlib, hmac, os, random, secrets, uuid
def f():
    assert secrets.token_hex(4) != secrets.token_hex(4) and os.urandom(4) and uuid.uuid4()
    random.seed(1)
    return hashlib.sha256(b'x').hexdigest()[:4], random.Random(1).randint(0, 9) == random.randint(0, 9)
""",
    "locks and queues of one thread": """
import contextlib, io, logging, queue, threading
def f():
    with threading.Lock(), contextlib.redirect_stdout(io.StringIO()) as out:
        print('kept'); q = queue.Queue(); q.put(1)
    logging.warning('to stderr')
    return out.getvalue(), q.get(), threading.current_thread().name
""",
    "a large sum": "def f(): return sum(n * n for n in range(300_000))\n",
}
RESULTS = {
    "files": "(['g', 'y', 'z', 'z.zip'], 'hell')",
    "a database": "[(1,)]",
    "coroutines": "[0, 1, 2]",
    "an alarm": "'rang'",
    "times and zones": "'2020-01-01T00:00:00+00:00'",
    "tests of its own": "(1, True)",
    "classes": "(True, True, 'RED')",
    "deep recursion": "9000",
    "randomness and hashes": "('2d71', True)",
    "locks and queues of one thread": "('kept\\n', 1, 'MainThread')",
    "a large sum": "8999955000050000",
}


@pytest.mark.skipif(sys.platform != "linux" or landlock.version() < 2, reason="needs landlock-2: Linux 5.19")
async def test_a_file_can_be_moved_between_folders(sandbox):
    program = """
import os
def f():
    os.mkdir('a')
    open('b', 'w').close()
    os.rename('b', 'a/b')
    return os.listdir('a')
"""
    case = CallCase(expected="['b']")
    verdict = await sandbox.run(Job(program=program, kind="cases", entry_point="f", cases=(case,)))
    assert verdict.status == "pass", verdict.records


@pytest.mark.parametrize("name", PROGRAMS)
async def test_an_everyday_program_works(sandbox, name):
    case = CallCase(expected=RESULTS[name])
    verdict = await sandbox.run(Job(program=PROGRAMS[name], kind="cases", entry_point="f", cases=(case,)))
    assert verdict.status == "pass", (verdict.records, verdict.stderr)
