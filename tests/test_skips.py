"""The rule of tests/conftest.py: what REASON_TUI_REQUIRE names is not skipped in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FILE = """
import pytest
from support.needs import skip_without
{module}
def test_one():
    {body}
"""


def outcome(folder, body="pass", module="", require="spaceship"):
    """Run pytest on one file under the real conftest; the exit code and what it printed."""
    (folder / "test_made_up.py").write_text(FILE.format(body=body, module=module))
    (folder / "conftest.py").write_text((TESTS / "conftest.py").read_text())
    environment = {**os.environ, "REASON_TUI_REQUIRE": require, "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    "arrangement",
    [
        {"body": "skip_without('spaceship', None)"},
        {"body": "pytest.skip('needs spaceship: none here')"},
        {"module": "skip_without('spaceship', None)"},
        {"module": "@pytest.mark.skipif(True, reason='needs spaceship')"},
    ],
)
def test_a_skip_of_what_is_required_fails_and_says_so(tmp_path, arrangement):
    code, printed = outcome(tmp_path, **arrangement)
    assert code in (1, 2)
    assert "REASON_TUI_REQUIRE names spaceship" in printed


def test_other_skips_stay_skips(tmp_path):
    assert outcome(tmp_path, "skip_without('rocket', None)")[0] == 0


def test_nothing_is_skipped_when_it_is_found(tmp_path):
    code, printed = outcome(tmp_path, "skip_without('spaceship', True); assert False, 'was run'")
    assert code == 1
    assert "was run" in printed
