"""`reason-tui` alone, on a terminal: the app itself, as a user meets it."""

from __future__ import annotations

import os
import sys

import pexpect
import pytest
from support.gguf_files import tiny_model

from reason_tui.models.catalogue import EMBEDDED, known_models
from reason_tui.runs.journal import load
from reason_tui.runs.library import find_run

RUN, QUIT = "\n", "\x11"  # Ctrl+J, Ctrl+Q


@pytest.fixture
def app(home):
    """Start the app on a terminal of 80x24; it is gone at the end."""
    started = []

    def start(*arguments: str) -> pexpect.spawn:
        environment = {**os.environ, "TERM": "xterm-256color"}
        child = pexpect.spawn(
            sys.executable,
            ["-m", "reason_tui", *arguments],
            env=environment,
            encoding="utf-8",
            codec_errors="replace",
            timeout=100,
            dimensions=(24, 80),
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


def leave(child: pexpect.spawn) -> int:
    child.send(QUIT)
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def test_the_app_shows_its_example_runs_a_model_and_leaves_when_told(app, tmp_path, home):
    child = app("--model", str(tiny_model(tmp_path / "tiny.gguf")), "--budget", "4")
    child.expect("sum_even")
    child.send(RUN)
    child.expect("UNSOLVED")
    assert leave(child) == 0
    view, damage = load(find_run(home / "state" / "reason_tui", "last"))
    assert damage is None
    assert view.finished is not None and view.ledger.completions == 4


@pytest.mark.skipif(EMBEDDED not in known_models(), reason="needs embedded-model: assets/embedded has none")
def test_one_key_solves_the_example_that_stands_in_the_prompt(app, home):
    child = app()
    child.expect("sum_even")
    child.send(RUN)
    child.expect("(?<!UN)SOLVED")
    assert leave(child) == 0
    view, _ = load(find_run(home / "state" / "reason_tui", "last"))
    assert view.finished is not None and view.finished.outcome == "solved"
