"""What a pseudo-terminal receives from each printer when everything foreign in a run is evil: no byte drives it."""

from __future__ import annotations

import json
import re

import pexpect
import pytest
from support.evil import EVIL
from support.journals import write_journal
from support.recorded import answers, events_of

from reason_tui.search.events import EVENT

FOREIGN = frozenset(("prompt", "text", "program", "stdout", "stderr", "message", "got", "test", "call", "expected",
                     "source", "rejection", "model", "sandbox", "signature"))  # fmt: skip
LONG = EVIL + "x" * 20_000 + "\u200b\u2028\U000e0041"
# What our own printers send: colours, a wiped line, a hidden cursor. A title, a clipboard or a query is not among them.
OWN = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\??[0-9]*[KJlhG]|\r")
BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def poisoned(value, key=""):
    """`value` with something evil before every text that a model, a program or a user wrote."""
    if isinstance(value, dict):
        return {name: poisoned(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, key) for inner in value]
    return LONG + value if isinstance(value, str) and key in FOREIGN else value


@pytest.fixture
async def evil_run(home):
    """The state folder of a user who has one run, full of it."""
    state = home / "state" / "reason_tui"
    events = await events_of(answers("return 0", "return 1", repairs=("return x",)), budget=6)
    read = []
    for event in events:
        data = json.loads(event.model_dump_json())
        for name in ("task", "text", "verdict", "policy", "sandbox", "program", "rejection", "message"):
            if name in data:
                data[name] = poisoned(data[name], name)
        read.append(EVENT.validate_python(data))
    write_journal(state / "runs" / "r", read)
    return state


@pytest.fixture
def received(scripted_process):
    """Everything that a terminal receives from one command line, but for what is ours."""

    def call(*arguments: str) -> str:
        child = pexpect.spawn(
            scripted_process[0], [*scripted_process[1:], *arguments], encoding=None, timeout=60, dimensions=(24, 80)
        )
        child.expect(pexpect.EOF)
        child.close(force=True)
        text = child.before.decode("utf-8", "surrogateescape")
        return OWN.sub("", text)

    return call


@pytest.mark.parametrize(
    "command",
    [
        ("runs", "ls"),
        ("runs", "show", "r"),
        ("runs", "show", "r", "--program"),
        ("runs", "replay", "r", "--speed", "0"),
        ("runs", "research", "r"),
        ("runs", "resume", "r"),
    ],
    ids=" ".join,
)
def test_a_run_full_of_it(evil_run, received, command):
    shown = received(*command, "--state-dir", str(evil_run))
    assert shown.strip()
    assert BAD.findall(shown) == []


@pytest.mark.parametrize(
    "command",
    [
        ("solve", f"./{EVIL}/x.py"),
        ("solve", "f(x)", "--tests", f"no{EVIL}"),
        ("solve", f"f(1) == 2 {EVIL}", "--model", f"none{EVIL}"),
        ("solve", "f(x)", "--strategy", EVIL),
        ("runs", "show", EVIL),
        ("eval", "--dataset", EVIL, "--model", "solve"),
        ("--preset", EVIL, "runs", "ls"),
        ("sandbox", "check", "--level", EVIL),
        (EVIL,),
    ],
    ids=lambda command: " ".join(command).encode("ascii", "ignore").decode()[:20].strip("\x1b"),
)
def test_an_error_that_repeats_what_was_typed(home, received, command):
    shown = received(*command)
    assert shown.strip()
    assert BAD.findall(shown) == []
