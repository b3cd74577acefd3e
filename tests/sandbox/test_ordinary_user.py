"""The same walls for someone who is not root: nothing of them needs a privilege."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from reason_tui.sandbox.attacks import forgeries, hostile

ROOT = Path(__file__).parents[2]
NOBODY = 12345


LEVELS = ("landlock", "bubblewrap")


def start_as_nobody(python: str, *arguments: str) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "backends"), sysconfig.get_path("purelib")])
    env = {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [python, *arguments],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env=env,
        cwd="/",
        stdout=pipe,
        stderr=pipe,
        text=True,
    )


def readable_python() -> str | None:
    """An interpreter that another user can run, with our dependencies."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}", "/usr/bin/python3"):
        try:
            with start_as_nobody(python, "-c", "import reason_tui.cli.sandbox") as tried:
                tried.communicate()
        except OSError:
            continue
        if tried.returncode == 0:
            return python
    return None


@pytest.fixture(scope="module")
def checks() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """The command at each level, at the same time: most of what it does is to wait until programs run out of it."""
    python = readable_python()
    if python is None:
        pytest.skip("needs readable-python: an interpreter and dependencies that another user can read")
    check = ("-m", "reason_tui", "sandbox", "check", "--attacks", "--level")
    with contextlib.ExitStack() as started:
        begun = {}
        for level in LEVELS:
            begun[level] = started.enter_context(start_as_nobody(python, *check, level))
            started.callback(begun[level].kill)
        yield begun


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="needs root: on Linux, to be someone else")
@pytest.mark.parametrize("level", LEVELS)
def test_every_attack_is_contained_without_any_privilege(checks, level):
    """The whole suite by its command, with a process of the same throw-away user beside the sandbox."""
    told, errors = checks[level].communicate()
    if "not to be had here" in told:
        pytest.skip(f"needs {level}: {told}")
    assert checks[level].returncode == 0, told + errors
    tried, forged = len(hostile()), len(forgeries())
    expected = [level, "12/12", f"{tried}/{tried}", "0", "of", str(forged)]
    assert told.splitlines()[1].split()[:6] == expected
