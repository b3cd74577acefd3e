"""What needs a process of its own: terminals, signals, pipes that close."""

from __future__ import annotations

import os
import signal
import subprocess

import pexpect
import pytest
from support.gguf_files import tiny_model

from reason_tui.runs.journal import load
from reason_tui.runs.library import find_run
from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests, Task

PATIENCE_S = 100.0
"""Of a vain wait, below the limit of pytest: a busy machine is slow."""
ADD = "Add two numbers.\n>>> add(1, 2)\n3\n"


@pytest.fixture
def start(home, scripted_process):
    """Start the scripted command line with pipes; every process is gone at the end."""
    started = []

    def call(*arguments, **options):
        process = subprocess.Popen(
            [*scripted_process, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
        )  # fmt: skip
        started.append(process)
        return process

    yield call
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def terminal(home, scripted_process):
    """Start the scripted command line on a terminal of its own."""
    started = []

    def call(*arguments, command=None):
        command = command or scripted_process
        child = pexpect.spawn(
            command[0], [*command[1:], *arguments], encoding="utf-8", timeout=PATIENCE_S, dimensions=(24, 80)
        )
        started.append(child)
        return child

    yield call
    for child in started:
        child.close(force=True)


def read_until(stream, text):
    """The lines up to the one that holds `text`."""
    lines = []
    for line in stream:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"{text!r} was not among {lines}")


def ended(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def test_ctrl_c_stops_the_search_keeps_the_run_and_says_where(start, home):
    process = start("solve", ADD, "--model", "wait", "--plain")
    read_until(process.stderr, "searching")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    folder = find_run(home / "state" / "reason_tui", "last")
    view, damage = load(folder)
    assert process.returncode == 130
    assert damage is None and view.finished is not None and view.finished.reason == "stopped"
    assert f"Saved as {folder.name}." in err and "Traceback" not in err


def test_a_second_ctrl_c_leaves_at_once(start):
    process = start("solve", ADD, "--model", "deaf", "--plain")
    read_until(process.stderr, "searching")
    process.send_signal(signal.SIGINT)
    read_until(process.stderr, "again leaves at once")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130


def test_ctrl_c_while_the_model_loads_leaves_with_nothing_to_save(terminal, home):
    child = terminal("solve", ADD, "--model", "slow-load")
    child.expect("loading the model")
    while not (home / "state" / "reason_tui" / "engine.log").exists():
        assert child.isalive()
    child.sendintr()
    assert ended(child) == 130
    assert "Traceback" not in child.before


def test_a_reader_that_goes_away_ends_the_command_quietly(start):
    process = start("solve", ADD, "--model", "wait", "--json")
    assert '"run_started"' in process.stdout.readline()
    process.stdout.close()
    process.send_signal(signal.SIGINT)  # the end of the run is the next thing it would print
    assert process.wait(timeout=PATIENCE_S) == 141
    assert "rror" not in process.stderr.read()


def test_without_a_terminal_the_app_is_never_started(start):
    process = start()
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (2, "")
    assert "Usage:" in err and "needs a terminal" in err


def test_on_a_terminal_the_app_is_started_with_the_settings(terminal):
    child = terminal("--model", "mine", "--budget", "5")
    child.expect("app with mine and 5")
    assert ended(child) == 7


def test_a_terminal_sees_one_line_of_progress_that_is_wiped_before_the_program(terminal):
    child = terminal("solve", ADD, "--model", "solve")
    child.expect("loading the model")
    child.expect("def add")
    assert child.before.endswith("\r\x1b[K")
    assert ended(child) == 0
    assert "Solved" in child.before


@pytest.mark.parametrize("arrangement", ["pipe", "terminal"])
def test_a_program_is_raw_in_a_pipe_and_harmless_on_a_terminal(terminal, home, scripted_process, arrangement):
    script = "from reason_tui.cli.output import print_program; print_program('# \\x1b]0;title\\x07')"
    python = [scripted_process[0], "-c", script]
    if arrangement == "pipe":
        done = subprocess.run(python, capture_output=True, check=True, env=os.environ)
        assert done.stdout == b"# \x1b]0;title\x07\n"
        return
    child = terminal(command=python)
    child.expect(pexpect.EOF)
    assert child.before == "# \\x1b]0;title\\x07\r\n"


def test_ctrl_c_keeps_the_results_of_an_evaluation(terminal, home, scripted_process):
    model = tiny_model(home / "tiny.gguf")
    tasks = home / "tasks.jsonl"
    task = Task(id="up", prompt="def up(n): ...", entry_point="up", visible=(CallCase(args=("1",), expected="2"),))
    hidden = HiddenTests(cases=(CallCase(args=("2",), expected="3"),))
    rows = [GradedTask(task=task.model_copy(update={"id": f"up{i}"}), hidden=hidden, reference="x") for i in range(500)]
    tasks.write_text("".join(f"{row.model_dump_json()}\n" for row in rows))
    python = [scripted_process[0], "-m", "reason_tui"]
    child = terminal("eval", "--dataset", str(tasks), "--model", str(model), "--out", "results.jsonl", command=python)
    child.expect(r"\d+/500 auto up\d+: failed")
    child.sendintr()
    child.expect("the same command goes on from there")
    assert ended(child) == 130
    assert len((home / "work" / "results.jsonl").read_text().splitlines()) > 1
