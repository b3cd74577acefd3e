"""Tests that are code: they run beside the program, which they reach through a proxy."""

from __future__ import annotations

import pytest

from reason_tui.sandbox import Job, Limits

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADD = "def add(a, b):\n    return a + b\n"


def check(program: str, test: str, entry: str = "f", **more: object) -> Job:
    return Job(program=program, kind="check", entry_point=entry, check=test, **more)


async def test_a_check_function_gives_a_record_for_each_assert(sandbox):
    test = "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(2, 2) == 5, 'no'\n"
    verdict = await sandbox.run(check(ADD, test, "add"))
    assert verdict.status == "fail"
    right, wrong = verdict.records
    assert (right.test, right.ok) == ("add(1, 2) == 3", True)
    assert (wrong.test, wrong.call, wrong.expected, wrong.got, wrong.ok) == (
        "add(2, 2) == 5",
        "add(2, 2)",
        "5",
        "4",
        False,
    )
    assert wrong.failure is None


async def test_bare_asserts_call_the_entry_point_by_its_name(sandbox):
    verdict = await sandbox.run(check(ADD, "assert add(1, 2) == 3\nassert set([add(1, 1)]) == {2}\n", "add"))
    assert (verdict.status, verdict.passed) == ("pass", 2)


async def test_a_comparison_that_is_not_plain_shows_what_the_program_returned(sandbox):
    test = "assert abs(f(2) - 4.0) < 1e-6\nassert 5 == f(2)\nassert f(0)\nassert not f(1)\n"
    verdict = await sandbox.run(check("def f(x):\n    return x * x\n", test))
    near, turned, truth, falsehood = verdict.records
    assert (near.ok, near.call, near.got, near.expected) == (True, "f(2)", "4", None)
    assert (turned.ok, turned.call, turned.got, turned.expected) == (False, "f(2)", "4", "5")
    assert [(record.ok, record.got) for record in (truth, falsehood)] == [(False, "0"), (False, "1")]


async def test_the_setup_is_executed_where_the_tests_are(sandbox):
    setup = "import math\ndef helper(x):\n    return x + 1\ndef f(x):\n    'the stub of the prompt'\n"
    verdict = await sandbox.run(
        check("def f(x):\n    return x\n", "assert math.floor(helper(f(1.5))) == 2", setup=setup)
    )
    assert verdict.status == "pass"


async def test_an_exception_in_the_program_fails_one_assert_and_not_the_next(sandbox):
    program = "def f(x):\n    if x == 1:\n        raise KeyError('one')\n    return x\n"
    verdict = await sandbox.run(check(program, "assert f(0) == 0\nassert f(1) == 1\nassert f(2) == 2\n"))
    assert [record.ok for record in verdict.records] == [True, False, True]
    failure = verdict.records[1].failure
    assert failure is not None
    assert (failure.type, failure.line, failure.source) == ("KeyError", 3, "raise KeyError('one')")
    assert verdict.records[1].expected == "1"


async def test_a_test_may_wait_for_the_programs_exception(sandbox):
    program = "class Own(ValueError):\n    pass\ndef f(x):\n    raise Own('why')\n"
    test = "try:\n    f(1)\n    assert False, 'must raise'\nexcept ValueError as e:\n    assert str(e) == 'why'\n"
    assert (await sandbox.run(check(program, test))).status == "pass"
    lax = "def f(x):\n    return x\n"
    assert (await sandbox.run(check(lax, test))).status == "fail"


async def test_asserts_in_a_loop_are_one_record_with_the_first_failure(sandbox):
    test = "for n in range(100):\n    assert f(n) == n\n"
    verdict = await sandbox.run(check("def f(x):\n    return x if x < 7 else 0\n", test))
    assert len(verdict.records) == 1
    assert (verdict.records[0].got, verdict.records[0].expected) == ("0", "7")


