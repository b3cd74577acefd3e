"""Programs that try to harm the host or the next program. After each, an honest one passes on the same worker."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from reason_tui.sandbox import Job, Limits
from reason_tui.tasks.types import CallCase

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMITS = Limits(wall_s=1, memory_mb=128, tmp_mb=32)
HONEST = Job(
    program="import os\ndef f(x):\n    return sorted(x), os.listdir('.')\n",
    kind="cases",
    entry_point="f",
    cases=(CallCase(args=("[2, 1]",), expected="([1, 2], [])"),),
)
HEADING = re.compile(r"^### (.+) -> (.+)\n", re.MULTILINE)


def attacks() -> list[object]:
    """(program, statuses it may end with), named by what it tries."""
    parts = HEADING.split(Path(__file__).with_name("attacks.txt").read_text())[1:]
    rows = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return [pytest.param(program, set(ends.split()), id=name) for name, ends, program in rows]


@pytest.fixture(scope="module")
def victim():
    """A process of the same user beside the sandbox."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    assert process.poll() is None, "the victim is dead"
    process.communicate(b"\n")


@pytest.mark.parametrize(("program", "ends"), attacks())
async def test_an_attack_is_contained_and_the_worker_is_as_it_was(sandbox, victim, program, ends):
    await sandbox.run(HONEST)
    before = sandbox.pids
    verdict = await sandbox.run(Job(program=program, kind="cases", entry_point="f", cases=(CallCase(),), limits=LIMITS))
    assert verdict.status in ends, (verdict.records, verdict.stderr)
    assert verdict.records[0].got != "'escaped'"
    assert "escaped" not in verdict.stdout
    honest = await sandbox.run(HONEST)
    assert honest.status == "pass", honest
    assert sandbox.pids == before, "the worker had to be replaced"
    assert victim.poll() is None


async def test_the_files_of_the_user_stay_as_they_are(sandbox, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("mine")
    secret.chmod(0o640)
    before = secret.stat()
    program = """
import os, shutil
def f(path):
    done = []
    ways = {
        'read': lambda: open(path).read(), 'write': lambda: open(path, 'w'), 'append': lambda: open(path, 'a'),
        'create': lambda: open(path + '2', 'x'), 'chmod': lambda: os.chmod(path, 0),
        'own': lambda: os.chown(path, 1, 1),
        'truncate': lambda: os.truncate(path, 0), 'touch': lambda: os.utime(path, (0, 0)),
        'rm': lambda: os.unlink(path),
        'rename': lambda: os.rename(path, path + '3'), 'take': lambda: os.rename(path, 'here'),
        'put': lambda: (open('x', 'w').close(), os.rename('x', path)), 'mkdir': lambda: os.mkdir(path + '4'),
        'rmdir': lambda: os.rmdir(os.path.dirname(path)), 'link': lambda: os.link(path, 'y'),
        'attribute': lambda: os.setxattr(path, 'user.x', b'x'), 'tree': lambda: shutil.rmtree(os.path.dirname(path)),
    }
    for name, way in ways.items():
        try: way()
        except OSError: continue
        done.append(name)
    return done
"""
    job = Job(
        program=program,
        kind="cases",
        entry_point="f",
        cases=(CallCase(args=(repr(str(secret)),), expected="[]"),),
    )
    verdict = await sandbox.run(job)
    assert verdict.status == "pass", verdict.records
    after = secret.stat()
    assert (secret.read_text(), after.st_mode, after.st_mtime_ns) == ("mine", before.st_mode, before.st_mtime_ns)
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


async def test_a_server_on_this_machine_is_out_of_reach(sandbox):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = (
            f"import socket\ndef f():\n    socket.create_connection(('127.0.0.1', {port}), 1)\n    return 'escaped'\n"
        )
        verdict = await sandbox.run(Job(program=program, kind="cases", entry_point="f", cases=(CallCase(),)))
        assert verdict.failure is not None
        assert verdict.failure.type == "PermissionError"
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


async def test_what_reaches_a_terminal_is_clean(sandbox):
    program = (
        "import os\nESC = '\\x1b]0;owned\\x07\\x9b31m\\u202e\\u200b\\x00'\n"
        "class Bad(Exception): pass\nBad.__name__ = 'Bad\\x1b[2J'\n"
        "def f(x):\n    os.write(1, ESC.encode() + b'\\xff\\xfe\\r')\n    os.write(2, ESC.encode())\n"
        "    if x: return ESC, {ESC: 1}\n    raise Bad(ESC)  # \x1b[31m\n"
    )
    job = Job(program=program, kind="cases", entry_point="f", cases=(CallCase(args=("1",)), CallCase(args=("0",))))
    verdict = await sandbox.run(job)
    failure = verdict.failure
    assert failure is not None
    shown = [
        verdict.stdout,
        verdict.stderr,
        failure.type,
        failure.message,
        failure.source,
        verdict.records[0].got or "",
    ]
    assert "owned" in verdict.stdout
    assert "owned" in failure.message
    for text in shown:
        assert all(character.isprintable() or character in "\n\t" for character in text.replace("\ufffd", "")), text


async def test_memory_of_one_program_is_not_found_by_the_next(sandbox):
    first = "x = 'needle-' + 'in-the-hay'\ndef f(): return x\n"
    verdict = await sandbox.run(Job(program=first, kind="cases", entry_point="f", cases=(CallCase(),)))
    assert verdict.records[0].got == "'needle-in-the-hay'"
    second = """
import gc
def f():
    mark = 'yah-eht-ni-eldeen'[::-1]
    known = [referent for thing in gc.get_objects() for referent in gc.get_referents(thing)]
    texts = [text.decode('latin-1') if type(text) is bytes else text for text in known if type(text) in (str, bytes)]
    found = 0
    for text in texts:
        found += mark in text
    return found, len(texts) > 1000
"""
    job = Job(program=second, kind="cases", entry_point="f", cases=(CallCase(expected="(0, True)"),))
    verdict = await sandbox.run(job)
    assert verdict.status == "pass", verdict.records
