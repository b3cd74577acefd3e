"""The start-up self-test: attacks that must not get through."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from reason_tui.sandbox.types import Job, Level, Limits, SelfTest, Verdict
from reason_tui.sandbox.walls.owners import temporary
from reason_tui.tasks.types import CallCase

# Each tries one thing and returns; whoever raises or is ended did not get through. FILE is a file of the user on this
# machine: in a container with files of its own it is not to be found.
ATTACKS: dict[str, str] = {
    "read a file of the user": "open(FILE).read()",
    "list the folders of this machine": "import os; os.listdir(os.path.dirname(FILE))",
    "read the environment of its parent": "import os; open(f'/proc/{os.getppid()}/environ').read()",
    "write outside its folder": "import os; os.mkdir(FILE + '-escaped'); os.rmdir(FILE + '-escaped')",
    "change the mode of a file": "import os, sys; os.chmod(os.__file__, 0o644)",
    "start a process": "import os; os.fork() or os._exit(0)",
    "run a command": (
        "import os\n    try: os.execv('/nowhere/command', ['command'])\n    except FileNotFoundError: pass"
    ),
    "start a thread": "import _thread; _thread.start_new_thread(print, ())",
    "open a connection": "import socket; socket.socket()",
    "signal its parent": "import os; os.kill(os.getppid(), 0)",
    "trace its parent": (
        "import ctypes, os; libc = ctypes.CDLL(None)\n    if libc.ptrace(16, os.getppid(), 0, 0): raise OSError"
    ),
    "enter a new namespace": (
        "import ctypes; libc = ctypes.CDLL(None)\n    if libc.unshare(0x10000000): raise OSError"
    ),
}


_HARMLESS = {"seatbelt": {"start a thread"}}
"""What a level cannot refuse, and need not: it harms nobody."""


async def attack_all(run: Callable[[Job], Awaitable[Verdict]], level: Level) -> SelfTest:
    """Try every attack; `escaped` names those that got through (or whose outcome is not known)."""
    began = time.monotonic()
    attacks = {name: attack for name, attack in ATTACKS.items() if name not in _HARMLESS.get(level, ())}
    with tempfile.TemporaryDirectory(prefix=temporary("selftest")) as folder:
        file = Path(folder, "file")
        file.write_text("of the user", encoding="utf-8")
        verdicts = await asyncio.gather(*(run(_job(attack, file)) for attack in attacks.values()))
    escaped = tuple(name for name, verdict in zip(attacks, verdicts, strict=True) if not _contained(verdict))
    return SelfTest(level=level, tried=len(attacks), escaped=escaped, ms=(time.monotonic() - began) * 1000)


def _job(attack: str, file: Path) -> Job:
    program = f"FILE = {str(file)!r}\ndef attack():\n    {attack}\n    return 'escaped'\n"
    return Job(program=program, kind="cases", entry_point="attack", cases=(CallCase(),), limits=Limits(wall_s=2))


def _contained(verdict: Verdict) -> bool:
    return verdict.loaded and bool(verdict.records) and not verdict.records[0].ok
