"""Classes, generators and callbacks: objects stay where they are, and the other side holds handles to them."""

from __future__ import annotations

import textwrap

import pytest

from reason_tui.sandbox import Job, Limits

pytestmark = pytest.mark.asyncio(loop_scope="module")


def check(program: str, test: str, entry: str = "f", **more: object) -> Job:
    source, test = textwrap.dedent(program), textwrap.dedent(test)
    return Job(program=source, kind="check", entry_point=entry, check=test, **more)


STACK = """
    class Stack:
        def __init__(self, items=()): self.items = list(items)
        def push(self, x): self.items.append(x); return self
        def pop(self): return self.items.pop()
        def __len__(self): return len(self.items)
        def __iter__(self): return iter(self.items)
        def __contains__(self, x): return x in self.items
        def __repr__(self): return f"Stack({self.items})"
"""


async def test_a_class_is_tested_by_its_methods_and_attributes(sandbox):
    test = """
        s = Stack([1])
        assert s.push(2).pop() == 2
        assert len(s) == 1
        assert list(s) == [1]
        assert 1 in s and 3 not in s
        assert s.items == [1]
        assert isinstance(s, Stack)
        assert repr(s) == "Stack([1])"
        assert not hasattr(s, "peek")
    """
    verdict = await sandbox.run(check(STACK, test, "Stack"))
    assert (verdict.status, verdict.strength) == ("pass", "strong"), verdict.records


async def test_arguments_may_have_any_name(sandbox):
    program = "class C:\n    def m(it, self, target, operation, value): return [self, target, operation, value]\n"
    test = "assert C().m(self=1, target=2, operation=3, value=4) == [1, 2, 3, 4]\n"
    assert (await sandbox.run(check(program, test, "C"))).status == "pass"


async def test_a_wrong_class_fails_and_shows_what_it_gave(sandbox):
    verdict = await sandbox.run(check(STACK, "s = Stack([1, 2])\nassert s.pop() == 1\ns.pop()\ns.pop()\n", "Stack"))
    assert verdict.status == "fail"
    assert (verdict.records[0].got, verdict.records[0].expected) == ("2", "1")
    assert verdict.failure is not None
    assert (verdict.failure.type, verdict.failure.line) == ("IndexError", 5)


async def test_generators_are_read_step_by_step_so_that_endless_ones_work(sandbox):
    program = "def f(n):\n    while True:\n        yield n\n        n += 1\n"
    test = "from itertools import islice\nassert list(islice(f(3), 3)) == [3, 4, 5]\ng = f(0)\nassert next(g) == 0\n"
    verdict = await sandbox.run(check(program, test))
    assert (verdict.status, verdict.strength) == ("pass", "strong")


async def test_callbacks_run_where_the_test_is_and_may_call_the_program_again(sandbox):
    program = "def f(g, x):\n    return g(x)\n"
    test = """
        seen = []
        assert f(seen.append, 1) is None and seen == [1]
        assert f(lambda x: f(lambda y: y + 1, x) * 2, 3) == 8
        assert f(int, "12") == 12
        def bad(x): raise KeyError(x)
        try:
            f(bad, 1)
            assert False
        except KeyError:
            pass
    """
    verdict = await sandbox.run(check(program, test))
    assert (verdict.status, verdict.strength) == ("pass", "strong"), verdict.records


async def test_objects_of_the_tests_own_classes_are_walked_through(sandbox):
    program = """
        def f(node):
            return 0 if node is None else node.value + f(node.next)
    """
    test = """
        class Node:
            def __init__(self, value, next=None):
                self.value, self.next = value, next
        assert f(Node(1, Node(2))) == 3
    """
    assert (await sandbox.run(check(program, test))).status == "pass"


POINT = """
    from dataclasses import dataclass
    @dataclass(frozen=True)
    class Point:
        x: int
        y: int
        def right(self): return Point(self.x + 1, self.y)
"""


async def test_a_comparison_that_the_program_answers_makes_a_weak_verdict(sandbox):
    verdict = await sandbox.run(check(POINT, "assert Point(0, 2).right() == Point(1, 2)\n", "Point"))
    assert (verdict.status, verdict.strength) == ("pass", "weak")
    wrong = await sandbox.run(check(POINT, "assert Point(0, 2).right() == Point(2, 2)\n", "Point"))
    assert wrong.status == "fail"
    assert (wrong.records[0].got, wrong.records[0].expected) == ("Point(x=1, y=2)", "Point(x=2, y=2)")


