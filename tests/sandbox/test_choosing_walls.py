"""Which walls are tried, and what is said of those that cannot be had."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from reason_tui.errors import SandboxError
from reason_tui.sandbox import open_sandbox
from reason_tui.sandbox.walls import bubblewrap, candidates, choose, docker, owners
from reason_tui.sandbox.walls.direct import LandlockWall


def client(folder: Path, script: str) -> None:
    """A `docker` of our own."""
    path = folder / "docker"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture(autouse=True)
def _no_version_from_before():
    """What a `bwrap` said is remembered; these tests bring their own."""
    bubblewrap._version.cache_clear()
    yield
    bubblewrap._version.cache_clear()


@pytest.fixture
def path(tmp_path, monkeypatch):
    """An empty folder in front of everything else on the PATH."""
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
    return tmp_path


def test_the_order_is_docker_bubblewrap_landlock_seatbelt():
    levels = [wall.level for wall in candidates("auto", unsafe_local=False)]
    assert levels == ["docker", "bubblewrap", "landlock", "seatbelt"]
    assert [wall.level for wall in candidates("docker", unsafe_local=True)] == ["docker", "unsafe"]
    assert candidates("moat", unsafe_local=False) == []


def test_without_the_commands_docker_and_bubblewrap_are_not_to_be_had(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "not installed" in docker.DockerWall().unavailable()
    assert "not installed" in bubblewrap.BubblewrapWall().unavailable()


@pytest.mark.parametrize(("told", "quota"), [("bubblewrap 0.6.1", False), ("bubblewrap 0.8.0", True)])
def test_an_old_bubblewrap_has_no_quota_and_says_so(path, told, quota):
    (path / "bwrap").write_text(f"#!/bin/sh\necho {told}\n")
    (path / "bwrap").chmod(0o755)
    wall = bubblewrap.BubblewrapWall()
    assert wall.unavailable() == ""
    assert (wall.holes == "") is quota
    assert ("--size" in wall.launch().argv) is quota


@pytest.mark.skipif(sys.platform != "linux", reason="needs linux: bubblewrap is a part of it")
def test_a_bubblewrap_that_is_too_old_is_not_taken(path):
    (path / "bwrap").write_text("#!/bin/sh\necho bubblewrap 0.3.3\n")
    (path / "bwrap").chmod(0o755)
    assert "older" in bubblewrap.BubblewrapWall().unavailable()


def test_an_engine_that_does_not_answer_is_not_waited_for_longer_than_that(path):
    client(path, "exec sleep 600")
    assert "does not answer within 0.2 s" in docker.DockerWall(answer_s=0.2).unavailable()


@pytest.mark.parametrize(("level", "seconds"), [("auto", 1), ("docker", 10)])
def test_an_engine_that_was_asked_for_has_longer_to_answer(level, seconds):
    wall = candidates(level, unsafe_local=False)[0]
    assert isinstance(wall, docker.DockerWall)
    assert wall._answer_s == seconds


def test_an_engine_that_is_not_there_is_told_from_an_image_that_is_not(path):
    client(path, "echo 'Cannot connect to the Docker daemon at unix:///x. Is it running?' >&2; exit 1")
    assert "Is it running?" in docker.DockerWall().unavailable()
    client(path, 'echo "Error: No such image: $5" >&2; exit 1')
    assert "docker pull mine:1" in docker.DockerWall("mine:1").unavailable()
    assert f"docker pull python:3.{sys.version_info.minor}-slim" in docker.DockerWall().unavailable()


def test_the_image_of_this_python_is_preferred_and_the_oldest_one_will_do(path):
    client(path, 'echo "$5" | grep -q 3.10 && exit 0; echo "Error: No such image: $5" >&2; exit 1')
    wall = docker.DockerWall()
    assert wall.unavailable() == ""
    assert wall.image == "python:3.10-slim"
    client(path, "exit 0")
    wall = docker.DockerWall()
    assert wall.unavailable() == ""
    assert wall.image == f"python:3.{sys.version_info.minor}-slim"


def test_an_image_that_cannot_be_fetched_is_said_so(path, capfd):
    client(path, "echo fetching; exit 1")
    with pytest.raises(SandboxError) as refused:
        docker.DockerWall("mine:1").pull()
    assert "mine:1" in refused.value.what
    assert capfd.readouterr().err == "fetching\n"


class NoWall(LandlockWall):
    """Says it can be had, and keeps nothing in."""

    level = "unsafe"
    label = "paper"

    def unavailable(self) -> str:
        return ""


class NoStart(NoWall):
    """Has no interpreter."""

    def launch(self):
        raise SandboxError("no", why="made of nothing")


@pytest.mark.skipif(LandlockWall().unavailable() != "", reason="needs landlock: not on this machine")
async def test_a_wall_that_does_not_hold_is_passed_over_for_the_next(monkeypatch):
    monkeypatch.setattr(choose, "_all", lambda *_: [NoStart(), LandlockWall()])
    async with await open_sandbox(slots=1) as sandbox:
        assert sandbox.describe().startswith("landlock")
    monkeypatch.setattr(choose, "_all", lambda *_: [NoStart()])
    with pytest.raises(SandboxError) as refused:
        await open_sandbox(slots=1)
    assert "paper: made of nothing" in refused.value.why


def test_an_owner_is_gone_when_its_process_is_or_is_another_one():
    mine = owners.owner(os.getpid())
    assert not owners.is_gone(mine)
    assert owners.is_gone(f"{socket.gethostname()}/{2**22 + 1}/5")
    assert not owners.is_gone(f"elsewhere/{2**22 + 1}/5")
    assert not owners.is_gone("nonsense")
    if sys.platform == "linux":
        assert owners.is_gone(f"{mine}0")
