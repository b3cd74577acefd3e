"""What a machine that went down left of a sandbox is removed by the next one, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.levels import opened
from support.processes import all_end, descendants

from reason_tui.sandbox.walls import owners

APP = """
import asyncio, sys
from reason_tui.sandbox import Job, Limits, open_sandbox
async def main():
    sandbox = await open_sandbox(slots=1, level="landlock")
    program = "open('kept', 'w').close()\\nprint('x' * 10 ** 5)\\nwhile True: pass"
    running = asyncio.create_task(sandbox.run(Job(program=program, kind="stdio", limits=Limits(wall_s=60))))
    await asyncio.sleep(0)
    print(*sandbox.pids, flush=True)
    await running
asyncio.run(main())
"""


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """A folder for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def crashed(shared: Path) -> Path:
    """The folder that is left of an app and its worker that were killed in the same moment."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    app = subprocess.Popen([sys.executable, "-c", APP], stdout=subprocess.PIPE, env=env)
    assert app.stdout is not None
    told = app.stdout.readline()
    if not told:
        app.wait()
        pytest.skip("needs landlock: not on this machine")
    everyone = [app.pid, *descendants(app.pid)]
    pidfds = [os.pidfd_open(pid) for pid in everyone]
    for pid in everyone:
        os.kill(pid, signal.SIGSTOP)  # nobody can clean up after the other
    for pid in everyone:
        os.kill(pid, signal.SIGKILL)
    app.communicate()
    assert all_end(pidfds)
    (folder,) = shared.iterdir()
    return folder


async def test_what_killed_apps_left_is_removed_and_nothing_else(level, shared, monkeypatch):
    folder = crashed(shared)
    (folder / "deep").mkdir(exist_ok=True)
    (folder / "deep" / "file").touch()
    elsewhere = shared / "of-the-user"
    elsewhere.mkdir()
    (elsewhere / "file").touch()
    link = shared / folder.name.replace("sandbox", "probe")
    link.symlink_to(elsewhere)
    mine = shared / f"{owners.temporary('sandbox')}x"
    mine.mkdir()
    others = [shared / f"reason-tui-{name}" for name in ("notes-of-mine", "a-b-c-d", "a-²-c-d")]
    for other in others:
        other.touch()
    await (await opened(level, monkeypatch)).close()
    assert sorted(shared.iterdir()) == sorted([elsewhere, mine, *others])
    assert (elsewhere / "file").exists()


def test_a_number_that_no_process_can_have_is_that_of_one_that_has_ended(shared):
    odd = shared / f"reason-tui-sandbox-{10**30}-1-x"
    odd.mkdir()
    owners.remove_left_behind()
    assert not odd.exists()


def test_a_folder_of_someone_else_stays(shared, monkeypatch):
    folder = crashed(shared)
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    owners.remove_left_behind()
    assert folder.exists()
