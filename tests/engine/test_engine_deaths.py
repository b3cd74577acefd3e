"""However an engine or its client ends, the other one notices, and no process and no run is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.engines import BRIEF, ENDLESS, TASK, Deaths, Inbox, descendants

from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import Stop
from reason_tui.errors import EngineError
from reason_tui.runs.journal import load
from reason_tui.runs.library import find_run, list_runs

Make = Callable[..., EngineClient]
PATIENCE_S = 100.0

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs procfs: /proc and pidfds")

CLIENT = f"""
import asyncio, sys
sys.path[:0] = {sys.path!r}
from support.engines import ENDLESS, SCRIPTED, TASK, Inbox
from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import EngineSettings

async def main():
    settings = EngineSettings(model=sys.argv[2], state_dir=sys.argv[1])
    async with EngineClient(settings, entry=SCRIPTED) as client:
        if sys.argv[2] != "slow-load":
            await client.ready()
            inbox = Inbox(client)
            await client.start(TASK, ENDLESS)
            await inbox.kind("token_text")
        print(client.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_engine_is_noticed_restarted_and_its_run_kept(engine: Make, tmp_path: Path) -> None:
    async with engine("wait") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, ENDLESS)
        await inbox.kind("token_text")
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        with pytest.raises(EngineError) as caught:
            await inbox.rest()
        assert "SIGKILL" in caught.value.why and "engine.log" in caught.value.hint
        assert list_runs(tmp_path / "state")[0].state == "interrupted"
        view, damage = load(find_run(tmp_path / "state", "last"))
        assert damage is None and view.events == len(inbox.events)
        with pytest.raises(EngineError):
            await client.send(Stop())
        with pytest.raises(EngineError):
            await Inbox(client).rest()
        await client.restart()
        await client.ready()
        again = Inbox(client)
        await client.start(TASK, ENDLESS)
        await again.kind("token_text")


@pytest.mark.parametrize(("script", "how"), [("exit", "status 77"), ("abort", "SIGABRT")])
async def test_a_crash_is_told_with_its_status_and_the_last_words(engine: Make, script: str, how: str) -> None:
    async with engine(script) as client:
        await client.ready()
        await client.start(TASK, BRIEF)
        with pytest.raises(EngineError) as caught:
            await Inbox(client).rest()
    assert how in caught.value.why
    if script == "exit":
        assert "a library's last words \\x1b[2J" in caught.value.why, "cleaned"
    assert "thread 0x" not in caught.value.why, "the stacks are for the log"


async def test_a_death_before_it_is_ready_is_told(engine: Make) -> None:
    async with engine("slow-load") as client:
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        with pytest.raises(EngineError, match="stopped unexpectedly"):
            await client.ready()


async def test_closing_ends_a_run_cleanly_and_the_messages_with_it(engine: Make, tmp_path: Path) -> None:
    client = engine("wait")
    await client.open()
    await client.ready()
    inbox = Inbox(client)
    await client.start(TASK, ENDLESS)
    await inbox.kind("token_text")
    rest = asyncio.create_task(inbox.rest())
    await client.close()
    await rest
    assert inbox.events[-1].type == "run_finished"
    assert list_runs(tmp_path / "state")[0].state == "finished"
    log = (tmp_path / "state" / "engine.log").read_text()
    assert "the policy was closed" in log and "the sandbox was closed" in log
    assert "gave up" not in log, "the generation was cut short, not waited for"
    await client.close()


async def test_an_engine_ends_when_its_client_hangs_up(engine: Make, tmp_path: Path) -> None:
    async with engine("wait") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, ENDLESS)
        await inbox.kind("token_text")
        assert client._child is not None
        client._child._writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
        with pytest.raises(EngineError, match="unexpectedly"):
            await inbox.rest()
    assert inbox.events[-1].type == "run_finished"


@linux
@pytest.mark.parametrize("script", ["deaf", "slow-load"])
async def test_closing_ends_an_engine_whose_model_does_not_listen(engine: Make, script: str) -> None:
    client = engine(script)
    await client.open()
    assert client.pid is not None
    deaths = Deaths([client.pid])
    if script == "deaf":
        await client.ready()
        await client.start(TASK, ENDLESS)
        await Inbox(client).kind("token_text")
    await client.close()
    assert deaths.wait(0) == []


@linux
async def test_sigterm_ends_an_engine_as_closing_does(engine: Make, tmp_path: Path) -> None:
    async with engine("wait") as client:
        await client.ready()
        inbox = Inbox(client)
        await client.start(TASK, ENDLESS)
        await inbox.kind("token_text")
        assert client.pid is not None
        os.kill(client.pid, signal.SIGTERM)
        with pytest.raises(EngineError, match="unexpectedly"):
            await inbox.rest()
    assert inbox.events[-1].type == "run_finished"
    view, _ = load(find_run(tmp_path / "state", "last"))
    assert view.finished is not None and view.finished.reason == "stopped"


@linux
@pytest.mark.usefixtures("walls")
@pytest.mark.parametrize("script", ["wait+walls", "deaf", "slow-load"])
def test_a_killed_client_takes_the_engine_and_its_workers_with_it(tmp_path: Path, script: str) -> None:
    command = [sys.executable, "-c", CLIENT, str(tmp_path / "state"), script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        engine = int(client.stdout.readline())
        below = descendants(engine)
        assert bool(below) == script.endswith("+walls")
        deaths = Deaths([engine, *below])
        client.kill()
        assert deaths.wait(PATIENCE_S) == []
    if script.startswith("wait"):
        view, damage = load(find_run(tmp_path / "state", "last"))
        assert damage is None
        assert view.finished is not None and view.finished.reason == "stopped"


@linux
@pytest.mark.usefixtures("walls")
def test_an_engine_that_is_killed_takes_its_workers_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CLIENT, str(tmp_path / "state"), "wait+walls"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        engine = int(client.stdout.readline())
        deaths = Deaths(descendants(engine))
        os.kill(engine, signal.SIGKILL)
        assert deaths.wait(PATIENCE_S) == []
        client.kill()


@linux
def test_an_engine_ends_with_its_client_even_when_someone_else_holds_the_socket(tmp_path: Path) -> None:
    forked = CLIENT.replace(
        "await asyncio.Event().wait()", "os.fork() or sys.stdin.read(); await asyncio.Event().wait()"
    )
    command = [sys.executable, "-c", f"import os{forked}", str(tmp_path / "state"), "wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        deaths = Deaths([int(client.stdout.readline())])
        client.kill()
        assert deaths.wait(PATIENCE_S) == []
    view, _ = load(find_run(tmp_path / "state", "last"))
    assert view.finished is not None and view.finished.reason == "stopped"


async def test_ctrl_c_in_the_terminal_is_the_clients_to_answer(engine: Make) -> None:
    async with engine("solve") as client:
        await client.ready()
        assert client.pid is not None
        assert os.getsid(client.pid) == client.pid, "the terminal does not signal it"
        os.kill(client.pid, signal.SIGINT)
        inbox = Inbox(client)
        await client.start(TASK, BRIEF)
        await inbox.event("run_finished")


@linux
async def test_what_the_engine_starts_does_not_inherit_its_socket(engine: Make) -> None:
    async with engine("solve") as client:
        await client.ready()
        sockets = [fd for fd in Path(f"/proc/{client.pid}/fd").iterdir() if str(fd.readlink()).startswith("socket:")]
        flags = [(fd.parents[1] / "fdinfo" / fd.name).read_text().split("flags:")[1].split()[0] for fd in sockets]
        assert flags and all(int(flag, 8) & os.O_CLOEXEC for flag in flags)
