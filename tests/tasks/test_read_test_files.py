"""Files of test functions: what is plain becomes plain cases, anything else is kept whole."""

from __future__ import annotations

import sys
import textwrap
import types

import pytest

from reason_tui.errors import TaskError
from reason_tui.runs.with_tests import with_tests
from reason_tui.tasks.prompt import read_prompt
from reason_tui.tasks.types import FunctionCase, Task

PROGRAM = "def f(x):\n    return x + 1\n\n\ndef g(x):\n    return f(x)\n"
STACK = "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def pop(self):\n        return 1\n"


def task(tests: str, program: str = PROGRAM, module: str | None = "buggy") -> Task:
    return read_prompt(program, textwrap.dedent(tests), module=module)


def test_a_function_stands_alone_with_what_it_needs_of_its_file():
    found = task(
        """
        import math
        import pytest
        from buggy import f

        ONE, OTHER = 1, 2

        @pytest.fixture
        def one():
            return ONE

        def helper(): return math.pi
        def unused(): return pytest

        def test_fixture(one):
            assert f(one) == 2

        def test_helper():
            for x in range(3):
                assert f(x) != helper()
        """
    )
    assert found.entry_point == "f"
    assert found.given is not None
    with_fixture, with_helper = found.visible
    assert isinstance(with_fixture, FunctionCase)
    assert isinstance(with_helper, FunctionCase)
    assert (with_fixture.name, with_fixture.modules) == ("test_fixture", ("buggy",))
    assert "helper" not in with_fixture.source
    assert "ONE, OTHER = (1, 2)" in with_fixture.source
    assert "import math" in with_helper.source
    assert "unused" not in with_helper.source
    for case in found.visible:
        compile(case.source, "case", "exec")


def test_plain_asserts_become_plain_cases():
    found = task("from buggy import f\n\ndef test_a():\n    xs = 1\n    assert f(xs) == 2\n    assert f(3) == 4\n")
    assert [case.describe("f") for case in found.visible] == ["f(1) == 2", "f(3) == 4"]


def test_a_function_that_makes_an_object_is_kept_whole():
    found = task(
        "from buggy import Stack\ndef test_a():\n    s = Stack()\n    assert s.pop() == 1\n    assert s.pop() == 2\n",
        STACK,
    )
    assert [case.kind for case in found.visible] == ["function"]
    assert (found.entry_point, found.given) == ("Stack", STACK.strip())


def test_what_the_tests_import_is_what_is_repaired():
    assert task("from pkg.buggy import f\n@mark\ndef test_a():\n    assert f(1) == 2\n").entry_point == "f"
    assert task("from .buggy import g\n@mark\ndef test_a():\n    assert g(1) == 2\n").entry_point == "g"


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("import utils", "utils"),
        ("from pkg.helpers import g", "pkg.helpers"),
        ("from . import other", r"\."),
        ("import pandas as pd", "pandas"),
    ],
)
def test_another_file_of_the_project_is_refused_with_its_line(line, module):
    tests = f"import os, pytest, numpy\nfrom buggy import f\n{line}\n\ndef test_a():\n    assert [f(1)] == [2]\n"
    with pytest.raises(TaskError, match=f"Test line 3 cannot be used: it imports {module}") as caught:
        task(tests)
    assert "`buggy`" in caught.value.why


def test_without_a_file_name_the_module_that_has_the_function_is_the_program():
    found = task("from anything import f\ndef test_a(x=1):\n    assert f(1) == 2\n", module=None)
    assert [case.modules for case in found.visible if isinstance(case, FunctionCase)] == [("anything",)]
    with pytest.raises(TaskError, match="line 2"):
        task("from anything import f\nfrom other import g\ndef test_a(x=1):\n    assert f(1) == 2\n", module=None)


def test_a_class_of_tests_is_one_case():
    found = task("from buggy import f\nclass TestF:\n    def test_a(self):\n        assert f(1) == 2\n")
    assert [(case.kind, case.describe("f")) for case in found.visible] == [("function", "TestF")]


def test_the_tests_go_with_the_program_into_one_file(monkeypatch):
    found = task(
        """
        import pytest
        import buggy
        from buggy import f

        @pytest.mark.parametrize("x", [1, 2])
        def test_a(x):
            assert f(x) == buggy.g(x) == x + 1
        """
    )
    text = with_tests(found, PROGRAM)
    assert "from buggy" not in text
    module = types.ModuleType("test_a_file_of_its_own")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    space = vars(module)
    exec(compile(text, "text", "exec"), space)
    space["test_a"](1)
