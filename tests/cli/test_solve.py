"""`solve` with a scripted model in a real engine process."""

from __future__ import annotations

import ast
from functools import partial
from pathlib import Path

import pytest
from support.engines import SCRIPTED
from support.needs import skip_without

from reason_tui.cli import session
from reason_tui.engine.client import EngineClient
from reason_tui.runs.decisions import decisions
from reason_tui.runs.journal import load, read_events
from reason_tui.runs.library import find_run
from reason_tui.sandbox.walls import candidates

ADD = "Add two numbers.\n>>> add(1, 2)\n3\n>>> add(0, 5)\n5\n"
GOOD = "def add(a, b):\n    return a + b\n"
LEAKY = (str(Path(__file__).parent / "leaky_engine.py"),)


def journal(home):
    return find_run(home / "state" / "reason_tui", "last")


def test_a_solved_problem_prints_the_program_alone_and_is_saved(scripted, home):
    done = scripted("solve", ADD, "--model", "solve")
    assert (done.code, done.out) == (0, GOOD)
    view, _ = load(journal(home))
    assert view.finished is not None and view.finished.outcome == "solved"
    assert "Solved: 10/10 tests pass." in done.err
    assert f"Saved as {journal(home).name}." in done.err


def test_an_unsolved_problem_prints_the_best_and_says_so(scripted):
    done = scripted("solve", ADD, "--model", "never", "--budget", "4")
    assert done.code == 1
    assert "a - b" in ast.unparse(ast.parse(done.out))
    assert "Not solved. The budget is spent. The best program: raises." in done.err


def test_without_examples_the_answer_is_the_one_most_agree_with_and_is_called_unverified(scripted):
    walls = candidates("auto", unsafe_local=False)
    skip_without("landlock", any(not wall.unavailable() for wall in walls), "no wall works on this machine")
    prompt = 'def add(a: int, b: int) -> int:\n    """Add two numbers."""\n'
    done = scripted("solve", prompt, "--model", "never+walls", "--budget", "4")
    assert done.code == 1
    assert "nothing will say whether a program is right" in done.err
    assert "Unverified: the problem has no examples" in done.err
    assert "1 of 4 distinct programs behave like this one on made-up inputs." in done.err
    ast.parse(done.out)


def test_json_prints_the_lines_of_the_journal_and_nothing_else(scripted, home):
    done = scripted("solve", ADD, "--model", "solve", "--json")
    assert done.code == 0
    assert done.out == (journal(home) / "journal.jsonl").read_text()


def test_plain_tells_of_each_candidate_in_a_line(scripted, home):
    done = scripted("solve", ADD, "--model", "solve", "--plain")
    assert done.out == GOOD
    told = [line for line in done.err.splitlines() if " node " in line]
    view, _ = load(journal(home))
    assert len(told) == view.ledger.completions
    assert any("10/10 tests, reward 1.00" in line for line in told)
    assert "\x1b" not in done.err and "\r" not in done.err


def test_options_decide_how_to_search(scripted, home):
    scripted(
        "--budget", "9", "--seed", "9",
        "solve", ADD, "--model", "never", "--strategy", "best-of-n", "--budget", "3", "--width", "2",
    )  # fmt: skip
    started = next(read_events(journal(home)))
    settings = started.settings
    assert (settings.strategy, settings.budget, settings.width, settings.seed) == ("best-of-n", 3, 2, 9)


def test_a_problem_can_come_from_standard_input_or_a_file(scripted, home):
    Path("problem.txt").write_text(ADD)
    assert scripted("solve", "problem.txt", "--model", "solve").out == GOOD
    assert scripted("solve", "-", "--model", "solve", stdin=ADD.encode()).out == GOOD


def test_tests_can_come_from_a_file(scripted, home):
    Path("tests.txt").write_text("assert add(1, 1) == 2\n")
    assert scripted("solve", "Add two numbers.", "--tests", "tests.txt", "--model", "solve").code == 0
    started = next(read_events(journal(home)))
    assert [case.describe("add") for case in started.task.visible] == ["add(1, 1) == 2"]


@pytest.mark.parametrize("prompt", ["", "  \n\t\n"])
def test_an_empty_prompt_is_refused(scripted, prompt):
    done = scripted("solve", prompt, "--model", "solve")
    assert (done.code, done.out) == (2, "")
    assert "prompt is empty" in done.err


def test_tests_that_do_not_parse_are_refused_before_anything_is_started(scripted, home):
    Path("tests.txt").write_text("assert add(1, 1 == 2\n")
    done = scripted("solve", ADD, "--tests", "tests.txt", "--model", "solve")
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) >= 2
    assert not (home / "state").exists()


