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


async def test_an_object_equals_no_value_that_the_test_states(sandbox):
    program = """
        class Same:
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __lt__(self, other): return True
            def __le__(self, other): return True
            def __hash__(self): return hash(1)
            __gt__ = __ge__ = __lt__
        def f(): return Same()
        class Cell:
            value = Same()
    """
    test = """
        assert f() == 1
        assert not f() != 1
        assert f() < 5
        assert 0 <= f()
        assert [f()] == [1]
        assert f() in (1, 2)
        assert f() in {1: 2}
        assert (1, 2)[f() == 2] == 1
        assert max(f(), 1) == 1
        assert str(f()) == "1"
        assert f() == f()
        assert None == f()
    """
    verdict = await sandbox.run(check(program, test))
    assert [record.test for record in verdict.records if record.ok] == []


PROBES = """
    import gc
    def look(x):
        for name in ("__globals__", "__code__", "__closure__", "__self__", "__func__", "gi_frame", "__dict__",
                     "__class__", "__module__", "f_globals", "_secret"):
            try: yield name, getattr(x, name)
            except BaseException: continue
    def f(g):
        for name, found in look(g):
            if "sesame" in repr(found): return "sesame-4711"
            for key in ("SECRET", "expected"):
                try:
                    value = found[key]
                    if "sesame" in repr(value): return value
                except BaseException: continue
        try: return g.__globals__["SECRET"]
        except BaseException: pass
        try: return type(g).__mro__[1].__init__.__globals__["SECRET"]
        except BaseException: pass
        return g() if callable(g) else next(g)
"""


@pytest.mark.parametrize(
    "given", ["lambda: 'no'", "(x for x in [SECRET[:2]])", "iter([0])", "C()", "C().method", "C", "[].append"]
)
async def test_what_is_handed_to_a_program_does_not_lead_it_to_the_expected_values(sandbox, given):
    module = f"""
SECRET = "sesame-4711"
class C:
    def __init__(self): self._secret = SECRET
    def __call__(self): return "no"
    def method(self): return "no"
def test_a():
    expected = SECRET
    assert f({given}) == SECRET
"""
    job = Job(program=textwrap.dedent(PROBES), kind="tests", entry_point="f", tests=(module,))
    verdict = await sandbox.run(job)
    assert verdict.status == "fail"
    assert not any(record.ok for record in verdict.records)


async def test_a_forged_callback_or_handle_ends_its_own_call_only(sandbox):
    program = """
        import os, pickle, struct
        from reason_tui.sandbox.inside.values import encode, Remote
        def send(how, value):
            frame = pickle.dumps({'how': how, 'has_entry_point': True, 'value': value, 'args': b'', 'problem': None})
            os.write(4, struct.pack('>I', len(frame)) + frame)
        def f(n):
            if n == 0: send('callback', encode(('__call__', Remote(-1), ('1',), {})))
            if n == 1: send('callback', encode(('__getattr__', Remote(0, 'int'), ('__subclasses__',), {})))
            if n == 2: send('callback', b'nonsense')
            if n == 3: send('value', encode(Remote(-1, 'x', ('__eq__',))))
            if n == 4: send('value', encode(Remote(0, 'eval')))
            if n == 5: send('value', encode(Remote(7, '__eq__', ('__eq__', '__class__', '__reduce__'))))
            return n
    """
    for number in range(6):
        job = check(program, f"assert f({number}) == 'sesame'\n", limits=Limits(wall_s=2))
        verdict = await sandbox.run(job)
        assert verdict.status != "pass"
        assert not any(record.ok for record in verdict.records)
    assert (await sandbox.run(check("def f(): return 1\n", "assert f() == 1\n"))).status == "pass"


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
