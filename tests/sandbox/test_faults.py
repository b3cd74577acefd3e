"""What the machine does to a sandbox that works: jobs are neither lost nor told twice, and what is wrong is said."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.processes import descendants, until
from support.scripted import ScriptedPolicy

from reason_tui.errors import SandboxError
from reason_tui.sandbox import Job, Limits, open_sandbox, pool
from reason_tui.sandbox.walls import bubblewrap, direct
from reason_tui.sandbox.walls.base import Launch
from reason_tui.search import events as ev
from reason_tui.search.driver import resume, search
from reason_tui.search.past import Past
from reason_tui.search.sampling import PolicyThread
from reason_tui.tasks.types import CallCase, Task

pytestmark = pytest.mark.skipif(direct.LandlockWall().unavailable() != "", reason="needs landlock: not on this machine")


def adding(number: int) -> Job:
    """Every job has a result of its own."""
    program = f"def f(x):\n    return x + {number}\n"
    return Job(program=program, kind="cases", entry_point="f", cases=(CallCase(args=("1",)),))


async def test_of_200_queued_jobs_every_one_is_told_once_or_cancelled(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = descendants(os.getpid())
    async with await open_sandbox(slots=2, level="landlock") as sandbox:
        jobs = [asyncio.create_task(sandbox.run(adding(number))) for number in range(200)]
        await until(lambda: sum(job.done() for job in jobs) >= 20)
        cancelled = random.Random(0).sample(range(200), 170)
        for number in cancelled:
            jobs[number].cancel()
        told = await asyncio.gather(*jobs, return_exceptions=True)
        for number, verdict in enumerate(told):
            if isinstance(verdict, asyncio.CancelledError):
                assert number in cancelled
            else:
                assert verdict.records[0].got == str(number + 1)
        assert sum(isinstance(verdict, asyncio.CancelledError) for verdict in told) >= 140
        after = await asyncio.gather(*(sandbox.run(adding(number)) for number in range(4)))  # both slots serve
        assert [verdict.records[0].got for verdict in after] == ["1", "2", "3", "4"]
    assert descendants(os.getpid()) == before
    assert list(tmp_path.iterdir()) == []


FLOOD = """
import os
block = b"x" * (1 << 20)
for _ in range(3 << 10):
    os.write(1, block)
