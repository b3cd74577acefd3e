"""Workers come and go; nothing of them stays."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.processes import all_end, descendants, until

from reason_tui.errors import SandboxError
from reason_tui.sandbox import Job, Limits, bundle, open_sandbox, slot
from reason_tui.sandbox.walls import choose, direct
from reason_tui.sandbox.walls.base import Launch
from reason_tui.tasks.types import CallCase

pytestmark = pytest.mark.skipif(direct.LandlockWall().unavailable() != "", reason="needs landlock: not on this machine")

ADD = Job(
    program="def add(a, b):\n    return a + b\n",
    kind="cases",
    entry_point="add",
    cases=(CallCase(args=("1", "2"), expected="3"),),
)
ENDLESS = Job(
    program="print('begun')\nwhile True:\n    pass\n",
    kind="stdio",
    stdout="",
    limits=Limits(wall_s=60),
)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the workers' folders lie in this test."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


async def test_closing_leaves_no_process_and_no_folder(temporary):
    async with await open_sandbox(slots=2, level="landlock") as sandbox:
        await asyncio.gather(sandbox.run(ADD), sandbox.run(ADD))
        pidfds = [os.pidfd_open(pid) for pid in sandbox.pids]
        assert len(pidfds) == 2
        assert len(list(temporary.iterdir())) == 2
    assert all_end(pidfds)
    assert list(temporary.iterdir()) == []
    assert sandbox.pids == []


async def test_closing_ends_a_job_that_runs(temporary):
    sandbox = await open_sandbox(slots=1, level="landlock")
    running = asyncio.create_task(sandbox.run(ENDLESS))
    worker = sandbox.pids[0]
    await until(lambda: len(descendants(worker)) == 2)
    pidfds = [os.pidfd_open(pid) for pid in (worker, *descendants(worker))]
    await sandbox.close()
    with pytest.raises(SandboxError):
        await running
    assert all_end(pidfds)
    assert list(temporary.iterdir()) == []
    with pytest.raises(SandboxError):
        await sandbox.run(ADD)


async def test_closing_just_when_a_worker_was_made_leaves_none(temporary, monkeypatch):
    monkeypatch.setattr(direct.LandlockWall, "jobs_per_worker", 1)
    before = descendants(os.getpid())
    sandbox = await open_sandbox(slots=1, level="landlock")
    await sandbox.run(ADD)
    made, go_on = asyncio.Event(), asyncio.Event()
    make = asyncio.create_subprocess_exec

    async def slowly(*argv, **options):
        process = await make(*argv, **options)
        made.set()
        await go_on.wait()
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slowly)
    job = asyncio.create_task(sandbox.run(ADD))
    await made.wait()
    closing = asyncio.create_task(sandbox.close())
    await asyncio.sleep(0)
    go_on.set()
    await closing
    assert descendants(os.getpid()) == before
    assert list(temporary.iterdir()) == []
    with pytest.raises(SandboxError):
        await job


async def test_closing_while_workers_start_leaves_none(temporary):
    before = descendants(os.getpid())
    sandbox = await open_sandbox(slots=2, level="landlock")
    jobs = [asyncio.create_task(sandbox.run(ADD)) for _ in range(6)]
    await until(lambda: len(list(temporary.iterdir())) == 2)  # the second worker is on its way
    await sandbox.close()
    await sandbox.close()
    assert descendants(os.getpid()) == before
    assert list(temporary.iterdir()) == []
    results = await asyncio.gather(*jobs, return_exceptions=True)
    assert any(isinstance(result, SandboxError) for result in results)


async def test_a_cancelled_job_is_ended_and_its_slot_serves_the_next(temporary):
    async with await open_sandbox(slots=1, level="landlock") as sandbox:
        running = asyncio.create_task(sandbox.run(ENDLESS))
        worker = sandbox.pids[0]
        await until(lambda: len(descendants(worker)) == 2)
        pidfds = [os.pidfd_open(pid) for pid in (worker, *descendants(worker))]
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert all_end(pidfds)
        assert (await sandbox.run(ADD)).status == "pass"
        assert len(list(temporary.iterdir())) == 1


async def test_a_job_cancelled_while_its_worker_starts_leaves_nothing_behind(temporary):
    async with await open_sandbox(slots=1, level="landlock") as sandbox:
        gone = os.pidfd_open(sandbox.pids[0])
        os.kill(sandbox.pids[0], signal.SIGKILL)
        assert all_end([gone])
        starting = asyncio.create_task(sandbox.run(ADD))
        await until(lambda: len(list(temporary.iterdir())) == 1 and sandbox.pids)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert (await sandbox.run(ADD)).status == "pass"
        assert len(list(temporary.iterdir())) == 1
    assert list(temporary.iterdir()) == []


async def test_a_worker_that_dies_is_replaced_and_the_job_tried_again(temporary):
    async with await open_sandbox(slots=1, level="landlock") as sandbox:
        before = sandbox.pids
        os.kill(before[0], signal.SIGKILL)
        assert (await sandbox.run(ADD)).status == "pass"
        assert sandbox.pids != before
        assert len(list(temporary.iterdir())) == 1


async def test_a_job_that_loses_two_workers_is_lost_and_the_next_one_is_not(temporary):
    async with await open_sandbox(slots=1, level="landlock") as sandbox:
        running = asyncio.create_task(sandbox.run(ENDLESS))
        for _ in range(2):
            await until(lambda: sandbox.pids and len(descendants(sandbox.pids[0])) == 2)
            worker = sandbox.pids[0]
            os.kill(worker, signal.SIGKILL)
            await until(lambda dead=worker: sandbox.pids != [dead])
        verdict = await running
        assert verdict.status == "lost"
        assert not verdict.records
        assert (await sandbox.run(ADD)).status == "pass"


async def test_a_supervisor_that_dies_is_noticed_and_the_worker_replaced():
    async with await open_sandbox(slots=1, level="landlock") as sandbox:
        running = asyncio.create_task(sandbox.run(ENDLESS.model_copy(update={"limits": Limits(wall_s=0.5)})))
        worker = sandbox.pids[0]
        await until(lambda: len(descendants(worker)) == 2)
        os.kill(descendants(worker)[0], signal.SIGKILL)
        assert (await running).status == "timeout"  # the second try ran to its end
        assert sandbox.pids != [worker]


async def test_a_worker_is_replaced_after_its_number_of_jobs(monkeypatch):
    monkeypatch.setattr(direct.LandlockWall, "jobs_per_worker", 3)
    async with await open_sandbox(slots=1, level="landlock") as sandbox:
        seen = []
        for _ in range(6):
            assert (await sandbox.run(ADD)).status == "pass"
            seen += [pid for pid in sandbox.pids if pid not in seen]
        assert len(seen) == 3  # one job was the probe at the start


HOST = """
import asyncio, sys
from reason_tui.sandbox import Job, Limits, open_sandbox
async def main():
    sandbox = await open_sandbox(slots=2, level="landlock")
    job = Job(program="while True: pass", kind="stdio", limits=Limits(wall_s=60))
    running = asyncio.create_task(sandbox.run(job))
    idle = await sandbox.run(job.model_copy(update={"program": "pass"}))
    print(idle.status, *sandbox.pids, flush=True)
    await running
asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_nothing_stays_when_the_host_dies(tmp_path, how):
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    host = subprocess.Popen([sys.executable, "-c", HOST], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
    assert host.stdout is not None
    status, *workers = host.stdout.readline().split()
    assert status == b"pass"
    await until(lambda: len(descendants(host.pid)) == 4)  # two workers, a supervisor and a candidate
    pidfds = [os.pidfd_open(pid) for pid in descendants(host.pid)]
    assert len(workers) == 2
    assert len(list(tmp_path.iterdir())) == 2
    host.send_signal(how)
    host.communicate()
    assert all_end(pidfds)
    assert list(tmp_path.iterdir()) == []


async def test_without_walls_programs_run_only_if_that_is_asked_for(monkeypatch):
    monkeypatch.setattr(choose, "_all", lambda *_: [])
    with pytest.raises(SandboxError) as refused:
        await open_sandbox(slots=1, level="landlock")
    assert "--unsafe-local" in refused.value.hint
    async with await open_sandbox(slots=1, unsafe_local=True) as sandbox:
        assert sandbox.describe() == "NO SANDBOX: code can read your files"
        verdict = await sandbox.run(ADD)
        assert (verdict.status, verdict.level, verdict.strength) == ("pass", "unsafe", "weak")


async def test_the_selftest_tells_what_gets_through_where_there_are_no_walls(monkeypatch):
    monkeypatch.setattr(choose, "_all", lambda *_: [])
    async with await open_sandbox(slots=1, unsafe_local=True) as sandbox:
        report = await sandbox.selftest()
    assert {"read a file of the user", "list the folders of this machine", "write outside its folder"} <= {
        *report.escaped
    }
    assert f"self-test {report.tried - len(report.escaped)}/{report.tried}" in sandbox.describe()


async def test_the_selftest_proves_the_walls_and_the_status_line_says_so():
    async with await open_sandbox(slots=2, level="landlock") as sandbox:
        assert "self-test" not in sandbox.describe()
        report = await sandbox.selftest()
        assert (report.ok, report.tried, report.escaped) == (True, 12, ())
        assert sandbox.describe() == "landlock+seccomp · no net · 256 MB · no disk quota · self-test 12/12"


async def test_an_unknown_level_is_refused():
    with pytest.raises(SandboxError):
        await open_sandbox(level="moat")


class BrokenWall(direct.LandlockWall):
    """A Python that cannot start."""

    def launch(self) -> Launch:
        return replace(super().launch(), argv=(sys.executable, "-c", "raise SystemExit('no such thing')"))


async def test_a_worker_that_does_not_start_says_why_and_leaves_nothing(temporary, monkeypatch):
    monkeypatch.setattr(choose, "_all", lambda *_: [BrokenWall()])
    with pytest.raises(SandboxError) as refused:
        await open_sandbox(slots=1, level="landlock")
    assert "no such thing" in refused.value.why
    assert list(temporary.iterdir()) == []


DAEMON = """
import os, time
def f():
    try:
        pid = os.fork()
    except OSError:
        return 0
    if pid == 0:
        os.setsid()
        time.sleep(1000)
    return pid
"""


async def test_a_process_that_outlives_its_job_is_ended_and_the_worker_replaced(monkeypatch):
    source = bundle.worker_source()[8:].replace(b"seccomp.install(filter_)", b"pass")
    monkeypatch.setattr(slot, "worker_source", lambda: f"{len(source):08d}".encode() + source)
    monkeypatch.setattr(choose, "_all", lambda *_: [])
    async with await open_sandbox(slots=1, unsafe_local=True) as sandbox:
        before = sandbox.pids
        verdict = await sandbox.run(Job(program=DAEMON, kind="cases", entry_point="f", cases=(CallCase(),)))
        daemon = int(verdict.records[0].got or 0)
        if not daemon:
            pytest.skip("needs root: the limit on processes keeps everyone else from it")
        with pytest.raises(ProcessLookupError):
            os.kill(daemon, 0)
        assert (await sandbox.run(ADD)).status == "pass"
        assert sandbox.pids != before
