"""A short soak (benchmarks/soak.py runs thousands of programs)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reason_tui.sandbox.walls.direct import LandlockWall

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(600)
@pytest.mark.skipif(LandlockWall().unavailable() != "", reason="needs landlock: not on this machine")
def test_mixed_programs_leave_nothing_behind(tmp_path):
    table = tmp_path / "soak.md"
    soak = (str(ROOT / "benchmarks" / "soak.py"), "landlock", "--programs", "200", "--out", str(table))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, *soak], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    row = next(line for line in table.read_text().splitlines() if line.startswith("| landlock"))
    programs, hostile, *wrong = row.split("|")[2:7]
    assert (int(programs), int(hostile)) == (200, 20)
    assert [int(count) for count in wrong] == [0, 0, 0]
