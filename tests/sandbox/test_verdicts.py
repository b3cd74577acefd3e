"""Honest programs, and what the sandbox says of them."""

from __future__ import annotations

import asyncio

import pytest

from reason_tui.sandbox import Job, Limits
from reason_tui.sandbox.sameness import same
from reason_tui.tasks.types import CallCase

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADD = "def add(a, b):\n    return a + b\n"


def cases(program: str, *tests: CallCase, entry: str = "f", **more: object) -> Job:
    return Job(program=program, kind="cases", entry_point=entry, cases=tests, **more)


def case(*args: str, expected: str | None = None, raises: str | None = None, **kwargs: str) -> CallCase:
    return CallCase(args=args, kwargs=kwargs, expected=expected, raises=raises)


async def test_a_right_program_passes_with_a_record_for_each_case(sandbox, level):
    verdict = await sandbox.run(cases(ADD, case("1", "2", expected="3"), case("1", b="5", expected="6"), entry="add"))
    assert verdict.status == "pass"
    assert (verdict.loaded, verdict.has_entry_point, verdict.passed) == (True, True, 2)
    first, second = verdict.records
    assert (first.test, first.call, first.expected, first.got) == ("add(1, 2) == 3", "add(1, 2)", "3", "3")
    assert second.call == "add(1, b=5)"
    assert (verdict.level, verdict.strength) == (level, "strong")
    assert verdict.python.count(".") == 2
    assert verdict.peak_memory_kb > 1000


async def test_a_wrong_value_fails_and_is_shown(sandbox):
    verdict = await sandbox.run(cases("def f(a):\n    return [a, 'x']\n", case("1", expected="[1]")))
    assert verdict.status == "fail"
    assert verdict.records[0].got == "[1, 'x']"
    assert verdict.failure is None


async def test_an_exception_is_told_with_the_programs_line(sandbox):
    program = "def g(x):\n    return x[0]\n\ndef f(x):\n    return g(x) + 1\n"
    verdict = await sandbox.run(cases(program, case("[]", expected="1"), case("[1]", expected="2")))
    assert (verdict.status, verdict.passed) == ("fail", 1)
    failure = verdict.records[0].failure
    assert failure == verdict.failure
    assert failure is not None
    assert (failure.type, failure.line, failure.source) == ("IndexError", 2, "return x[0]")
    assert failure.message == "list index out of range"


async def test_an_exception_inside_the_standard_library_is_told_by_the_line_that_called_it(sandbox):
    verdict = await sandbox.run(cases("import json\ndef f(x):\n    return json.loads(x)\n", case("'{'")))
    assert verdict.failure is not None
    assert (verdict.failure.type, verdict.failure.line) == ("JSONDecodeError", 3)


async def test_a_syntax_error_does_not_load(sandbox):
    verdict = await sandbox.run(cases("x = 1\ndef f(:\n    pass\n", case(expected="1")))
    assert (verdict.status, verdict.loaded, verdict.records) == ("error", False, ())
    assert verdict.failure is not None
    assert (verdict.failure.type, verdict.failure.line, verdict.failure.source) == ("SyntaxError", 2, "def f(:")


@pytest.mark.parametrize("program", ["x = '\x00'", "x = '\ud800'", "(" * 5000, "-" * 90000 + "1"])
async def test_text_that_is_no_program_does_not_load(sandbox, program):
    verdict = await sandbox.run(cases(program, case(expected="1")))
    assert verdict.status in ("error", "memory", "killed")
    assert not verdict.loaded


async def test_an_exception_at_the_top_does_not_load(sandbox):
    verdict = await sandbox.run(cases("import nothing_of_this_name\ndef f():\n    pass\n", case()))
    assert (verdict.status, verdict.loaded) == ("error", False)
    assert verdict.failure is not None
    assert (verdict.failure.type, verdict.failure.line) == ("ModuleNotFoundError", 1)


@pytest.mark.parametrize("program", ["", "def g():\n    return 1\n", "f = 3\n"])
async def test_a_missing_entry_point_is_an_error(sandbox, program):
    verdict = await sandbox.run(cases(program, case(expected="1")))
    assert (verdict.status, verdict.loaded, verdict.has_entry_point) == ("error", True, False)


async def test_a_program_without_tests_does_not_pass(sandbox):
    verdict = await sandbox.run(cases(ADD, entry="add"))
    assert (verdict.status, verdict.loaded, verdict.has_entry_point) == ("fail", True, True)


async def test_an_expected_exception_may_be_of_a_derived_class(sandbox):
    program = "def f(x):\n    return int(x)\n"
    tests = (case("'a'", raises="ValueError"), case("'a'", raises="TypeError"), case("'1'", raises="ValueError"))
    verdict = await sandbox.run(cases(program, *tests))
    assert [record.ok for record in verdict.records] == [True, False, False]
    derived = await sandbox.run(cases("def f(x):\n    return {}[x]\n", case("1", raises="LookupError")))
    assert derived.status == "pass"


