"""Visible asserts may use what stands before the function in the prompt."""

from __future__ import annotations

from reason_tui.rewards import judge, merge, visible_jobs
from reason_tui.sandbox import Limits, open_sandbox
from reason_tui.tasks.prompt import read_prompt

PROMPT = """\
import math

def area(r):
    return math.pi * r * r

def volume(r, h): ...

volume(0, 1) == 0
assert math.isclose(volume(1, 2), 2 * area(1))
"""


async def test_an_import_and_a_helper_of_the_prompt_are_there_for_its_asserts():
    task = read_prompt(PROMPT)
    programs = {
        "def volume(r, h):\n    return 3.141592653589793 * r * r * h": "passed",
        "def volume(r, h):\n    return r * r * h": "partial",
    }
    async with await open_sandbox(slots=1, unsafe_local=True) as sandbox:
        for program, status in programs.items():
            verdict = merge([await sandbox.run(job) for job in visible_jobs(task, program, Limits())])
            assert judge(verdict, task)[1] == status
