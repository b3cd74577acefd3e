"""`solve --ask`: the question on standard error, the answer on standard input, the run in the journal."""

from __future__ import annotations

import json
import subprocess

import pytest
from support.needs import skip_without

from reason_tui.cli.asking import answer, question
from reason_tui.cli.stdin import Lines
from reason_tui.runs.fold import RunView
from reason_tui.runs.journal import load
from reason_tui.runs.library import find_run
from reason_tui.sandbox.walls import candidates
from reason_tui.search.events import Opinion, QuestionAsked
from reason_tui.tasks.types import CallCase

POWER = "def add(a: int, b: int) -> int:\n    '''The product.\n    >>> add(2, 2)\n    4\n    '''\n"
FLAGS = ("--model", "steady+walls", "--strategy", "best-of-n", "--width", "32", "--budget", "32", "--ask")
ASKED = QuestionAsked(
    question=0,
    case=CallCase(args=("[]",)),
    opinions=(Opinion(nodes=(1, 2), returned="0"), Opinion(nodes=(3,), raised="IndexError")),
    inputs=30,
)


@pytest.fixture
def asked(home, scripted_process):
    """Runs `solve` with these lines as standard input."""
    walls = candidates("auto", unsafe_local=False)
    skip_without("landlock", any(not wall.unavailable() for wall in walls), "no wall works on this machine")

    def solve(answers: str, *flags: str) -> subprocess.CompletedProcess[str]:
        command = [*scripted_process, "solve", POWER, *FLAGS, *flags]
        return subprocess.run(command, input=answers, capture_output=True, text=True, timeout=100)

    return solve


def test_the_answer_decides_between_programs_that_pass(asked, home):
    done = asked("6\n" * 9)
    assert done.returncode == 0, done.stderr
    assert "Question 1: 2 programs that pass the examples differ on add(" in done.stderr
    view, _ = load(find_run(home / "state" / "reason_tui", "last"))
    assert len(view.task.visible) == 2
    assert view.task.visible[1].expected == "6"


def test_the_end_of_the_input_skips(asked, home):
    done = asked("")
    assert done.returncode == 0, done.stderr
    assert "Question 1" in done.stderr and "Question 2" not in done.stderr
    view, _ = load(find_run(home / "state" / "reason_tui", "last"))
    assert len(view.task.visible) == 1


def test_with_json_question_and_answer_are_lines_of_the_journal(asked):
    done = asked("what\n\ns\n", "--json")
    kinds = [json.loads(line)["event"] for line in done.stdout.splitlines()]
    (said,) = [event for event in kinds if event["type"] == "question_answered"]
    assert said["says"] == "skip"
    assert "what is no value" in done.stderr


def test_problem_and_answers_cannot_both_be_standard_input(scripted):
    done = scripted("solve", "-", "--ask", stdin=b"x")
    assert done.code == 2
    assert "standard input" in done.err


def test_the_question_in_words():
    assert list(question(RunView(), ASKED))[:3] == [
        "Question 1: 3 programs that run differ on ?([])",
        "  a  0 (2 programs)",
        "  b  raises IndexError (1 program)",
    ]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("a", ("group", 0)),
        ("B", ("group", 1)),
        ("n", ("neither", None)),
        ("skip", ("skip", None)),
        (None, ("skip", None)),
        ("c", ("own", None)),
        ("[1]", ("own", None)),
    ],
)
def test_what_was_typed(typed, says):
    act = answer(ASKED, typed)
    assert act is not None
    assert (act.says, act.group) == says


def test_an_empty_line_is_no_answer():
    assert answer(ASKED, "") is None


async def test_lines_of_a_file_are_read_to_its_end(tmp_path):
    path = tmp_path / "answers"
    path.write_bytes(b"a\n \xffb")
    with path.open("rb") as file:
        lines = Lines(file.fileno())
        assert [await lines.next() for _ in range(3)] == ["a", "\ufffdb", None]