@pytest.mark.parametrize(
    ("argument", "content", "told"),
    [
        ("missing.py", None, "There is no file missing.py."),
        ("bytes.txt", b"\xff\xfe\x00", "not UTF-8"),
        ("long.txt", b"x" * 1_000_001, "too long"),
        ("\x1b[31m.py", None, "\\x1b[31m.py"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(scripted, argument, content, told):
    if content is not None:
        Path(argument).write_bytes(content)
    done = scripted("solve", argument)
    assert (done.code, done.out) == (2, "")
    assert told in done.err and "\x1b" not in done.err


def test_options_that_cannot_be_used_are_refused_with_what_is_allowed(scripted):
    done = scripted("solve", ADD, "--width", "65")
    assert done.code == 2
    assert "64" in done.err and "the command line" in done.err
    assert scripted("solve", ADD, "--budget", "many").code == 2
    assert scripted("solve").code == 2
    assert scripted("sovle").code == 2


def test_a_model_that_is_missing_is_exit_code_3(scripted):
    done = scripted("solve", ADD, "--model", "missing")
    assert (done.code, done.out) == (3, "")
    assert "There is no model" in done.err and "Choose another." in done.err


def test_an_engine_that_dies_is_exit_code_5_and_nothing_is_lost(scripted, home):
    done = scripted("solve", ADD, "--model", "exit")
    assert (done.code, done.out) == (5, "")
    assert "Traceback" not in done.err and "\x1b" not in done.err
    assert next(read_events(journal(home))).task.entry_point == "add"


def test_a_run_goes_on_in_a_new_engine_as_often_as_the_engine_dies(scripted, home):
    # `auto` would go by what the first run has shown of the model
    settings = ("--strategy", "mcts", "--budget", "12", "--width", "2", "--seed", "1")
    expected = scripted("solve", ADD, "--model", "steady", *settings)
    undisturbed = list(read_events(journal(home)))
    done = scripted("solve", ADD, "--model", "steady-mortal", *settings)
    events = list(read_events(journal(home)))
    deaths = [event.type for event in events].count("run_continued")
    assert deaths >= 2 and done.err.count("Going on in a new one.") == deaths
    assert "status 77" in done.err
    assert (done.code, done.out) == (expected.code, expected.out)
    assert decisions(events) == decisions(undisturbed)


def test_a_run_in_several_engines_is_told_whole(scripted, home):
    done = scripted("solve", ADD, "--model", "steady-mortal", "--budget", "8", "--width", "2", "--json")
    assert done.out == (journal(home) / "journal.jsonl").read_text()


def test_what_a_dying_engine_wrote_and_did_not_tell_is_told_from_the_journal(scripted, home, monkeypatch):
    class Laggard(EngineClient):
        """Its last three messages before a death are lost."""

        async def messages(self):
            held = []
            async for message in super().messages():
                held.append(message)
                if len(held) > 3:
                    yield held.pop(0)
                if getattr(getattr(message, "event", None), "type", "") == "run_finished":
                    for late in held:
                        yield late

    monkeypatch.setattr(session, "EngineClient", partial(Laggard, entry=SCRIPTED))
    done = scripted("solve", ADD, "--model", "steady-mortal", "--budget", "8", "--width", "2", "--json")
    assert done.out == (journal(home) / "journal.jsonl").read_text()
    assert '"run_continued"' in done.out


def test_a_run_that_breaks_says_why_and_not_how_it_was_written(scripted):
    done = scripted("solve", ADD, "--model", "fault")
    assert done.code == 5
    assert "nobody foresaw this" in done.err and "Traceback" not in done.err


def test_a_sandbox_that_does_not_hold_runs_nothing_unless_told_to(scripted, home, monkeypatch):
    monkeypatch.setattr(session, "EngineClient", partial(EngineClient, entry=LEAKY))
    done = scripted("solve", ADD, "--model", "solve")
    assert (done.code, done.out) == (4, "")
    assert "self-test" in done.err
    assert not (home / "state" / "reason_tui" / "runs").exists()
    assert scripted("solve", ADD, "--model", "solve", "--unsafe-local").code == 0


def test_a_state_folder_that_cannot_be_written_is_told_and_nothing_is_searched(scripted):
    done = scripted("solve", ADD, "--model", "solve", "--state-dir", "/dev/null/state")
    assert (done.code, done.out) == (5, "")
    assert "cannot be saved" in done.err and "/dev/null/state" in done.err


def test_a_file_with_unknown_settings_warns_and_goes_on(scripted, home):
    (home / "work" / ".reason-tui.toml").write_text('modle = "x"\nmodel = "solve"\n')
    done = scripted("solve", ADD)
    assert (done.code, done.out) == (0, GOOD)
    assert "Warning: `modle`" in done.err
