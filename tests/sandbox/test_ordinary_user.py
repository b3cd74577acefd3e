"""The same walls for someone who is not root: nothing of them needs a privilege."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from reason_tui.sandbox.attacks import forgeries, hostile

ROOT = Path(__file__).parents[2]
NOBODY = 12345


def run_as_nobody(python: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "backends"), sysconfig.get_path("purelib")])
    env = {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"}
    return subprocess.run(
        [python, *arguments],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env=env,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def readable_python() -> str | None:
    """An interpreter that another user can run, with our dependencies."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}", "/usr/bin/python3"):
        try:
            if run_as_nobody(python, "-c", "import reason_tui.cli.sandbox").returncode == 0:
                return python
        except OSError:
            continue
    return None


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="needs root: on Linux, to be someone else")
@pytest.mark.parametrize("level", ["landlock", "bubblewrap"])
def test_every_attack_is_contained_without_any_privilege(level):
    """The whole suite by its command, with a process of the same throw-away user beside the sandbox."""
    python = readable_python()
    if python is None:
        pytest.skip("needs readable-python: an interpreter and dependencies that another user can read")
    check = ("-m", "reason_tui", "sandbox", "check", "--level", level)
    done = run_as_nobody(python, *check, "--attacks")
    if "not to be had here" in done.stdout:
        pytest.skip(f"needs {level}: {done.stdout}")
    assert done.returncode == 0, done.stdout + done.stderr
    tried, forged = len(hostile()), len(forgeries())
    expected = [level, "12/12", f"{tried}/{tried}", "0", "of", str(forged)]
    assert done.stdout.splitlines()[1].split()[:6] == expected
