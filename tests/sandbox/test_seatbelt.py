"""The level of macOS as far as another machine can tell: its profile, its messages, and how memory is watched.

On a Mac, `reason-tui sandbox check --level seatbelt --attacks` tries the level itself.
"""

from __future__ import annotations

import re
import struct
import sys

import pytest

from reason_tui.errors import SandboxError
from reason_tui.sandbox import Job, Limits, bundle, open_sandbox, slot
from reason_tui.sandbox.inside import seatbelt
from reason_tui.sandbox.walls.direct import LandlockWall
from reason_tui.sandbox.walls.seatbelt import SeatbeltWall
from reason_tui.tasks.types import CallCase


def rules(profile: str) -> list[str]:
    """Its rules, each whole; fails where brackets or quotes do not match."""
    found, depth, text = (
        [],
        0,
        re.sub(r'"(?:[^"\\]|\\.)*"', lambda match: match[0].replace("(", "[").replace(")", "]"), profile),
    )
    for line in text.splitlines():
        depth = line.count("(") - line.count(")")
        assert depth == 0, line
        found.append(line)
    return found


def test_everything_is_refused_but_what_is_named(tmp_path):
    found = rules(seatbelt.profile([str(tmp_path)]))
    assert found[:2] == ["(version 1)", "(deny default)"]
    assert {"(deny process-fork)", "(deny process-exec*)", "(deny network*)"} <= set(found)
    assert "(allow signal (target self))" in found
    assert not [rule for rule in found if "file-write*" in rule or "mach-" in rule]
    assert [rule for rule in found if "file-write" in rule] == [
        '(allow file-read* file-write-data (literal "/dev/null"))'
    ]


def test_an_interpreter_behind_a_link_is_named_by_both_paths(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    (real / "python3").touch()
    profile = seatbelt.profile([str(link), str(link / "python3")])
    for place in (
        f'(subpath "{link}")',
        f'(subpath "{real}")',
        f'(literal "{link}/python3")',
        f'(literal "{real}/python3")',
    ):
        assert place in profile


def test_what_may_be_written_is_the_folder_itself_and_not_a_link_to_it(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    profile = seatbelt.profile([], writable=str(link))
    assert f'(allow file-read* file-write* (subpath "{real}"))' in profile
    assert str(link) not in profile
    assert "file-write*" not in seatbelt.profile([], listable=str(link))


def test_a_path_with_quotes_stays_one_path(tmp_path):
    evil = tmp_path / 'a") (allow default) ("b\\'
    evil.mkdir()
    assert "(allow default)" not in rules(seatbelt.profile([], writable=str(evil)))
    assert '\\") (allow default) (\\"b\\\\"' in seatbelt.profile([], writable=str(evil))


def test_the_footprint_stands_after_seven_numbers():
    usage = bytes(16) + struct.pack("=18Q", *range(18))
    assert seatbelt.footprint_in(usage) == 7


@pytest.mark.skipif(sys.platform == "darwin", reason="needs linux: where seatbelt is not")
async def test_elsewhere_it_is_not_to_be_had():
    assert SeatbeltWall().unavailable() == "seatbelt is a part of macOS."
    assert seatbelt.footprint(1) == 0
    with pytest.raises(SandboxError) as refused:
        await open_sandbox(level="seatbelt")
    assert "part of macOS" in refused.value.why


@pytest.mark.skipif(LandlockWall().unavailable() != "", reason="needs landlock: not on this machine")
async def test_memory_without_a_limit_is_watched_and_told_as_such(monkeypatch):
    """As on a Mac: no RLIMIT_AS, and every 20 ms a look at the candidate."""
    source = bundle.worker_source()[8:]
    for old, new in (
        (b'0.02 if sys.platform == "darwin" else None', b"0.02"),
        (b"both(resource.RLIMIT_AS, base_memory + limits.memory_bytes)", b"pass"),
        (b"failed = library.proc_pid_rusage", b'return int(open(f"/proc/{pid}/statm").read().split()[1]) * 4096 #'),
        (b"ctypes.CDLL(_LIBRARY)", b"None"),
    ):
        assert old in source
        source = source.replace(old, new)
    monkeypatch.setattr(slot, "worker_source", lambda: f"{len(source):08d}".encode() + source)
    program = "import time\ndef f():\n    x = []\n    while True: x.append(b'x' * (1 << 20)), time.sleep(0.001)\n"
    limits = Limits(wall_s=60, memory_mb=64)
    async with await open_sandbox(slots=1, level="landlock") as sandbox:
        job = Job(program=program, kind="cases", entry_point="f", cases=(CallCase(),), limits=limits)
        verdict = await sandbox.run(job)
        assert verdict.status == "memory"
        assert verdict.peak_memory_kb > 64 << 10
        honest = job.model_copy(update={"program": "def f(): return 1\n"})
        assert (await sandbox.run(honest)).records[0].got == "1"
