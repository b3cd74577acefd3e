"""`sandbox check`: the table, and what its exit code says."""

from __future__ import annotations

import pytest
from support.needs import skip_without

from reason_tui.cli import sandbox as cli
from reason_tui.sandbox import SelfTest
from reason_tui.sandbox.attacks import Outcome
from reason_tui.sandbox.walls import candidates
from reason_tui.sandbox.walls.direct import LandlockWall


def rows(done):
    """The cells of each row, by its level."""
    return {line.split()[0]: line.split()[1:] for line in done.out.splitlines()[1:]}


@pytest.fixture
def here():
    """The levels that can be had, by what the walls say of themselves."""
    skip_without("landlock", LandlockWall().unavailable() == "", LandlockWall().unavailable())
    return {wall.level for wall in candidates("auto", unsafe_local=False) if not wall.unavailable()}


def test_every_level_is_in_the_table_and_those_that_can_be_had_are_attacked(command, here):
    done = command("sandbox", "check")
    found = rows(done)
    assert done.code == 0, done.out
    assert set(found) == {"docker", "bubblewrap", "landlock", "seatbelt"}
    assert found["landlock"][:3] == ["12/12", "-", "-"]
    for level in found.keys() - here:
        assert found[level][:3] == ["not", "to", "be"]


def test_a_level_that_is_not_to_be_had_is_exit_code_4(command):
    done = command("sandbox", "check", "--level", "docker")  # the tests' engine is out of sight
    assert done.code == 4
    assert set(rows(done)) == {"docker"}
    assert "not to be had" in done.out


def test_an_unknown_level_is_a_mistake(command):
    assert command("sandbox", "check", "--level", "moat").code == 2


def test_what_got_through_is_named_and_exit_code_4(command, here, monkeypatch):
    async def found(*_: object) -> Outcome:
        return Outcome(
            tried=3, escaped={"a \x1b[31mdaemon": "it did\nwhat it tried"}, forged=2, passed={"a lie": "it passed"}
        )

    monkeypatch.setattr(cli, "attack_all", found)
    done = command("sandbox", "check", "--level", "landlock", "--attacks")
    assert done.code == 4
    assert rows(done)["landlock"][:5] == ["12/12", "2/3", "1", "of", "2"]
    assert "landlock: a lie: it passed" in done.out.splitlines()
    assert "\x1b" not in done.out


def test_a_self_test_that_fails_is_exit_code_4(command, here, monkeypatch):
    class Paper:
        async def __aenter__(self):
            return self

        async def __aexit__(self, *_: object) -> None:
            pass

        async def selftest(self) -> SelfTest:
            return SelfTest(level="landlock", tried=12, escaped=("open a connection",))

    async def paper(**_: object) -> Paper:
        return Paper()

    monkeypatch.setattr(cli, "open_sandbox", paper)
    done = command("sandbox", "check", "--level", "landlock")
    assert done.code == 4
    assert rows(done)["landlock"][0] == "11/12"
    assert "landlock: open a connection: self-test: it got through" in done.out.splitlines()
