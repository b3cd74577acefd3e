from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from support.engines import SCRIPTED

from reason_tui.cli import session
from reason_tui.cli.main import run
from reason_tui.engine.client import EngineClient

ROOT = Path(__file__).parents[2]


@dataclass
class Result:
    code: int
    out: str
    err: str


def no_app(engine: object, search: object) -> int:
    raise AssertionError("the app was started")


@pytest.fixture
def home(clean_environment, monkeypatch):
    """A user's folders, and an environment in which child processes find this checkout."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / "backends", ROOT / "tests"))))
    return clean_environment


@pytest.fixture
def command(home, capsysbinary, monkeypatch) -> Callable[..., Result]:
    """Run one command line in this process: exit code, stdout, stderr."""

    def call(*arguments: object, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = run([str(argument) for argument in arguments], no_app)
        printed = capsysbinary.readouterr()
        return Result(code, printed.out.decode(), printed.err.decode())

    return call


@pytest.fixture
def scripted(command, monkeypatch) -> Callable[..., Result]:
    """The same, with engines whose model is the script that `--model` names."""
    monkeypatch.setattr(session, "EngineClient", partial(EngineClient, entry=SCRIPTED))
    return command


@pytest.fixture
def scripted_process() -> list[str]:
    """The beginning of the command line of the same in a process of its own."""
    return [sys.executable, str(Path(__file__).parent / "scripted_cli.py")]
