"""The lines between client and engine, and what importing the client costs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.engines import BRIEF, TASK, Inbox

from reason_tui.engine import wire
from reason_tui.engine.client import EngineClient
from reason_tui.engine.log import EngineLog
from reason_tui.engine.protocol import MESSAGE, Problem, TokenText

Make = Callable[..., EngineClient]


def stream(*chunks: bytes, limit: int = wire.MAX_LINE) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=limit)
    for chunk in chunks:
        reader.feed_data(chunk)
    reader.feed_eof()
    return reader


@pytest.mark.parametrize("text", ["", "é\u2028\x1b[0m\ud800🐍\n\\", "x" * 1_000_000])
async def test_any_text_crosses_in_one_line(text: str) -> None:
    message = TokenText(node=1, text=text)
    line = wire.encode(message)
    assert line.isascii() and line.count(b"\n") == 1
    assert await wire.read(stream(line), MESSAGE) == message


async def test_a_garbled_line_is_told_and_the_next_one_read() -> None:
    good = wire.encode(TokenText(node=1, text="x"))
    for bad in (b"\xff\n", b"[]\n", b'{"type":"nothing"}\n', b"[" * 100_000 + b"\n"):
        reader = stream(bad, good)
        with pytest.raises(wire.GarbledLineError):
            await wire.read(reader, MESSAGE)
        assert await wire.read(reader, MESSAGE) == TokenText(node=1, text="x")


async def test_a_torn_line_and_one_without_bound_end_the_stream() -> None:
    line = wire.encode(TokenText(node=1, text="x" * 100))
    assert await wire.read(stream(line[:-1]), MESSAGE) is None
    assert await wire.read(stream(line, limit=50), MESSAGE) is None


async def test_a_command_that_is_not_understood_is_refused_and_the_engine_serves_on(engine: Make) -> None:
    async with engine("solve") as client:
        await client.ready()
        assert client._child is not None
        client._child._writer.write(b'{"type":"dance"}\n')
        inbox = Inbox(client)
        told = await inbox.kind("problem")
        assert isinstance(told, Problem) and not told.fatal and "did not understand" in told.what
        await client.start(TASK, BRIEF)
        await inbox.event("run_finished")


def test_the_log_is_appended_to_turned_over_when_it_is_long_and_read_from_where_we_began(tmp_path: Path) -> None:
    path = tmp_path / "state" / "engine.log"
    for text in ("earlier\n", "now\n" * 20):
        log = EngineLog(tmp_path / "state")
        with open(log.descriptor, "w", closefd=False) as file:
            file.write(text)
        assert log.tail(3) == "\n".join(text.splitlines()[-3:])
        log.close()
    assert path.read_text().startswith("earlier\nnow\n")
    path.write_bytes(b"x" * 5_000_000)
    EngineLog(tmp_path / "state").close()
    assert path.stat().st_size == 0 and (tmp_path / "state" / "engine.log.1").stat().st_size == 5_000_000


def test_importing_the_client_loads_no_model_no_worker_and_no_screen() -> None:
    code = "import sys, reason_tui.engine.client; print(*sorted(sys.modules))"
    shown = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    heavy = (
        "xllamacpp",
        "llama_cpp",
        "torch",
        "textual",
        "reason_tui_backends",
        "reason_tui.models",
        "docker",
        "click",
    )
    assert "reason_tui.engine.client" in shown
    assert [name for name in shown if name.startswith(heavy)] == []
