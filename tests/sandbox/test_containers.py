"""Containers and namespaces come and go; nothing of them stays."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys

import pytest
import pytest_asyncio
from support import docker as engine
from support.docker import containers, is_busy, told
from support.processes import all_end, descendants, until

from reason_tui.errors import SandboxError
from reason_tui.sandbox import Job, Limits, bundle, open_sandbox, pool, slot
from reason_tui.sandbox.attacks import Range, hostile, try_one
from reason_tui.sandbox.walls import docker, owners
from reason_tui.tasks.types import CallCase

pytestmark = pytest.mark.timeout(600)
ADD = Job(
    program="def add(a, b):\n    return a + b\n",
    kind="cases",
    entry_point="add",
    cases=(CallCase(args=("1", "2"), expected="3"),),
)
ENDLESS = Job(program="import time\ntime.sleep(1000)\n", kind="stdio", stdout="", limits=Limits(wall_s=500))


@pytest_asyncio.fixture
async def image(monkeypatch):
    """The image, with the engine in sight and no container of ours in it; none is left after the test either."""
    name = engine.show(monkeypatch)
    await none_is_left()
    yield name
    try:
        await asyncio.wait_for(none_is_left(), 60)
    except TimeoutError:
        left = containers()
        told("rm", "--force", *left)
        pytest.fail(f"left: {left}")


async def none_is_left(but: int = 0, app: int | None = None) -> None:
    """An engine goes on removing a container when the command for it has ended."""
    await until(lambda: len(containers(app)) == but)


async def test_a_closed_sandbox_leaves_no_container_also_with_a_job_at_work(image):
    sandbox = await open_sandbox(slots=2, level="docker", docker_image=image)
    assert (await asyncio.gather(sandbox.run(ADD), sandbox.run(ADD)))[0].status == "pass"
    assert len(containers()) == 2
    running = asyncio.create_task(sandbox.run(ENDLESS))
    await until(lambda: any(map(is_busy, containers())))
    await sandbox.close()
    with pytest.raises(SandboxError):
        await running
    await none_is_left()


async def test_a_cancelled_job_takes_its_container_with_it(image):
    async with await open_sandbox(slots=1, level="docker", docker_image=image) as sandbox:
        before = containers()
        running = asyncio.create_task(sandbox.run(ENDLESS))
        await until(lambda: is_busy(before[0]))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert (await sandbox.run(ADD)).status == "pass"
        await none_is_left(but=1)
        assert containers() != before


async def test_a_container_killed_from_outside_is_replaced_and_the_job_tried_again(image):
    async with await open_sandbox(slots=1, level="docker", docker_image=image) as sandbox:
        running = asyncio.create_task(sandbox.run(ENDLESS))
        before = containers()
        await until(lambda: is_busy(before[0]))
        told("kill", before[0])
        await until(lambda: any(is_busy(each) for each in containers() if each not in before))  # the second try
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert (await sandbox.run(ADD)).status == "pass"
        assert before[0] not in containers()


async def test_an_engine_that_goes_away_is_told_in_its_own_words(image, monkeypatch):
    monkeypatch.setattr(pool, "_COMEBACK_S", ())
    async with await open_sandbox(slots=1, level="docker", docker_image=image) as sandbox:
        told("kill", containers()[0])
        with monkeypatch.context() as away:
            away.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
            with pytest.raises(SandboxError) as broken:
                await sandbox.run(ADD)
            assert "/nonexistent/docker.sock" in broken.value.why
        assert (await sandbox.run(ADD)).status == "pass"  # it is back


async def test_a_container_that_hangs_is_removed(image, monkeypatch):
    monkeypatch.setattr(slot, "_STOP_S", 0.5)
    sandbox = await open_sandbox(slots=1, level="docker", docker_image=image)
    told("pause", containers()[0])
    await sandbox.close()
    await none_is_left()


async def test_with_per_run_every_job_has_a_container_of_its_own(image):
    async with await open_sandbox(slots=1, level="docker", docker_image=image, docker_mode="per-run") as sandbox:
        seen = set()
        for _ in range(3):
            verdict = await sandbox.run(ADD)
            assert (verdict.status, verdict.level) == ("pass", "docker")
            await none_is_left(but=1)
            seen.update(containers())
        assert len(seen) == 3
        assert sandbox.describe().startswith("docker per-run")


async def test_what_a_crashed_app_left_behind_is_removed_and_nothing_else(image):
    gone, elsewhere = f"{owners.owner(os.getpid())}0", f"another-machine/{os.getpid()}/1"
    run = ("run", "--detach", "--network", "none", "--log-driver", "none", "--entrypoint", "python3")
    sleep = (image, "-c", "import time; time.sleep(600)")
    with contextlib.ExitStack() as started:
        ids = {}
        for owner in (gone, elsewhere, owners.owner(os.getpid())):
            ids[owner] = told(*run, "--label", f"{docker.LABEL}={owner}", *sleep).strip()
            started.callback(subprocess.run, ["docker", "rm", "--force", ids[owner]], capture_output=True, check=False)
        async with await open_sandbox(slots=1, level="docker", docker_image=image):
            removed = ids.pop(gone)
            await until(lambda: removed not in containers())
            assert set(ids.values()) < set(containers())


async def test_the_passwords_of_proxies_stay_outside(image, tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text(
        json.dumps({"proxies": {"default": {"httpProxy": "http://me:secret@x:1", "noProxy": "secret.example"}}})
    )
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    program = "import os\ndef f(): return 'secret' in str(os.environ)\n"
    async with await open_sandbox(slots=1, level="docker", docker_image=image) as sandbox:
        job = Job(program=program, kind="cases", entry_point="f", cases=(CallCase(expected="False"),))
        assert (await sandbox.run(job)).status == "pass"


HOST = """
import asyncio, sys
from reason_tui.sandbox import Job, Limits, open_sandbox
async def main():
    sandbox = await open_sandbox(slots=2, level=sys.argv[1], docker_image=sys.argv[2] or None)
    job = Job(program="import time\\ntime.sleep(1000)", kind="stdio", limits=Limits(wall_s=500))
    running = asyncio.create_task(sandbox.run(job))
    idle = await sandbox.run(job.model_copy(update={"program": "pass"}))
    print(idle.status, flush=True)
    await running