VECTOR = """
    class Vector:
        def __init__(self, *xs): self.xs = list(xs)
        @classmethod
        def zero(cls, n): return cls(*[0] * n)
        def __add__(self, other): return Vector(*(a + b for a, b in zip(self.xs, other.xs)))
        def __mul__(self, k): return Vector(*(x * k for x in self.xs))
        def __contains__(self, x): return x in self.xs
        def near(self, other): return max(abs(a - b) for a, b in zip(self.xs, other.xs)) < 1e-6
        def dot(self, other): return sum(a * b for a, b in zip(self.xs, other.xs))
"""


@pytest.mark.parametrize(
    ("test", "strength"),
    [
        ("assert (Vector(1, 2) * 3).xs == [3, 6]", "strong"),
        ("assert (Vector(1, 2) + Vector(3, 4)).xs == [4, 6]", "strong"),
        ("assert 2 in Vector(1, 2) and 3 not in Vector(1, 2)", "strong"),
        ("assert 0 in Vector.zero(2)", "strong"),
        ("assert Vector(1, 2).near(Vector(1, 2))", "strong"),
        ("assert (Vector(1, 2) + Vector(3, 4)).dot(Vector(1, 1)) == 10", "strong"),
        ("assert ((Vector(1, 2) + Vector(3, 4)) * 2).xs == [8, 12]", "weak"),
        ("assert 4 in Vector(1, 2) + Vector(3, 4)", "weak"),
        ("assert (Vector(1, 2) + Vector(3, 4)).near(Vector(4, 6))", "weak"),
    ],
)
async def test_a_class_of_the_task_has_its_operators_and_a_verdict_says_what_it_rests_on(sandbox, test, strength):
    verdict = await sandbox.run(check(VECTOR, test, "Vector"))
    assert (verdict.status, verdict.strength) == ("pass", strength), verdict.records


async def test_what_a_function_returns_is_looked_through_and_called_where_that_needs_no_trust(sandbox):
    program = """
        from collections import deque
        def f(n):
            def add(x): return n + x
            return deque([n, 2 * n]) if n > 5 else add
    """
    test = "assert 12 in f(6) and 7 not in f(6)\nassert list(f(6)) == [6, 12]\nassert f(1)(2) == 3\n"
    verdict = await sandbox.run(check(program, test))
    assert (verdict.status, verdict.strength) == ("pass", "strong"), verdict.records


async def test_a_block_of_the_program_may_take_back_what_the_program_raised(sandbox):
    program = """
        class Forgiving:
            def __enter__(self): return self
            def __exit__(self, kind, error, trace): return kind is ValueError
        def f(x): return int(x)
    """
    test = "with Forgiving():\n    f('x')\nassert f('1') == 1\n"
    module = f"from m import Forgiving, f\ndef test_a():\n{textwrap.indent(test, '    ')}"
    job = Job(program=textwrap.dedent(program), kind="tests", entry_point="f", tests=(module,), modules=("m",))
    verdict = await sandbox.run(job)
    assert (verdict.status, verdict.strength) == ("pass", "weak"), verdict.records


async def test_a_program_sets_what_objects_of_the_test_hold_and_nothing_that_is_called(sandbox):
    program = """
        def f(node):
            node.value, node.next = 2, node
            try: node.show = str
            except PermissionError: return "refused"
    """
    test = """
        class Node:
            value, next = 1, None
            def show(self): return "shown"
        node = Node()
        assert f(node) == "refused"
        assert (node.value, node.next is node, node.show()) == (2, True, "shown")
    """
    assert (await sandbox.run(check(program, test))).status == "pass"


async def test_a_handle_to_a_program_that_had_to_be_started_again_is_told_as_gone(sandbox):
    program = """
        class C:
            def __init__(self): self.x = 1
            def hang(self):
                while True: pass
        def f(): return C()
    """
    test = "c = f()\nassert c.x == 1\nassert c.hang()\nassert c.x == 1\nassert f().x == 1\n"
    verdict = await sandbox.run(check(program, test, limits=Limits(wall_s=2)))
    assert [record.ok for record in verdict.records] == [True, False, False, True], verdict
    assert verdict.records[2].failure is not None
    assert "gone" in verdict.records[2].failure.message
