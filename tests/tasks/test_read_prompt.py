"""What a developer types becomes a task."""

from __future__ import annotations

import ast
import gzip
import json
from pathlib import Path

import pytest

from reason_tui.errors import TaskError
from reason_tui.tasks.prompt import defined, read_prompt
from reason_tui.tasks.testfile import read_tests
from reason_tui.tasks.types import AssertCase, CallCase, Task

HUMANEVAL = Path(__file__).parents[3] / "shared" / "data" / "humaneval" / "HumanEval.jsonl.gz"
needs_humaneval = pytest.mark.skipif(
    not HUMANEVAL.exists(), reason="needs shared-data: the shared HumanEval data are not beside this checkout"
)


def described(task: Task) -> list[str]:
    return [case.describe(task.entry_point or "?") for case in task.visible]


class TestASignature:
    def test_is_kept_as_it_stands_without_its_body(self):
        task = read_prompt('def add(a: int, b: dict[str, int] = {"x": 1}) -> list[int]:  # sums\n    """Add."""\n')
        assert task.signature == 'def add(a: int, b: dict[str, int] = {"x": 1}) -> list[int]:'
        assert task.entry_point == "add"
        assert task.given is None

    def test_over_several_lines_is_kept_whole(self):
        assert read_prompt("def add(\n    a,\n    b,\n):\n    ...").signature == "def add(\n    a,\n    b,\n):"

    def test_with_imports_and_helpers_before_it_has_a_preamble(self):
        task = read_prompt('import math\n\ndef half(x):\n    return x / 2\n\ndef f(x):\n    """Use half."""\n')
        assert task.entry_point == "f"
        assert task.preamble == "import math\n\ndef half(x):\n    return x / 2"

    def test_that_is_the_last_unfinished_one_names_the_entry_point(self):
        assert read_prompt("def a(x):\n    ...\n\ndef b(x):\n    raise NotImplementedError\n").entry_point == "b"

    @pytest.mark.parametrize(
        "text",
        [
            "def add(a, b): return the sum",
            "def add(a, b)",
            "Please write\ndef add(a, b):\nwhich adds.",
            "  def add(a, b):",
        ],
    )
    def test_is_found_without_a_body(self, text):
        task = read_prompt(text)
        assert (task.entry_point, task.signature, task.given) == ("add", "def add(a, b):", None)

    def test_lends_its_imports_to_the_preamble(self):
        assert read_prompt('def f(x):\n    import math\n    """Root."""\n').preamble == "import math"


class TestAProgramToRepair:
    def test_in_a_fence_is_given(self):
        task = read_prompt("Fix this:\n```python\nimport os\n\ndef add(a, b):\n    return a - b\n```\nadd(1, 2) == 3\n")
        assert task.given == "import os\n\ndef add(a, b):\n    return a - b"
        assert task.signature == "def add(a, b):"
        assert task.preamble == "import os"
        assert described(task) == ["add(1, 2) == 3"]

    def test_without_a_fence_is_given(self):
        task = read_prompt("def add(a, b):\n    return a - b\n\nrepair it\n")
        assert task.given == "def add(a, b):\n    return a - b"

    def test_that_does_not_parse_is_given_too(self):
        task = read_prompt("```python\ndef f(x):\n    for i in range(3)\n        x += i\n    return x\n```")
        assert task.given is not None and "for i in range(3)\n" in task.given
        assert task.entry_point == "f"

    def test_leaves_out_what_only_tries_it_out(self):
        task = read_prompt("```python\ndef f(x):\n    return x\n\nprint(f(1))\nassert f(1) == 2\n```")
        assert task.given == "def f(x):\n    return x"

    def test_with_helpers_has_the_function_as_entry_point_that_no_other_calls(self):
        assert read_prompt("def main(x):\n    return one() + x\n\ndef one():\n    return 2\n").entry_point == "main"

    def test_with_examples_has_the_function_as_entry_point_that_they_call(self):
        program = "def one():\n    return 2\n\ndef main(x):\n    return one() + x\n"
        assert read_prompt(f"{program}\none() == 1").entry_point == "one"