async def test_a_case_without_expectation_is_an_observation(sandbox):
    verdict = await sandbox.run(cases("def f(x):\n    return 10 // x\n", case("3"), case("0")))
    assert [(record.ok, record.got) for record in verdict.records] == [(True, "3"), (False, None)]


async def test_an_endless_call_leaves_the_other_cases_their_records(sandbox):
    program = "def f(x):\n    while x == 2:\n        pass\n    return x\n"
    tests = tuple(case(str(number), expected=str(number)) for number in (1, 2, 3))
    verdict = await sandbox.run(cases(program, *tests, limits=Limits(wall_s=1)))
    assert verdict.status == "timeout"
    assert [(record.ok, record.timed_out) for record in verdict.records] == [
        (True, False),
        (False, True),
        (True, False),
    ]


async def test_a_program_that_never_ends_gets_a_record_for_each_case_all_the_same(sandbox):
    tests = tuple(case(expected="1") for _ in range(6))
    verdict = await sandbox.run(cases("def f():\n    while True:\n        pass\n", *tests, limits=Limits(wall_s=1)))
    assert verdict.status == "timeout"
    assert [(record.ok, record.timed_out) for record in verdict.records] == [(False, True)] * 6


async def test_a_program_that_does_not_end_loading_is_a_timeout(sandbox):
    verdict = await sandbox.run(cases("while True:\n    pass\n", case(expected="1"), limits=Limits(wall_s=0.5)))
    assert (verdict.status, verdict.loaded, verdict.records) == ("timeout", False, ())


async def test_too_much_memory_is_told_as_such(sandbox):
    verdict = await sandbox.run(cases("def f():\n    return len([0] * 10**9)\n", case(expected="1")))
    assert verdict.status == "memory"
    assert verdict.records[0].failure is not None
    assert verdict.records[0].failure.type == "MemoryError"


async def test_memory_below_the_limit_may_be_used(sandbox):
    verdict = await sandbox.run(cases("def f():\n    return len(bytearray(200 << 20)) >> 20\n", case(expected="200")))
    assert verdict.status == "pass"
    assert verdict.peak_memory_kb > 200 << 10


async def test_what_a_program_prints_is_kept_and_counted(sandbox):
    program = "import sys\nprint('at the top')\ndef f():\n    print('ä' * 3)\n    sys.stderr.write('oh')\n"
    verdict = await sandbox.run(cases(program, case()))
    assert verdict.stdout == "at the top\näää\n"
    assert (verdict.stdout_bytes, verdict.stderr, verdict.stderr_bytes) == (18, "oh", 2)


async def test_long_output_is_cut_and_counted_in_full(sandbox):
    verdict = await sandbox.run(cases("def f():\n    print('x' * 300_000)\n", case()))
    assert verdict.status == "pass"
    assert (len(verdict.stdout), verdict.stdout_bytes) == (64 * 1024, 300_001)


async def test_output_without_end_is_ended(sandbox):
    verdict = await sandbox.run(cases("def f():\n    while True:\n        print('x' * 10_000)\n", case(), case()))
    assert verdict.status == "output"
    assert len(verdict.stdout) == 64 * 1024
    assert not any(record.ok or record.timed_out for record in verdict.records)


async def test_each_call_gets_arguments_of_its_own(sandbox):
    program = "def f(xs, seen=[]):\n    xs.append(1)\n    seen.append(len(xs))\n    return seen\n"
    verdict = await sandbox.run(cases(program, case("[]"), case("[]")))
    assert [record.got for record in verdict.records] == ["[1]", "[1, 1]"]


async def test_an_inplace_task_is_judged_by_its_first_argument(sandbox):
    job = cases("def f(xs):\n    xs.sort()\n", case("[2, 1]", expected="[1, 2]"), inplace=True)
    assert (await sandbox.run(job)).status == "pass"
    assert (await sandbox.run(job.model_copy(update={"inplace": False}))).status == "fail"


@pytest.mark.parametrize(
    ("value", "expected", "equal"),
    [("1", "True", True), ("1.0", "1", True), ("(1,)", "[1]", False), ("-0.0", "0.0", True), ("'a'", "b'a'", False)],
)
async def test_values_compare_as_an_assert_compares_them(sandbox, value, expected, equal):
    verdict = await sandbox.run(cases("def f(x):\n    return x\n", case(value, expected=expected)))
    assert verdict.records[0].ok is equal


async def test_not_a_number_equals_itself_at_any_depth():
    nan = float("nan")
    assert same({"a": [(nan, 1)]}, {"a": [(float("nan"), 1)]})
    assert not same(nan, 1.0)
    assert not same([nan], [nan, nan])
    assert not same((nan,), [nan])


