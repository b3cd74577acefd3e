"""How much memory engines have that are running."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reason_tui.engine.living import of_list, of_process, resident


@contextmanager
def process(*words: str) -> Iterator[Path]:
    """Where the system tells of a process that is called with these words, and has begun."""
    command = (sys.executable, "-c", "print(flush=True); input()", *words)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as begun:
        assert begun.stdout is not None and begun.stdout.readline()
        try:
            yield Path("/proc") / str(begun.pid)
        finally:
            begun.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="needs procfs: /proc")
def test_engines_are_counted_and_nothing_else_is():
    with process("-m", "reason_tui.engine", "--fd", "9") as engine, process("-m", "reason_tui", "jobs") as other:
        assert of_process(engine) > 1_000_000
        assert resident() > 1_000_000
        assert of_process(other) == 0
    assert of_process(engine) == 0, "it is gone"


def test_what_ps_lists_is_read_the_same():
    listed = """\
  1024 /usr/bin/python3 -P -m reason_tui.engine --fd 9 --parent 7
 99999 /usr/bin/python3 -m reason_tui solve x
    10 vim -m reason_tui.engineering
"""
    assert of_list(listed) == 1 << 20