async def test_a_pass_needs_every_assert_of_the_test_to_be_executed(sandbox):
    test = "def check(candidate):\n    if candidate(1) == 1:\n        return\n    assert candidate(2) == 2\n"
    verdict = await sandbox.run(check("def f(x):\n    return 1\n", test))
    assert verdict.status == "fail"
    assert [record.ok for record in verdict.records] == [False]


@pytest.mark.parametrize("test", ["", "x = f(1)\n", "def check(candidate):\n    candidate(1)\n"])
async def test_a_test_without_asserts_cannot_be_passed(sandbox, test):
    assert (await sandbox.run(check("def f(x):\n    return 1\n", test))).status == "fail"


async def test_a_test_that_is_no_python_fails_and_says_so(sandbox):
    verdict = await sandbox.run(check(ADD, "assert add(1, 2 ==\n", "add"))
    assert verdict.status == "fail"
    assert verdict.failure is not None
    assert verdict.failure.type == "SyntaxError"


async def test_what_the_test_itself_raises_fails_the_asserts_after_it(sandbox):
    verdict = await sandbox.run(
        check("def f(x):\n    return None\n", "assert f(1) is None\ny = f(2)[0]\nassert y == 1\n")
    )
    assert verdict.status == "fail"
    assert [record.ok for record in verdict.records] == [True, False]
    assert verdict.records[1].failure is not None
    assert verdict.records[1].failure.type == "TypeError"


async def test_an_entry_point_may_itself_be_named_check(sandbox):
    verdict = await sandbox.run(
        check("def check(x):\n    return x > 1\n", "assert check(2)\nassert not check(1)\n", "check")
    )
    assert (verdict.status, verdict.passed) == ("pass", 2)


async def test_what_the_test_raises_after_its_last_assert_is_no_pass(sandbox):
    program = "def f(x):\n    return [][x] if x == 2 else x\n"
    verdict = await sandbox.run(check(program, "assert f(1) == 1\nf(2)\n"))
    assert verdict.status == "fail"
    assert verdict.failure is not None
    assert (verdict.failure.type, verdict.failure.line) == ("IndexError", 2)


async def test_a_loop_of_asserts_does_not_make_up_for_one_that_was_skipped(sandbox):
    test = "def check(candidate):\n    for n in range(9):\n        assert candidate(n) == n\n"
    test += "    if candidate(9) == 9:\n        return\n    assert candidate(10) == 10\n"
    verdict = await sandbox.run(check("def f(x):\n    return x\n", test))
    assert (verdict.status, verdict.passed) == ("fail", 1)


async def test_arguments_are_copied_back_only_for_an_inplace_task(sandbox):
    program = "def f(xs, d):\n    xs.sort()\n    d['n'] = len(xs)\n"
    test = "xs, d = [3, 1], {}\nf(xs, d)\nassert xs == [1, 3]\nassert d == {'n': 2}\n"
    assert (await sandbox.run(check(program, test, inplace=True))).status == "pass"
    assert (await sandbox.run(check(program, test))).status == "fail"


async def test_an_endless_call_in_a_test_leaves_the_others_their_records(sandbox):
    program = "def f(x):\n    while x == 2:\n        pass\n    return x\n"
    test = "\n".join(f"assert f({n}) == {n}" for n in (1, 2, 3))
    verdict = await sandbox.run(check(program, test, limits=Limits(wall_s=1)))
    assert verdict.status == "timeout"
    assert [(record.ok, record.timed_out) for record in verdict.records] == [
        (True, False),
        (False, True),
        (True, False),
    ]


async def test_an_endless_test_is_a_timeout(sandbox):
    verdict = await sandbox.run(
        check("def f(x):\n    return x\n", "while f(1):\n    pass\nassert f(1)\n", limits=Limits(wall_s=0.3))
    )
    assert verdict.status == "timeout"
    assert [record.timed_out for record in verdict.records] == [True]


async def test_an_argument_that_cannot_cross_fails_its_assert(sandbox):
    verdict = await sandbox.run(check("def f(g):\n    return 1\n", "import sys\nassert f(sys) == 1\n"))
    assert verdict.records[0].failure is not None
    assert "cannot be passed" in verdict.records[0].failure.message
