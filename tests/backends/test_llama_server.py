"""The engine keeps to itself, and leaves nothing behind, however its process ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from reason_tui_backends import _private_socket
from reason_tui_backends._llama_server import LlamaServer
from reason_tui_backends._private_socket import PrivateSocket
from reason_tui_backends._threads import usable_threads
from reason_tui_backends.xllamacpp import load

from reason_tui.errors import BackendError
from reason_tui.policy import CancelToken, ModelSpec, SampleRequest

LIMIT = 100.0
ROUTES = ("/props", "/v1/models", "/slots", "/metrics", "/completion", "/tokenize", "/apply-template", "/lora-adapters")


@pytest.fixture
def server(tiny: Path):
    started = LlamaServer(ModelSpec(name="tiny", path=tiny), pool=2048, device="cpu")
    yield started
    started.close()


def stranger(server: LlamaServer, route: str, headers: dict[str, str]) -> tuple[int, str]:
    """What somebody of the same user gets who found the socket."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(next(server.folder.iterdir())))
    connection.request("POST", route, json.dumps({"prompt": "hello", "content": "hello"}), headers)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body


def test_only_this_user_can_reach_the_socket(server: LlamaServer):
    assert server.folder.stat().st_mode & 0o777 == 0o700
    assert server.folder.stat().st_uid == os.getuid()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer guessed"}])
def test_a_stranger_gets_nothing(server: LlamaServer, route: str, headers: dict[str, str]):
    status, body = stranger(server, route, headers)
    assert status in (401, 404)
    assert "tiny" not in body


def test_a_stranger_who_keeps_a_connection_open_holds_nobody_up(server: LlamaServer):
    idle = socket.socket(socket.AF_UNIX)
    idle.connect(str(next(server.folder.iterdir())))
    idle.sendall(b"POST /tokenize HTTP/1.1\r\n")
    assert server.tokenize("a") == [ord("a")]
    idle.close()


def test_closing_removes_the_socket(server: LlamaServer):
    assert server.folder.is_dir()
    server.close()
    assert not server.folder.exists()


def test_a_request_after_the_end_is_an_error(server: LlamaServer):
    server.close()
    with pytest.raises(BackendError):
        server.tokenize("x")


def test_a_server_closed_at_once_ends(tiny: Path):
    for _ in range(40):  # the engine hangs in some of such cases, not in all
        LlamaServer(ModelSpec(name="tiny", path=tiny), pool=512, device="cpu").close()


def test_closing_while_it_samples_ends_the_sampling(server: LlamaServer):
    stream = server.stream({"prompt": [1], "max_tokens": 2000, "stream": True})
    next(event for event in stream if event)
    server.close()
    stream.join()


def test_the_engine_stops_soon_after_a_cancelled_call(tiny: Path):
    policy = load(ModelSpec(name="tiny", path=tiny, context_length=2048))
    cancel = CancelToken()
    policy.sample(SampleRequest(messages=(), n=4, max_tokens=1500), lambda *_: cancel.cancel(), cancel)
    assert policy._server is not None
    late = [event for event in policy._server._streams[-1] if event]
    assert len(late) < 200  # of 6,000
    policy.close()


def test_one_core_is_left_for_the_sandbox():
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    assert usable_threads(1) == 1
    assert usable_threads(1000) == max(1, cores - 1)


def test_a_long_temporary_path_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: Path):
    deep = tmp_path / ("x" * 90)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    server = LlamaServer(ModelSpec(name="tiny", path=tiny), pool=512, device="cpu")
    assert server.tokenize("ab") == [ord("a"), ord("b")]
    server.close()
    assert not server.folder.exists()


@pytest.mark.parametrize("place", ["usual", "of short paths"])
def test_folders_of_killed_processes_are_removed_and_others_are_not(
    place: str, short_path: Path, monkeypatch: pytest.MonkeyPatch
):
    usual = short_path / ("usual" if place == "usual" else "x" * 90)
    usual.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(usual))
    monkeypatch.setattr(_private_socket, "_SHORT", str(short_path))
    alive, dead, fresh = PrivateSocket(), PrivateSocket(), PrivateSocket()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(alive.path))
    listener.listen()
    assert {s.folder.parent for s in (alive, dead, fresh)} == {usual if place == "usual" else short_path}
    for old in (alive, dead):
        os.utime(old.folder, (time.time() - 3600, time.time() - 3600))
    PrivateSocket().close()
    assert [s.folder.exists() for s in (alive, dead, fresh)] == [True, False, True]
    listener.close()


ENDINGS = {
    "falls off its end": "",
    "raises": "raise KeyError('on purpose')",
    "exits while it samples": "sample(); begun.wait(); sys.exit(7)",
    "raises while it samples": "sample(); begun.wait(); raise KeyError('on purpose')",
    "is terminated, and turns that into an exit": (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); sample(); begun.wait(); "
        "os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)"
    ),
    "is terminated": "sample(); begun.wait(); os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)",
}
CODES = {
    "falls off its end": 0,
    "raises": 1,
    "exits while it samples": 7,
    "raises while it samples": 1,
    "is terminated, and turns that into an exit": 7,
    "is terminated": -signal.SIGTERM,
}
SCRIPT = """
import os, signal, sys, threading, time
from pathlib import Path
from reason_tui.policy import CancelToken, ModelSpec, SampleRequest
from reason_tui_backends.xllamacpp import load
policy = load(ModelSpec(name="tiny", path=Path(sys.argv[1])))
begun = threading.Event()
request = SampleRequest(messages=(), n=4, max_tokens=2000)
def work():
    policy.sample(request, lambda *_: begun.set(), CancelToken())
def sample():
    threading.Thread(target=work, daemon=True).start()
"""


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_process_ends_cleanly_when_it(ending: str, tiny: Path, short_path: Path):
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT + ENDINGS[ending], str(tiny)],
        env={**os.environ, "TMPDIR": str(short_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        timeout=LIMIT,
        check=False,
    )
    assert result.returncode == CODES[ending], result.stderr.decode()
    assert result.stdout == b""
    assert ending.startswith("raises") or result.stderr == b""
    if ending != "is terminated":  # nothing runs then; the next one that starts sweeps its folder up
        assert list(short_path.iterdir()) == []
