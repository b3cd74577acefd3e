"""What can go wrong with a Docker engine and its images, and an image that has to be fetched."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from support import docker as engine
from support.docker import containers, is_busy, told
from support.processes import until
from support.registry import Registry

from reason_tui.errors import SandboxError
from reason_tui.sandbox import Job, Limits, open_sandbox, pool
from reason_tui.sandbox.walls.docker import DockerWall
from reason_tui.tasks.types import CallCase

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parents[2]
ADD = Job(
    program="def add(a, b):\n    return a + b\n",
    kind="cases",
    entry_point="add",
    cases=(CallCase(args=("1", "2"), expected="3"),),
)
ENDLESS = Job(program="import time\ntime.sleep(1000)\n", kind="stdio", stdout="", limits=Limits(wall_s=500))


@pytest.fixture
def image(monkeypatch):
    return engine.show(monkeypatch)


async def test_an_image_that_is_removed_under_a_search_is_named(image, monkeypatch):
    monkeypatch.setattr(pool, "_COMEBACK_S", ())
    told("tag", image, "reason-tui-test:gone")
    try:
        sandbox = await open_sandbox(slots=1, level="docker", docker_image="reason-tui-test:gone")
    finally:
        told("rmi", "reason-tui-test:gone")
    async with sandbox:
        told("kill", *containers())
        with pytest.raises(SandboxError) as broken:
            await sandbox.run(ADD)
    assert "reason-tui-test:gone" in broken.value.why
    assert "runs resume last" in broken.value.hint


async def test_an_image_can_be_fetched_from_a_registry_and_used(image, tmp_path, capfd):
    with Registry(image, tmp_path) as registry:
        name = f"{registry.address}/python:3.10-slim"
        wall = DockerWall(name)
        assert f"docker pull {name}" in wall.unavailable()
        wall.pull()
        try:
            shown = capfd.readouterr().err
            assert "Pull complete" in shown or "Downloaded newer image" in shown
            assert any("/blobs/" in path for path in registry.asked)
            async with await open_sandbox(slots=1, level="docker", docker_image=name) as sandbox:
                verdict = await sandbox.run(ADD)
            assert (verdict.status, verdict.level) == ("pass", "docker")
        finally:
            told("rmi", name)


def test_an_image_that_no_registry_has_is_a_clear_error(image, capfd):
    wall = DockerWall("127.0.0.1:1/python:3.10-slim")
    with pytest.raises(SandboxError) as refused:
        wall.pull()
    assert "127.0.0.1:1/python:3.10-slim" in refused.value.what
    assert "refused" in capfd.readouterr().err  # the engine's own words


@pytest.fixture
def own_engine(image, monkeypatch):
    """An engine of this test's own, by `.ci/docker ACTION FOLDER`. Its sockets need a short path."""
    if os.getuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs docker: an engine that the test may start and stop")
    script = str(ROOT / ".ci" / "docker")

    with tempfile.TemporaryDirectory(prefix="engine-", ignore_cleanup_errors=True) as folder:

        def act(action: str) -> None:
            subprocess.run([script, action, folder], check=True, capture_output=True)

        monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/docker.sock")
        act("start")
        yield act
        act("stop")


async def test_an_engine_that_is_restarted_under_a_job_loses_nothing(own_engine, monkeypatch):
    monkeypatch.setattr(pool, "_COMEBACK_S", (0.1,) * 1000)

    def a_job_runs() -> bool:
        return any(map(is_busy, containers()))

    async with await open_sandbox(slots=2, level="docker", docker_image="reason-tui-test:local") as sandbox:
        endless, *others = [asyncio.create_task(sandbox.run(job)) for job in (ENDLESS, ADD, ADD, ADD)]
        await others[0]
        await until(a_job_runs)
        await asyncio.to_thread(own_engine, "stop")
        await asyncio.to_thread(own_engine, "start")
        assert [(await job).status for job in others] == ["pass", "pass", "pass"]
        await until(a_job_runs)  # the one that was cut off runs again
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