"""


def resident_mb(pid: int | str) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:  # ended meanwhile
        return 0.0


async def test_three_gigabytes_of_output_take_no_memory():
    limits = Limits(wall_s=120, output_kill_kb=4 << 20)
    async with await open_sandbox(slots=1, level="landlock") as sandbox:
        await sandbox.run(adding(1))
        before, highest = resident_mb("self"), 0.0
        running = asyncio.create_task(sandbox.run(Job(program=FLOOD, kind="stdio", limits=limits)))
        while not running.done():
            highest = max(highest, *map(resident_mb, ("self", *descendants(sandbox.pids[0]))))
            await asyncio.wait([running], timeout=0.2)
        verdict = running.result()
    assert (verdict.status, verdict.stdout_bytes) == ("pass", 3 << 30)
    assert len(verdict.stdout) == limits.output_kb * 1024
    assert highest < before + 16


class Fragile(direct.LandlockWall):
    """Workers start only while it is whole."""

    whole = True

    def launch(self) -> Launch:
        launch = super().launch()
        return launch if type(self).whole else replace(launch, argv=("/nonexistent/python",))


@pytest.fixture
def fragile(monkeypatch):
    """The only wall there is."""
    monkeypatch.setattr("reason_tui.sandbox.walls.choose._all", lambda *_: [Fragile()])
    monkeypatch.setattr(Fragile, "whole", True)
    monkeypatch.setattr(Fragile, "jobs_per_worker", 2)
    return Fragile


async def test_a_sandbox_that_comes_back_in_time_is_waited_for(fragile, monkeypatch):
    monkeypatch.setattr(pool, "_COMEBACK_S", (0.01,) * 1000)
    async with await open_sandbox(slots=1, level="landlock") as sandbox:
        fragile.whole = False
        running = [asyncio.create_task(sandbox.run(adding(number))) for number in range(4)]
        await asyncio.wait([running[1]], timeout=0.2)
        assert not running[1].done()  # the first one had a worker still
        fragile.whole = True
        assert [(await job).records[0].got for job in running] == ["1", "2", "3", "4"]


async def test_a_sandbox_that_is_waited_for_can_be_closed(fragile):
    sandbox = await open_sandbox(slots=1, level="landlock")
    await sandbox.run(adding(1))
    fragile.whole = False
    running = asyncio.create_task(sandbox.run(adding(1)))
    await asyncio.wait([running], timeout=0.2)
    await sandbox.close()
    with pytest.raises(SandboxError):
        await running


TASK = Task(
    id="t",
    prompt="Return x.",
    entry_point="f",
    signature="def f(x):",
    visible=(CallCase(args=("1",), expected="1"),),
)


async def test_a_search_whose_sandbox_breaks_says_why_and_goes_on_where_it_was(fragile, monkeypatch):
    monkeypatch.setattr(pool, "_COMEBACK_S", ())
    sampler = PolicyThread(ScriptedPolicy(lambda request: [f"    return {request.seed} + {i}\n" for i in range(2)]))
    events: list[ev.Event] = []

    def emit(event: ev.Event) -> None:
        events.append(event)
        judged = sum(isinstance(event, ev.NodeJudged) for event in events)
        fragile.whole = judged < 3 or finished()

    def finished() -> bool:
        return any(isinstance(event, ev.RunFinished) for event in events)

    async with await open_sandbox(slots=1, level="landlock") as sandbox:
        settings = ev.SearchSettings(strategy="best-of-n", width=2, budget=12)
        parts = {"sampler": sampler, "sandbox": sandbox, "emit": emit}
        with pytest.raises(SandboxError) as broken:
            await search(TASK, run="r", settings=settings, **parts)
        last = events[-1]
        assert isinstance(last, ev.RunFinished)
        assert last.reason == "failed"
        assert "/nonexistent/python" in last.message
        assert "runs resume last" in broken.value.hint
        tree = await resume(Past.of(events), **parts)
    await sampler.close()
    ran = [event.node for event in events if isinstance(event, ev.NodeJudged) and event.executed]
    assert len(ran) == len(set(ran))
    assert len(tree.nodes) == 13
    assert all(node.reward is not None for node in tree.candidates())


async def test_where_there_is_no_folder_for_a_worker_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(SandboxError) as refused:
        await open_sandbox(slots=1, level="landlock")
    assert "No such file or directory" in refused.value.why


FULL = """
import asyncio, sys, tempfile
from pathlib import Path
from reason_tui.sandbox import Job, open_sandbox
from reason_tui.tasks.types import CallCase
WRITE = "def f():\\n    with open('x', 'w') as file: return file.write('x' * 10 ** 5)"
folder = Path(sys.argv[1])
tempfile.tempdir = str(folder)  # else Python takes another one when this is full
def job(program):
    return Job(program=program, kind="cases", entry_point="f", cases=(CallCase(),))
def fill():
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
def free():
    (folder / "filler").unlink()
async def main():
    fill()
    async with await open_sandbox(slots=1, level="landlock") as sandbox:
        verdict = await sandbox.run(job("def f(): return 1"))
        assert verdict.records[0].got == "1", verdict
        verdict = await sandbox.run(job(WRITE))
        assert (verdict.status, verdict.failure.type) == ("fail", "OSError"), verdict
        assert "No space left" in verdict.failure.message
        free()
        verdict = await sandbox.run(job(WRITE))
        assert verdict.records[0].got == "100000", verdict
    print([path.name for path in folder.iterdir()])
asyncio.run(main())
"""


@pytest.mark.skipif(bubblewrap.BubblewrapWall().unavailable() != "", reason="needs bubblewrap: for a small disk")
def test_on_a_full_disk_programs_run_and_those_that_write_are_told_so(tmp_path):
    small = (shutil.which("bwrap") or "", "--dev-bind", "/", "/", "--size", str(256 << 10), "--tmpfs", str(tmp_path))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [*small, sys.executable, "-c", FULL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if "bwrap:" in done.stderr:
        pytest.skip(f"needs bubblewrap: {done.stderr}")
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
