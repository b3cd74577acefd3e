"""Test functions as pytest users write them run in the tester, which has no pytest; the program is elsewhere."""

from __future__ import annotations

import textwrap

import pytest

from reason_tui.sandbox import Job, Limits

pytestmark = pytest.mark.asyncio(loop_scope="module")


def job(program: str, *modules: str, entry: str | None = "f", **more: object) -> Job:
    sources = tuple(textwrap.dedent(module) for module in modules)
    return Job(
        program=textwrap.dedent(program), kind="tests", entry_point=entry, tests=sources, modules=("buggy",), **more
    )


async def test_each_function_and_each_row_of_its_parameters_is_a_record(sandbox):
    module = """
        import pytest
        from buggy import f

        @pytest.mark.parametrize(("a", "want"), [(1, 2), (2, 4), pytest.param(0, 1, id="zero")])
        def test_twice(a, want):
            assert f(a) == want, "twice"

        def test_other():
            assert 6 == f(3)
    """
    verdict = await sandbox.run(job("def f(x): return 2 * x\n", module))
    assert verdict.status == "fail"
    assert [(record.test, record.ok) for record in verdict.records] == [
        ("test_twice[1-2]", True),
        ("test_twice[2-4]", True),
        ("test_twice[zero]", False),
        ("test_other", True),
    ]
    wrong = verdict.records[2]
    assert (wrong.call, wrong.got, wrong.expected, wrong.line) == ("f(a)", "0", "1", 7)
    assert wrong.failure is not None
    assert wrong.failure.message == "twice"
    assert verdict.strength == "strong"


async def test_raises_approx_and_fixtures_work(sandbox):
    program = """
        class Own(ValueError):
            def __init__(self, code): self.code = code; super().__init__("own error")
        def f(x):
            if x < 0: raise Own(7)
            return x / 3
    """
    module = """
        import pytest
        import buggy

        @pytest.fixture
        def one():
            yield 1

        def test_raises():
            with pytest.raises(ValueError, match="own"):
                buggy.f(-1)
            with pytest.raises(buggy.Own) as caught:
                buggy.f(-1)
            assert caught.value.code == 7

        def test_approx(one):
            assert buggy.f(one) == pytest.approx(0.3333333)
            assert [buggy.f(one)] == pytest.approx([0.3333], abs=1e-3)

        def test_far(one):
            assert buggy.f(one) == pytest.approx(0.33)

        def test_nothing_raised():
            with pytest.raises(ValueError):
                buggy.f(3)

        @pytest.mark.skip
        def test_left_out():
            assert False
    """
    verdict = await sandbox.run(job(program, module))
    assert [(record.test, record.ok) for record in verdict.records] == [
        ("test_raises", True),
        ("test_approx", True),
        ("test_far", False),
        ("test_nothing_raised", False),
    ]
    far, calm = verdict.records[2:]
    assert far.expected == "approx(0.33)"
    assert (calm.call, calm.got, calm.expected) == ("buggy.f(3)", "1.0", "ValueError")


async def test_an_exception_of_the_program_ends_its_test_and_not_the_next(sandbox):
    module = "from buggy import f\ndef test_a():\n    assert f(0) == 1\ndef test_b():\n    assert f(1) == 1\n"
    verdict = await sandbox.run(job("def f(x):\n    return 1 // x\n", module))
    raised, right = verdict.records
    assert raised.failure is not None
    assert (raised.failure.type, raised.failure.line, raised.line) == ("ZeroDivisionError", 2, 3)
    assert right.ok


async def test_a_call_whose_result_nobody_looks_at_works_on_its_arguments(sandbox):
    module = """
        from buggy import f
        def test_in_place():
            xs = [2, 1]
            f(xs)
            assert xs == [1, 2]
        def test_otherwise_the_program_cannot_touch_what_it_is_compared_with():
            xs = [2, 1]
            assert f(xs) != sorted(xs)
    """
    verdict = await sandbox.run(job("def f(xs):\n    xs.sort()\n    return xs\n", module))
    assert [record.ok for record in verdict.records] == [True, False]


async def test_an_endless_test_is_a_timeout_and_those_after_it_fail(sandbox):
    module = "def test_a():\n    while f(1): pass\ndef test_b():\n    assert f(1) == 1\n"
    verdict = await sandbox.run(job("def f(x): return 1\n", module, limits=Limits(wall_s=0.5)))
    assert verdict.status == "timeout"
    assert [(record.test, record.ok, record.timed_out) for record in verdict.records] == [
        ("test_a", False, True),
        ("test_b", False, True),
    ]


async def test_a_module_that_does_not_load_fails_with_its_reason(sandbox):
    verdict = await sandbox.run(job("def f(x): return 1\n", "from buggy import g\ndef test_a():\n    assert g(1)\n"))
    assert verdict.status == "fail"
    (record,) = verdict.records
    assert record.failure is not None
    assert record.failure.type == "ImportError"


@pytest.mark.parametrize("module", ["", "def test_a():\n    import pytest\n    pytest.skip()\n", "x = f(1)\n"])
async def test_no_test_that_ran_is_no_pass(sandbox, module):
    assert (await sandbox.run(job("def f(x): return 1\n", module))).status == "fail"


async def test_rows_that_are_called_alike_do_not_hide_each_other(sandbox):
    module = """
        import pytest
        @pytest.mark.parametrize("x", [pytest.param(1, id="a"), pytest.param(2, id="a")])
        def test_x(x):
            assert f(x) == 2
    """
    verdict = await sandbox.run(job("def f(x): return x\n", module))
    assert [record.ok for record in verdict.records] == [False, True]


async def test_a_program_without_entry_point_is_tested_by_what_its_tests_import(sandbox):
    module = "import buggy\ndef test_a():\n    assert buggy.TABLE['a'] == 1\n    assert buggy.g() == 2\n"
    verdict = await sandbox.run(job("TABLE = {'a': 1}\ndef g(): return 2\n", module, entry=None))
    assert verdict.status == "pass"
