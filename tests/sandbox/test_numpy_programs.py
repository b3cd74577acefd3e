"""Programs that use numpy work where it is allowed, and what they return compares as what it holds."""

from __future__ import annotations

import importlib.util

import pytest
from support.levels import opened
from support.needs import skip_without

from reason_tui.errors import SandboxError
from reason_tui.sandbox import Job, open_sandbox
from reason_tui.tasks.types import CallCase

PROGRAM = """
import numpy as np
def f(xs, how):
    a = np.array(xs)
    return {"array": a * 2, "int": a.sum(), "float": a.mean(), "bool": a.all(), "two": [a, (a, 1)]}[how]
"""
HOWS = {"array": "[2, 4]", "int": "3", "float": "1.5", "bool": "True", "two": "[[1, 2], ([1, 2], 1)]"}


@pytest.mark.parametrize("level", ["landlock", "bubblewrap"])
async def test_numpy_computes_and_its_values_compare(level, monkeypatch):
    skip_without("numpy", importlib.util.find_spec("numpy"), "not installed beside reason-tui")
    cases = tuple(CallCase(args=("[1, 2]", repr(how)), expected=want) for how, want in HOWS.items())
    check = (
        "import numpy as np\nassert f([1, 2], 'array') == [2, 4]\nassert list(np.array(f([1, 2], 'array'))) == [2, 4]\n"
    )
    async with await opened(level, monkeypatch, slots=1, packages=("numpy",)) as sandbox:
        verdict = await sandbox.run(Job(program=PROGRAM, kind="cases", entry_point="f", cases=cases))
        assert verdict.status == "pass", verdict.records
        assert [record.got for record in verdict.records] == list(HOWS.values())
        verdict = await sandbox.run(Job(program=PROGRAM, kind="check", entry_point="f", check=check))
        assert verdict.status == "pass", verdict.records


ARRAY = """
class Array:
    __array_interface__ = {"data": (id(0), False), "shape": (1,), "typestr": "<f8", "version": 3}
    def __array__(self, *a, **k): return [0.5]
    def __len__(self): return 1
    def __getitem__(self, n):
        if n: raise IndexError
        return self
    def __sub__(self, other): return 0.0
    def __eq__(self, other): return True
    def __float__(self): return 0.25
    __rsub__, __hash__ = __sub__, None
def f(): return Array()
"""


async def test_an_object_that_poses_as_an_array_is_compared_with_nothing(monkeypatch):
    skip_without("numpy", importlib.util.find_spec("numpy"), "not installed beside reason-tui")
    compared = ("np.array_equal(f(), [0.5])", "np.allclose(f(), [0.5])", "np.abs(np.array([0.5]) - f()).max() < 1e-6",
                "(f() == np.array([0.5])).all()", "np.isclose(f(), 0.5).all()")  # fmt: skip
    check = "import numpy as np\n" + "".join(f"assert {each}\n" for each in compared)
    async with await opened("landlock", monkeypatch, slots=1, packages=("numpy",)) as sandbox:
        verdict = await sandbox.run(Job(program=ARRAY, kind="check", entry_point="f", check=check))
    assert [record.ok for record in verdict.records] == [False] * len(compared), verdict


async def test_a_package_that_is_not_there_is_told(monkeypatch):
    await (await opened("landlock", monkeypatch, slots=1)).close()
    with pytest.raises(SandboxError) as caught:
        await open_sandbox(slots=1, level="landlock", packages=("no_such_package",))
    assert "no_such_package" in str(caught.value)
