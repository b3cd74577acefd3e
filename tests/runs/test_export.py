from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.disks import full
from support.journals import write_journal

from reason_tui.errors import UsageError
from reason_tui.runs.export import KINDS, export, solution
from reason_tui.runs.fold import RunView
from reason_tui.runs.folders import JOURNAL
from reason_tui.runs.journal import read_events
from reason_tui.runs.lines import MAX_LINE
from reason_tui.runs.with_tests import with_tests
from reason_tui.search.events import Event
from reason_tui.tasks.types import AssertCase, CallCase, Task


def pytest_of(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(path)]
    return subprocess.run(command, capture_output=True, text=True, cwd=path.parent)


def test_the_solution_is_the_program_with_one_newline(tmp_path: Path, events: list[Event]) -> None:
    path = export(RunView.of(events), "solution", tmp_path)
    assert path == tmp_path / "solution.py"
    assert path.read_text() == "def add(a, b):\n    return a + b\n"


def test_the_solution_with_its_tests_passes_under_pytest(tmp_path: Path, events: list[Event]) -> None:
    path = export(RunView.of(events), "tests", tmp_path)
    done = pytest_of(path)
    assert done.returncode == 0 and "3 passed" in done.stdout, done.stdout


def test_the_exported_tests_fail_for_a_wrong_program(tmp_path: Path) -> None:
    task = Task(
        id="t",
        prompt="",
        entry_point="f",
        visible=(
            CallCase(args=("1",), expected="2"),
            CallCase(args=("1",), kwargs={"k": "3"}, raises="ValueError"),
            CallCase(args=("0",), raises="JSONDecodeError"),
            AssertCase(source="assert f(\n    2\n) == 3, 'three'"),
            CallCase(args=("5",)),
        ),
    )
    path = tmp_path / "test_wrong.py"
    path.write_text(with_tests(task, "def f(x, k=0):\n    return 0"))
    assert "4 failed, 1 passed" in pytest_of(path).stdout


def test_an_exception_that_is_no_builtin_is_expected_by_its_name(tmp_path: Path) -> None:
    task = Task(id="t", prompt="", entry_point="loads", visible=(CallCase(args=("''",), raises="JSONDecodeError"),))
    path = tmp_path / "test_named.py"
    path.write_text(with_tests(task, "from json import loads"))
    assert "1 passed" in pytest_of(path).stdout


def test_the_report_tells_task_answer_tree_and_ledger(tmp_path: Path, events: list[Event]) -> None:
    view = RunView.of(events)
    text = export(view, "report", tmp_path).read_text()
    assert "\x1b" not in text and "\\x1b[31m" in text, "foreign text is cleaned"
    assert "```python\ndef add(a, b):\n    return a + b\n```" in text
    assert "add('a', 1) raises TypeError" in text
    assert text.count("\n| ") == len(view.tree.nodes) + 3, "a row for each node, the heads and the ledger"
    assert f"| {view.ledger.completions} | {view.ledger.programs} |" in text


def test_a_prompt_with_fences_stays_inside_its_own(tmp_path: Path, events: list[Event]) -> None:
    started = events[0]
    task = Task(id="t", prompt="a\n````\n# not a heading\n````")
    text = export(RunView.of([started.model_copy(update={"task": task})]), "report", tmp_path).read_text()
    assert f"`````\n{task.prompt}\n`````" in text
    assert "No program was found." in text and "not finished" in text


def test_the_journal_is_exported_as_one_file_that_reads_the_same(tmp_path: Path, events: list[Event]) -> None:
    finish = events[-1].model_copy(update={"message": "x" * 2 * MAX_LINE})
    folder = write_journal(tmp_path / "run", [*events[:-1], finish])
    (tmp_path / "elsewhere").mkdir()
    path = export(RunView.of(events), "journal", tmp_path / "elsewhere" / JOURNAL, folder=folder)
    assert list(read_events(path.parent)) == [*events[:-1], finish]
    assert [entry.name for entry in path.parent.iterdir()] == [JOURNAL]


@pytest.mark.parametrize("kind", KINDS)
def test_no_export_replaces_a_file_unless_it_is_forced(tmp_path: Path, events: list[Event], kind: str) -> None:
    folder = write_journal(tmp_path / "run", events)
    target = tmp_path / "mine.txt"
    target.write_text("precious")
    with pytest.raises(UsageError, match="already there"):
        export(RunView.of(events), kind, target, folder=folder)
    assert target.read_text() == "precious"
    export(RunView.of(events), kind, target, folder=folder, force=True)
    assert target.read_text() != "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt", "run"], "nothing half written is left"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, events: list[Event]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"solution\.py cannot be written"):
        export(RunView.of(events), "solution", tmp_path / "file" / "solution.py")


def test_a_disk_that_fills_up_leaves_nothing_half_written(tmp_path: Path, events: list[Event]) -> None:
    with full(10), pytest.raises(UsageError, match="cannot be written"):
        export(RunView.of(events), "solution", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_a_program_has_no_solution(events: list[Event], tmp_path: Path) -> None:
    view = RunView.of(events[:1])
    with pytest.raises(UsageError, match="no program"):
        solution(view)
    with pytest.raises(UsageError):
        export(view, "tests", tmp_path)
    assert list(tmp_path.iterdir()) == []
