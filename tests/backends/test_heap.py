"""Memory that is freed while a model is loaded goes back to the system."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

from support.needs import skip_without

_SCRIPT = """
from contextlib import nullcontext
from pathlib import Path
from reason_tui_backends._heap import nothing_kept

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

def left(inside):
    before = resident()
    with inside:
        pairs = [(bytearray(b"x") * (3 << 20), bytearray(b"x") * 70_000) for _ in range(10)]
        small = [pair[1] for pair in pairs]
        del pairs
    return (resident() - before) * 4096

print(left(nothing_kept()), left(nullcontext()))
"""


def test_large_pieces_between_small_ones_leave_no_holes():
    skip_without("glibc", platform.libc_ver()[0] == "glibc", "another C library gives memory back in its own way")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _SCRIPT]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    within, without = map(int, done.stdout.split())
    assert within < 10 << 20 < without