asyncio.run(main())
"""


def host(level: str, image: str = "") -> subprocess.Popen[bytes]:
    """An app with one worker at work and one idle."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    app = subprocess.Popen([sys.executable, "-c", HOST, level, image], stdout=subprocess.PIPE, env=env)
    assert app.stdout is not None
    told = app.stdout.readline()
    if not told:
        app.wait()
        pytest.skip(f"needs {level}: not on this machine")
    assert told == b"pass\n"
    return app


async def test_no_container_stays_when_the_app_is_killed(image):
    app = host("docker", image)
    await until(lambda: len(containers(app.pid)) == 2)  # the one at work may have started later
    app.kill()
    app.communicate()
    await none_is_left(app=app.pid)


async def test_no_namespace_stays_when_the_app_is_killed():
    app = host("bubblewrap")
    await until(lambda: len(descendants(app.pid)) == 6)  # two of bubblewrap, two servers, a supervisor, a candidate
    pidfds = [os.pidfd_open(pid) for pid in descendants(app.pid)]
    app.kill()
    app.communicate()
    assert all_end(pidfds)


def weakened(old: bytes, new: bytes) -> bytes:
    """The worker's source with one thing changed."""
    source = bundle.worker_source()[8:]
    assert old in source
    changed = source.replace(old, new)
    return f"{len(changed):08d}".encode() + changed


DAEMON = """
import os, time
def f():
    if os.fork() == 0:
        os.setsid()
        time.sleep(1000)
"""


async def test_a_process_that_outlives_its_job_is_ended_with_everything_in_its_namespace(monkeypatch):
    source = weakened(b"seccomp.install(filter_)", b"pass").replace(b"both(resource.RLIMIT_NPROC, 0)", b"pass")
    monkeypatch.setattr(slot, "worker_source", lambda: f"{len(source) - 8:08d}".encode() + source[8:])
    try:
        sandbox = await open_sandbox(slots=1, level="bubblewrap")
    except SandboxError as error:
        pytest.skip(f"needs bubblewrap: {error}")
    async with sandbox:
        before = sandbox.pids
        kept = [os.pidfd_open(pid) for pid in descendants(before[0])]
        verdict = await sandbox.run(Job(program=DAEMON, kind="cases", entry_point="f", cases=(CallCase(),)))
        assert verdict.status == "pass"
        assert all_end(kept)
        assert (await sandbox.run(ADD)).status == "pass"
        assert sandbox.pids != before


@pytest.mark.parametrize("level", ["bubblewrap", "docker"])
async def test_the_walls_hold_where_the_kernel_has_no_landlock(level, monkeypatch):
    source = weakened(b'(level != "unsafe" and landlock.version() > 0)', b"False")
    monkeypatch.setattr(slot, "worker_source", lambda: source)
    image = engine.show(monkeypatch) if level == "docker" else None
    with Range() as around:
        try:
            sandbox = await open_sandbox(slots=1, level=level, docker_image=image)
        except SandboxError as error:
            pytest.skip(f"needs {level}: {error}")
        async with sandbox:
            assert (await sandbox.selftest()).ok
            quick = [attack for attack in hostile() if not attack.ends & {"timeout", "output"}]
            through = {attack.name: wrong for attack in quick if (wrong := await try_one(sandbox, attack, around))}
    assert through.keys() <= ({"a device"} if level == "docker" else set())  # a container has terminals of its own
