"""What a pseudo-terminal receives from a process when everything foreign that it shows is evil."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pexpect

from reason_tui.runs.journal import JournalWriter
from reason_tui.search.events import EVENT
from support.evil import EVIL
from support.recorded import answers, events_of

LONG = EVIL + "x" * 20_000 + "\u200b\u2028\U000e0041"
FOREIGN = frozenset(("prompt", "text", "program", "stdout", "stderr", "message", "got", "test", "call", "expected",
                     "source", "rejection", "model", "sandbox", "signature"))  # fmt: skip
# What our own printers send: colours, a wiped line, a hidden cursor. A title, a clipboard or a query is not among them.
_OWN = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\??[0-9]*[KJlhG]|\r")
_BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def poisoned(value: Any, key: str = "") -> Any:
    """`value` with something evil before every text that a model, a program or a user wrote."""
    if isinstance(value, dict):
        return {name: poisoned(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, key) for inner in value]
    return LONG + value if isinstance(value, str) and key in FOREIGN else value


async def write_evil_run(folder: Path) -> None:
    """The journal of a run full of it."""
    writer = JournalWriter(folder)
    for event in await events_of(answers("return 0", "return 1", repairs=("return x",)), budget=6):
        data = event.model_dump(mode="json")
        for name in ("task", "text", "verdict", "policy", "sandbox", "program", "rejection", "message"):
            if name in data:
                data[name] = poisoned(data[name], name)
        writer.append(EVENT.validate_python(data))
    writer.close()


def received(command: Sequence[str]) -> str:
    """Everything that a terminal of 80x24 receives until the command ends."""
    child = on_terminal(command)
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    return str(child.before.decode("utf-8", "surrogateescape"))


def on_terminal(command: Sequence[str], size: tuple[int, int] = (24, 80)) -> pexpect.spawn:
    """The command on a terminal of so many rows and columns, to be spoken to."""
    environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    child = pexpect.spawn(command[0], list(command[1:]), encoding=None, timeout=100, dimensions=size, env=environment)
    child.delaybeforesend = None
    return child


def driving(text: str, own: Callable[[str], str] = lambda text: _OWN.sub("", text)) -> list[str]:
    """The characters in it that could drive a terminal or deceive a reader, but for what is ours."""
    return _BAD.findall(own(text))