class TestVisibleTests:
    def test_in_words_and_prompts_name_the_entry_point(self):
        task = read_prompt("Reverse a string.\n>>> rev('abc')\n'cba'\n>>> rev('')\n''\n")
        assert task.entry_point == "rev"
        assert task.signature is None
        assert described(task) == ["rev('abc') == 'cba'", "rev('') == ''"]

    @pytest.mark.parametrize(
        "line",
        [
            "f(1) == 2", "f(1)==2", "f(1) -> 2", "f(1) => 2", "f(1) ==> 2", "f(1) ➞ 2", "f(1) = 2", "f(1) returns 2",
            "f(1) should return 2", "f(1) # => 2", "* f(1) -> 2", "`f(1)` -> `2`", "assert f(1) == 2",
            "assert f(1) == 2, 'message'", "For example, f(1) is 2.", "f(1) -> 2 # (as 1 + 1)",
            "f(1) -> (2)", "f(1) -> 2 (as 1 + 1 is 2)", "f(1) -> 4 - 2 = 2",
            ">>> f(1)\n2", ">>> f(1) == 2", ">>> f(1) == 2\nTrue", "assert 2 == f(1)", ">>> x = 1\n>>> f(x)\n2",
        ],
    )  # fmt: skip
    def test_are_read_from_many_forms(self, line):
        task = read_prompt(f"def f(x): ...\n\n{line}\n")
        assert task.visible == (CallCase(args=("1",), expected="2"),)

    def test_keep_values_as_they_are_written(self):
        task = read_prompt('def f(x, k): ...\n\nf([1.50, 0x10], k="a") == {1: (2,)}\n')
        assert task.visible == (CallCase(args=("[1.50, 0x10]",), kwargs={"k": '"a"'}, expected="{1: (2,)}"),)

    def test_may_expect_a_tuple_without_its_brackets(self):
        assert described(read_prompt("f(1) -> 1, (2)\n")) == ["f(1) == (1, (2))"]
        assert described(read_prompt("f(1) -> (1, 2), 3\n")) == ["f(1) == ((1, 2), 3)"]

    def test_may_run_over_several_lines(self):
        assert described(read_prompt(">>> f([1,\n...    2])\n[3,\n 4]\n")) == ["f([1, 2]) == [3, 4]"]
        assert described(read_prompt("def f(x): ...\nassert f(1) == [\n  2,\n]\n")) == ["f(1) == [2]"]

    def test_with_a_traceback_expect_the_exception(self):
        text = ">>> div(1, 0)\nTraceback (most recent call last):\n  ...\nZeroDivisionError: division by zero\n"
        assert read_prompt(text).visible == (CallCase(args=("1", "0"), raises="ZeroDivisionError"),)

    def test_that_are_no_plain_call_are_asserts(self):
        task = read_prompt("assert sorted(f([2, 1])) == [1, 2]\n>>> round(f(1), 2)\n0.5\n>>> list(f(2))\n[1]\n")
        assert set(described(task)) == {"sorted(f([2, 1])) == [1, 2]", "round(f(1), 2) == 0.5", "list(f(2)) == [1]"}
        assert all(isinstance(case, AssertCase) for case in task.visible)

    def test_of_what_is_printed_compare_as_text(self):
        assert described(read_prompt(">>> print(f(1))\nhello\n")) == ["str(f(1)) == 'hello'"]

    @pytest.mark.parametrize(
        "line",
        ["f(a) == 2", "f(1) == y", "f(3) returns 3 items", "f(n) -> f(n-1) + 1", "if f(1) then 2", "f(1)",
         ">>> f(1)\nx y", "assert f(n) == 1", "g(1) == 2", "assert f(1) == math.pi", "f(1) is not 2"],
    )  # fmt: skip
    def test_are_not_made_of_what_is_no_literal(self, line):
        assert read_prompt(f"def f(x): ...\n\n{line}\n").visible == ()

    def test_without_output_expect_none_as_doctest_does(self):
        assert described(read_prompt(">>> f([])\n\n>>> f([1])\n1\n")) == ["f([]) == None", "f([1]) == 1"]

    def test_may_use_what_stands_before_the_function(self):
        text = "import math\n\ndef f(x): ...\n\nassert math.isclose(f(1), 2)\n"
        assert described(read_prompt(text)) == ["math.isclose(f(1), 2)"]

    def test_may_not_use_what_only_the_given_program_defines(self):
        text = "def one():\n    return 2\n\ndef f(x):\n    return x\n\nf(0) == 1\nassert f(1) == one()\n"
        assert described(read_prompt(text)) == ["f(0) == 1"]

    def test_may_have_escapes_in_a_docstring_or_not(self):
        plain = 'def f(s):\n    """\n    >>> f("a\\nb")\n    2\n    """\n'
        doubled = plain.replace("\\n", "\\\\n")
        assert described(read_prompt(plain)) == described(read_prompt(doubled)) == ['f("a\\nb") == 2']

    def test_of_helpers_are_not_those_of_the_task(self):
        helper = 'def g(x):\n    """\n    >>> g(1)\n    1\n    """\n    return x\n'
        text = f'{helper}\ndef f(x):\n    """\n    >>> f(2)\n    3\n    """\n'
        assert described(read_prompt(text)) == ["f(2) == 3"]

    def test_are_not_made_of_a_recurrence_relation(self):
        assert read_prompt("def tri(n): ...\n\ntri(1) = 3\ntri(n) = tri(n-1) + 1\n").visible == ()


