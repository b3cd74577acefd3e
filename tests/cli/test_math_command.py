"""`solve --math`: what is refused, what is printed, and how it ends."""

from __future__ import annotations

from reason_tui.runs.journal import load
from reason_tui.runs.library import find_run


def test_a_solution_without_an_answer_is_revised_once_and_not_solved(scripted, home):
    done = scripted("solve", "How many pens are left?", "--math", "--answer", "7", "--model", "never")
    assert done.code == 1
    assert done.out.strip(), "what was found is printed"
    view, damage = load(find_run(home / "state" / "reason_tui", "last"))
    assert damage is None and view.task is not None and view.settings is not None
    assert (view.task.kind, view.task.answer, view.settings.strategy) == ("math", "7", "revise")
    assert [node.origin for node in view.tree.nodes.values()] == ["root", "draft", "repair"]


def test_an_answer_is_for_math_and_tests_are_for_programs(scripted, tmp_path):
    done = scripted("solve", "Add two numbers.", "--answer", "7")
    assert (done.code, done.out) == (2, "") and "--math" in done.err
    tests = tmp_path / "tests.txt"
    tests.write_text("add(1, 2) == 3\n")
    done = scripted("solve", "How many?", "--math", "--tests", tests)
    assert (done.code, done.out) == (2, "") and "--answer" in done.err


def test_an_empty_problem_is_told_off(scripted):
    done = scripted("solve", "  ", "--math")
    assert done.code == 2 and "empty" in done.err
