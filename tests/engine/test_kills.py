"""A few random SIGKILLs over real runs (benchmarks/kills.py makes hundreds)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="needs procfs: /proc and pidfds")
@pytest.mark.usefixtures("walls")
def test_runs_whose_engine_and_client_are_killed_keep_every_promise(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'backends'}"}
    command = [
        sys.executable,
        str(ROOT / "benchmarks" / "kills.py"),
        "--kills",
        "5",
        "--of",
        "engine,client",
        "--out",
        str(tmp_path / "kills.md"),
    ]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    table = (tmp_path / "kills.md").read_text()
    assert "| promises broken | 0 |" in table
    counts = {
        name.strip(): int(count)
        for _, name, count, _ in (row.split("|") for row in table.splitlines() if row.endswith("|"))
        if count.strip().isdigit()
    }
    assert counts["engine kills"] + counts["client kills"] == 5
    assert counts["parts"] > counts["runs"], "something was resumed"
