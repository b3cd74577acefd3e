"""The same walls for someone who is not root: nothing of them needs a privilege."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = 12345
SCRIPT = """
import asyncio, os
from reason_tui.sandbox import Job, open_sandbox
from reason_tui.tasks.types import CallCase
PROGRAM = "import os, sqlite3\\ndef f():\\n    open('x', 'w').write('a')\\n    return os.getuid(), os.listdir('.')\\n"
async def main():
    async with await open_sandbox(slots=1, level="landlock") as sandbox:
        job = Job(program=PROGRAM, kind="cases", entry_point="f", cases=(CallCase(expected="(12345, ['x'])"),))
        print((await sandbox.run(job)).status, (await sandbox.selftest()).escaped)
asyncio.run(main())
"""


def run_as_nobody(python: str, script: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    env = {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"}
    return subprocess.run(
        [python, "-c", script],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env=env,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def readable_python() -> str | None:
    """An interpreter that another user can run, with our dependencies."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}", "/usr/bin/python3"):
        try:
            if run_as_nobody(python, "import reason_tui.sandbox").returncode == 0:
                return python
        except OSError:
            continue
    return None


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="needs root: on Linux, to be someone else")
def test_the_walls_stand_without_any_privilege():
    python = readable_python()
    if python is None:
        pytest.skip("needs readable-python: an interpreter and dependencies that another user can read")
    done = run_as_nobody(python, SCRIPT)
    assert done.stdout.strip() == "pass ()", done.stderr
