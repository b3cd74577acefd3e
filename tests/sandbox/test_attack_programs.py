"""The attacks that ship: how many there are, and that they can tell a sandbox from none."""

from __future__ import annotations

import pytest

from reason_tui.sandbox import bundle, open_sandbox, slot
from reason_tui.sandbox.attacks import Range, forge, forgeries, hostile, try_one
from reason_tui.sandbox.walls import choose


def test_there_are_enough_of_them_and_none_twice():
    assert len({attack.name for attack in hostile()}) == len(hostile()) >= 60
    assert len({forgery.name for forgery in forgeries()}) == len(forgeries()) >= 100
    assert {forgery.way for forgery in forgeries()} == {"cases", "check", "tests"}


FOUND_BY_CARE = {
    "an object from which nothing differs (check)",
    "an object that contains everything (check)",
    "an object with the methods of a string (check)",
    "a method of what the program returned (check)",
    "a block that takes the assertion back (tests)",
    "a block in which the assertion is not reached (tests)",
}
HARMLESS = {
    "a command",
    "a server on this machine",
    "reading /etc/passwd",
    "reading the folders of this machine",
    "what is known of another process",
    "walking up by a descriptor",
}


async def test_without_walls_the_attacks_get_through(monkeypatch):
    """Only some are tried: the others would do to this machine what they say."""
    source = bundle.worker_source()[8:].replace(b"seccomp.install(filter_)", b"pass")
    source = source.replace(b"both(resource.RLIMIT_NPROC, 0)", b"pass")
    monkeypatch.setattr(slot, "worker_source", lambda: f"{len(source):08d}".encode() + source)
    monkeypatch.setattr(choose, "_all", lambda *_: [])
    with Range() as around:
        async with await open_sandbox(slots=1, level="landlock", unsafe_local=True) as sandbox:
            tried = {attack.name: attack for attack in hostile() if attack.name in HARMLESS}
            done = {name for name, attack in tried.items() if await try_one(sandbox, attack, around)}
            assert done == HARMLESS
        assert around.harm() == "a server on this machine was reached"


async def test_without_care_objects_are_believed(monkeypatch):
    source = bundle.worker_source()[8:].replace(b"careful=True)", b"careful=False)")
    monkeypatch.setattr(slot, "worker_source", lambda: f"{len(source):08d}".encode() + source)
    async with await open_sandbox(slots=1, level="landlock", unsafe_local=True) as sandbox:
        tried = [each for each in forgeries() if each.name in FOUND_BY_CARE]
        assert {each.name for each in tried if await forge(sandbox, each) == "it passed"} == FOUND_BY_CARE


@pytest.mark.parametrize("what", ["file", "folder", "victim"])
def test_harm_is_noticed(what):
    with Range() as around:
        assert around.harm() == ""
        if what == "file":
            around.file.write_text("of someone else")
        elif what == "folder":
            around.file.with_name("more").touch()
        else:
            around.victim.kill()
            around.victim.wait()
        assert around.harm() != ""
