"""The main job end to end: the real command, the embedded model, the real sandbox, default settings."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import pytest
from support.gguf_files import tiny_model

from reason_tui.models.catalogue import EMBEDDED, known_models
from reason_tui.sandbox import Job, open_sandbox
from reason_tui.sandbox.walls import candidates
from reason_tui.tasks.types import CallCase

needs_model = pytest.mark.skipif(
    EMBEDDED not in known_models(), reason="needs embedded-model: assets/embedded has none"
)
needs_walls = pytest.mark.skipif(
    all(wall.unavailable() for wall in candidates("auto", unsafe_local=False)), reason="needs landlock: no wall here"
)

FIZZBUZZ = ["1", "2", "Fizz", "4", "Buzz", "Fizz", "7", "8", "Fizz", "Buzz", "11", "Fizz", "13", "14", "FizzBuzz"]
PROMPTS = {
    "fizzbuzz as a sentence": """\
Write a function that returns the list of FizzBuzz strings from 1 to n.
>>> fizzbuzz(3)
['1', '2', 'Fizz']
>>> fizzbuzz(5)
['1', '2', 'Fizz', '4', 'Buzz']
""",
    "fizzbuzz as a signature": '''\
def fizzbuzz(n):
    """Return a list of strings from 1 to n: "Fizz" for multiples of 3, "Buzz" for multiples of 5, "FizzBuzz" for both.

    >>> fizzbuzz(3)
    ['1', '2', 'Fizz']
    >>> fizzbuzz(5)
    ['1', '2', 'Fizz', '4', 'Buzz']
    """
''',
    "reverse as a sentence": """\
Reverse a string.
>>> reverse_string("abc")
'cba'
>>> reverse_string("")
''
""",
    "reverse as a signature": '''\
def reverse_string(s: str) -> str:
    """Return the string s reversed.

    >>> reverse_string("abc")
    'cba'
    >>> reverse_string("")
    \'\'
    """
''',
    "sum as a sentence": """\
Sum of a list of numbers.
>>> sum_list([1, 2, 3])
6
>>> sum_list([])
0
""",
    "sum as a signature": '''\
def sum_list(numbers: list[int]) -> int:
    """Return the sum of the numbers in the list.

    >>> sum_list([1, 2, 3])
    6
    >>> sum_list([])
    0
    """
''',
}
UNSEEN = {
    "fizzbuzz": {"1": ["1"], "15": FIZZBUZZ, "10": FIZZBUZZ[:10]},
    "reverse_string": {"'a'": "a", "'hello world'": "dlrow olleh", "'Ab1 '": " 1bA"},
    "sum_list": {"[7]": 7, "[-1, 1, -5]": -5, "list(range(101))": 5050},
}


@pytest.fixture
def reason_tui(home):
    """The command in a process of its own, with its own folders and no settings."""

    def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "reason_tui", *arguments]
        return subprocess.run(
            command, env=os.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options
        )

    return run


@needs_model
@needs_walls
@pytest.mark.parametrize("name", PROMPTS)
async def test_the_embedded_model_solves_it_by_default_and_the_program_is_right(reason_tui, name):
    done = reason_tui("solve", PROMPTS[name])
    assert done.returncode == 0, done.stderr
    entry_point = next(known for known in UNSEEN if known in PROMPTS[name])
    cases = tuple(
        CallCase(args=(_literal(argument),), expected=repr(expected))
        for argument, expected in UNSEEN[entry_point].items()
    )
    assert not any(case.call(entry_point) in PROMPTS[name] for case in cases)
    sandbox = await open_sandbox()
    try:
        verdict = await sandbox.run(Job(program=done.stdout, kind="cases", entry_point=entry_point, cases=cases))
    finally:
        await sandbox.close()
    assert verdict.status == "pass", (done.stdout, verdict)


def _literal(argument: str) -> str:
    return repr(list(range(101))) if argument.startswith("list(") else argument


@needs_model
@needs_walls
def test_a_solved_program_can_be_exported_and_its_run_replayed(reason_tui, home):
    solved = reason_tui("solve", PROMPTS["reverse as a sentence"])
    assert reason_tui("runs", "export", "last").stdout == "solution.py\n"
    assert (home / "work" / "solution.py").read_text() == solved.stdout
    replayed = reason_tui("runs", "replay", "last", "--speed", "0")
    assert replayed.returncode == 0
    assert replayed.stdout.splitlines()[-2] == solved.stderr.splitlines()[-2]


@needs_model
@needs_walls
def test_the_same_seed_gives_the_same_program_and_tree(reason_tui):
    def tree() -> list[str]:
        reason_tui("solve", PROMPTS["fizzbuzz as a sentence"], "--seed", "7")
        report = reason_tui("runs", "show", "last").stdout
        return report[report.index("## Answer") : report.index("## Ledger")].splitlines()

    assert tree() == tree()


@needs_model
@needs_walls
def test_without_examples_the_answer_is_printed_as_unverified(reason_tui):
    done = reason_tui("solve", "Write a function reverse_string(s) that reverses a string.", "--budget", "4")
    assert done.returncode == 1
    assert "Unverified" in done.stderr
    ast.parse(done.stdout)


@needs_walls
def test_a_prompt_longer_than_the_context_is_told_as_such(reason_tui, tmp_path):
    model = tiny_model(tmp_path / "tiny.gguf", context=512)
    done = reason_tui("solve", "Sort the list. " * 500 + "\n>>> f([1])\n[1]\n", "--model", str(model))
    assert (done.returncode, done.stdout) == (3, "")
    assert "context" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("damage", ["truncated", "not a model", "empty"])
def test_a_damaged_model_is_told_as_such(reason_tui, tmp_path, damage):
    model = tiny_model(tmp_path / "tiny.gguf")
    content = {"truncated": model.read_bytes()[:100_000], "not a model": b"PK\3\4" * 1000, "empty": b""}[damage]
    model.write_bytes(content)
    done = reason_tui("solve", "Sort a list.\n>>> f([1])\n[1]\n", "--model", str(model))
    assert (done.returncode, done.stdout) == (3, "")
    assert str(model) in done.stderr and "Traceback" not in done.stderr