class TestTheEntryPoint:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("Write a function called is_prime that tells primes.", "is_prime"),
            ("Write a function `fizz` please", "fizz"),
            ("implement parse_it(text) so that it parses", "parse_it"),
            ("count the number(s) in a list", None),
            ("print(x) is not what I want", None),
            ("sort a list", None),
        ],
    )
    def test_may_be_mentioned(self, text, name):
        assert read_prompt(text).entry_point == name

    def test_may_stand_in_the_tests_only(self):
        assert read_prompt("reverse it", "rev('ab') == 'ba'").entry_point == "rev"


@pytest.mark.parametrize("text", ["", "  \n\t\n", "\ufeff", "\0"])
def test_an_empty_prompt_is_refused_with_a_hint(text):
    with pytest.raises(TaskError, match="empty") as caught:
        read_prompt(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50_000, "x = [" * 3000, "x = [\n" * 3000, "def f(" + "(" * 999, "def f(x):\n" * 2000, "f(" * 20_000,
        "f(1\n" * 20_000, "f('''" * 20_000, ">>> f(1)\n" + "[\n" * 20_000, "f(1)" + " " * 100_000 + "x",
        "f(1) # " + " " * 100_000, "import os\n" * 20_000, "```\n" * 20_000, "\n" * 50_000 + "f(n)",
        ">>> " + "-" * 9999 + "1", "f(1) == " + "1" * 100_000, "\ud800 \x1b[2J",
    ],
    ids=range(17),
)  # fmt: skip
def test_hostile_text_is_read_soon_and_not_run(text):
    """The first version needed seven minutes for one of these; the time limit of every test would end it."""
    assert read_prompt(text).visible == ()


def test_the_id_is_stable_and_readable():
    assert read_prompt("def add(a, b): ...").id == read_prompt("def add(a, b): ...").id
    assert read_prompt("def add(a, b): ...").id.startswith("add-")
    assert read_prompt("reverse a string").id.startswith("reverse-a-string-")
    assert read_prompt("x", id="mine").id == "mine"


@needs_humaneval
def test_humaneval_prompts_give_signatures_and_tests_that_their_references_pass():
    """The references of three tasks contradict their own prompts (47, 116, 148)."""
    rows = [json.loads(line) for line in gzip.decompress(HUMANEVAL.read_bytes()).splitlines()]
    tasks = [read_prompt(row["prompt"]) for row in rows]
    assert [task.entry_point for task in tasks] == [row["entry_point"] for row in rows]
    assert all(task.signature and task.given is None for task in tasks)
    assert sum(bool(task.visible) for task in tasks) >= 154
    assert sum(len(task.visible) for task in tasks) >= 440
    wrong = [
        row["task_id"]
        for row, task in zip(rows, tasks, strict=True)
        for case in task.visible
        if not holds(case, task, row["prompt"] + row["canonical_solution"])
    ]
    assert sorted(wrong) == ["HumanEval/116", "HumanEval/116", "HumanEval/148", "HumanEval/47"]


def holds(case: CallCase | AssertCase, task: Task, reference: str) -> bool:
    """Runs the data set's own reference, which is trusted, in this process."""
    names: dict[str, object] = {}
    exec(reference, names)
    if isinstance(case, CallCase):
        assert case.expected is not None
        return bool(eval(case.call(task.entry_point or ""), names) == ast.literal_eval(case.expected))
    return bool(eval(case.source.removeprefix("assert"), names))


@pytest.mark.filterwarnings("error")
def test_foreign_code_raises_no_warnings():
    text = 'def f(s):\n    """\n    >>> f("\\w")\n    1\n    """\n    return "\\d"\n\nassert f("\\s") == 2\n'
    assert len(read_prompt(text, 'f("\\q") == 3').visible) == 3


@needs_humaneval
def test_what_is_read_can_be_listed_and_read_again():
    """The app shows the tests as lines and reads what the user leaves of them."""
    for line in gzip.decompress(HUMANEVAL.read_bytes()).splitlines():
        task = read_prompt(json.loads(line)["prompt"])
        name = task.entry_point or ""
        listed = [case.source if isinstance(case, AssertCase) else case.describe(name) for case in task.visible]
        read, _ = read_tests("\n".join(listed), name, defined(task.preamble))
        assert read == task.visible
