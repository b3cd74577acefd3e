"""The app is ended from outside."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, queue
from reason_tui.tui.ending import leave_on_signals

async def main():
    left = asyncio.get_running_loop().create_future()
    leave_on_signals(left.set_result)
    print("ready", flush=True)
    {wait}

raise SystemExit(asyncio.run(main()))
"""
FOR_THE_LOOP = "return await left"
FOR_A_TERMINAL_THAT_IS_GONE = "full = queue.Queue(1); full.put('a frame'); full.put('another')"


@pytest.mark.parametrize("wait", [FOR_THE_LOOP, FOR_A_TERMINAL_THAT_IS_GONE])
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_it_leaves_whatever_it_waits_for(wait: str, number: signal.Signals) -> None:
    script = SCRIPT.format(wait=wait)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        try:
            assert process.wait(100) == 128 + number
        finally:
            process.kill()
