"""Programs of every kind for `soak.py`: nine honest ones of ten, whose verdict is known, and a hostile one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from reason_tui.sandbox import Job, Limits, Verdict
from reason_tui.sandbox.attacks import Forgery, forged_job, forgeries, hostile, is_believed
from reason_tui.tasks.types import CallCase

HOSTILE_LIMITS = Limits(wall_s=0.3, memory_mb=128, tmp_mb=32)

# Status: program. `f(n)` is asked for n * 2.
_HONEST = (
    ("pass", "def f(n):\n    return n * 2\n"),
    ("pass", "import collections\ndef f(n):\n    return collections.Counter([n, n])[n] * n\n"),
    ("pass", "import os\ndef f(n):\n    open('x', 'w').write(str(n))\n    return int(open('x').read()) * 2\n"),
    ("pass", "def f(n):\n    return len(bytearray(20 << 20)) * 0 + n * 2\n"),
    ("pass", "import heapq\ndef f(n):\n    print('x' * 70_000)\n    return sum(heapq.nlargest(2, [n, n, 0]))\n"),
    ("fail", "def f(n):\n    return n + 2\n"),
    ("fail", "def f(n):\n    return {}[n]\n"),
    ("fail", "def f(n):\n    return [n] * 50_000\n"),
    ("error", "import nothing_of_this_name\ndef f(n):\n    return n * 2\n"),
    ("error", "def f(n:\n    return n\n"),
)
_STDIO = (
    ("pass", "print(int(input()) * 2)\n"),
    ("fail", "import sys\nprint(sys.stdin.read())\n"),
    ("error", "print(int(input()))\nraise ValueError\n"),
)


@dataclass(frozen=True)
class Program:
    """A job and what has to come out; `ends` is empty for a hostile one, whose verdict depends on the time it gets.

    `forgery`: that one is also not to be believed.
    """

    name: str
    job: Job
    ends: str
    forgery: Forgery | None = None

    def wrong(self, verdict: Verdict) -> str:
        """What is wrong with the verdict; empty where nothing is."""
        told = verdict.records[0].got if verdict.records else None
        if self.ends:
            return "" if verdict.status == self.ends else f"`{verdict.status}` for {self.name}: {verdict.failure}"
        if told == "'escaped'" or "escaped" in verdict.stdout:
            return f"it escaped: {self.name}"
        if self.forgery is not None and is_believed(self.forgery, verdict):
            return f"it was believed: {self.name}"
        return ""


def programs(count: int, seed: int, facts: dict[str, object]) -> Iterator[Program]:
    """`count` programs, every tenth of them hostile. `facts`: what a hostile one knows of this machine."""
    chance = random.Random(seed)
    for number in range(count):
        yield _hostile(chance, facts) if number % 10 == 9 else _honest(chance)


def _honest(chance: random.Random) -> Program:
    number, way = chance.randrange(3, 10**6), chance.choice(("cases", "check", "stdio"))
    if way == "stdio":
        ends, program = chance.choice(_STDIO)
        job = Job(program=program, kind="stdio", stdin=f"{number}\n", stdout=f"{number * 2}\n")
        return Program(f"stdio: {program}", job, ends)
    ends, program = chance.choice(_HONEST)
    if way == "cases":
        case = CallCase(args=(str(number),), expected=str(number * 2))
        return Program(program, Job(program=program, kind="cases", entry_point="f", cases=(case,)), ends)
    check = (
        f"def check(candidate):\n    assert candidate({number}) == {number * 2}\n    assert candidate(0) is not None\n"
    )
    return Program(program, Job(program=program, kind="check", entry_point="f", check=check), ends)


def _hostile(chance: random.Random, facts: dict[str, object]) -> Program:
    if chance.random() < 0.4:
        forgery = chance.choice(forgeries())
        return Program(f"forgery: {forgery.name}", forged_job(forgery, HOSTILE_LIMITS), "", forgery)
    attack = chance.choice(hostile())
    program = f"HOST = {facts!r}\n{attack.program}"
    job = Job(program=program, kind="cases", entry_point="f", cases=(CallCase(),), limits=HOSTILE_LIMITS)
    return Program(attack.name, job, "")