async def test_subclasses_of_builtin_types_come_back_as_those(sandbox):
    program = (
        "import collections, enum\nclass Colour(enum.IntEnum):\n    RED = 3\n"
        "P = collections.namedtuple('P', 'x y')\n"
        "def f():\n"
        "    return [Colour.RED, P(1, 2), collections.Counter('aab'), collections.OrderedDict(k=1), 1j, range(3)]\n"
    )
    verdict = await sandbox.run(cases(program, case()))
    assert verdict.records[0].got == "[3, (1, 2), {'a': 2, 'b': 1}, {'k': 1}, 1j, range(0, 3)]"


@pytest.mark.parametrize("value", ["(i for i in 'ab')", "object()", "print", "f", "..."])
async def test_a_value_that_cannot_cross_equals_nothing(sandbox, value):
    verdict = await sandbox.run(cases(f"def f():\n    return {value}\n", case(expected="None"), case(expected="'a'")))
    assert verdict.status == "fail"
    assert verdict.records[0].got is not None
    assert verdict.records[0].got.startswith("<")


async def test_large_values_of_many_calls_end_up_too_large_and_nothing_is_lost(sandbox):
    tests = tuple(case() for _ in range(30))
    verdict = await sandbox.run(cases("def f():\n    return 'x' * 1_900_000\n", *tests, limits=Limits(wall_s=60)))
    assert verdict.status == "pass"
    assert [record.got for record in verdict.records[-2:]] == ["<too large or too deep object>"] * 2


async def test_a_huge_value_does_not_cross(sandbox):
    verdict = await sandbox.run(cases("def f():\n    return list(range(3_000_000))\n", case(expected="1")))
    assert (verdict.status, verdict.records[0].got) == ("fail", "<too large or too deep object>")


async def test_the_whole_standard_library_can_be_imported(sandbox):
    program = (
        "import asyncio, csv, ctypes, decimal, json, logging, sqlite3, ssl, tempfile, typing, unittest, zoneinfo\n"
        "import concurrent.futures, http.client, multiprocessing, xml.etree.ElementTree\n"
        "async def g():\n    await asyncio.sleep(0)\n    return 5\n"
        "def f():\n    with tempfile.TemporaryDirectory() as d, open(d + '/x', 'w+') as file:\n"
        "        file.write('ab')\n    return asyncio.run(g())\n"
    )
    verdict = await sandbox.run(cases(program, case(expected="5")))
    assert verdict.status == "pass", (verdict.failure, verdict.stderr)


async def test_two_runs_agree_on_random_numbers_and_the_order_of_sets(sandbox):
    program = "import random\ndef f():\n    return random.random(), list({str(i) for i in range(50)})\n"
    first, second = [await sandbox.run(cases(program, case())) for _ in range(2)]
    assert first.records[0].got == second.records[0].got


async def test_a_test_that_is_no_literal_fails_and_says_so(sandbox):
    verdict = await sandbox.run(cases(ADD, case("1", "2", expected="1 +"), entry="add"))
    assert verdict.status == "fail"
    assert verdict.failure is not None
    assert "not usable" in verdict.failure.message


async def test_a_program_is_run_on_its_standard_input(sandbox):
    program = "n = int(input())\nprint(sum(int(input()) for _ in range(n)))\n"
    job = Job(program=program, kind="stdio", stdin="2\n3\n4\n", stdout="7")
    verdict = await sandbox.run(job)
    assert (verdict.status, verdict.stdout) == ("pass", "7\n")
    wrong = await sandbox.run(job.model_copy(update={"stdout": "8"}))
    assert (wrong.status, wrong.records[0].got, wrong.records[0].expected) == ("fail", "7\n", "8")


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("print(1)\nexit()\n", "pass"),
        ("if __name__ == '__main__':\n    print('1   ')\n    print()\n", "pass"),
        ("print(1)\nraise SystemExit(3)\n", "error"),
        ("import atexit\natexit.register(print, 1)\n", "pass"),
        ("print(1)\nimport os\nos._exit(0)\n", "killed"),
        ("print(1)\n1 / 0\n", "error"),
        ("while True:\n    pass\n", "timeout"),
        ("print(1)\nprint(2)\n", "fail"),
    ],
)
async def test_a_whole_program_passes_only_if_it_ends_well_with_the_right_output(sandbox, program, status):
    verdict = await sandbox.run(Job(program=program, kind="stdio", stdout="1\n", limits=Limits(wall_s=1)))
    assert verdict.status == status


async def test_a_traceback_is_on_stderr_as_at_a_terminal(sandbox):
    verdict = await sandbox.run(Job(program="x = 1\nx / 0\n", kind="stdio", stdout=""))
    assert 'File "program.py", line 2' in verdict.stderr
    assert "x / 0" in verdict.stderr
    assert "ZeroDivisionError" in verdict.stderr


async def test_jobs_wait_for_a_free_slot_and_all_come_back(sandbox):
    jobs = [cases("def f(x):\n    return x * x\n", case(str(n), expected=str(n * n))) for n in range(12)]
    verdicts = await asyncio.gather(*(sandbox.run(job) for job in jobs))
    assert [verdict.records[0].got for verdict in verdicts] == [str(n * n) for n in range(12)]
