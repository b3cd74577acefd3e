"""The attacks, tried one after the other on one worker, with an honest program after each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from reason_tui.sandbox.attacks.programs import Attack, forgeries, hostile
from reason_tui.sandbox.attacks.range import Range
from reason_tui.sandbox.pool import WorkerSandbox
from reason_tui.sandbox.types import Job, Limits
from reason_tui.tasks.types import CallCase

Way = Literal["cases", "check"]
LIMITS = Limits(wall_s=1, memory_mb=128, tmp_mb=32)
_FORGER_LIMITS = Limits(wall_s=3)
_SECRET = "'sesame-4711'"  # what a forgery's f() should return, and none of them knows
_HONEST = Job(
    program="import os\ndef f(x):\n    return sorted(x), os.listdir('.')\n",
    kind="cases",
    entry_point="f",
    cases=(CallCase(args=("[2, 1]",), expected="([1, 2], [])"),),
)
_HONEST_CHECK = Job(
    program="def f(x):\n    return sorted(x)\n",
    kind="check",
    entry_point="f",
    check="assert f([2, 1]) == [1, 2]\nassert f([]) == []\n",
)


@dataclass
class Outcome:
    """What came out of a whole suite: `escaped` and `passed` tell, by name, what went wrong; both are to be empty."""

    tried: int = 0
    escaped: dict[str, str] = field(default_factory=dict)
    forged: int = 0
    passed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether everything was contained and nothing was believed."""
        return not self.escaped and not self.passed


async def attack_all(sandbox: WorkerSandbox, around: Range, progress: Callable[[str], None]) -> Outcome:
    """Try everything on a sandbox of one slot. `progress` is told the name of each attempt before it is made."""
    outcome, began = Outcome(), time.monotonic()
    for attack in hostile():
        progress(attack.name)
        outcome.tried += 1
        if wrong := await try_one(sandbox, attack, around):
            outcome.escaped[attack.name] = wrong
    for attack in forgeries():
        for way in ("cases", "check"):
            progress(attack.name)
            outcome.forged += 1
            if wrong := await forge(sandbox, attack, way):
                outcome.passed[f"{attack.name} ({way})"] = wrong
    outcome.seconds = time.monotonic() - began
    return outcome


async def try_one(sandbox: WorkerSandbox, attack: Attack, around: Range) -> str:
    """What a hostile program achieved; empty where it was contained and the worker is as it was before."""
    await sandbox.run(_HONEST)
    before = sandbox.pids
    program = f"HOST = {around.facts()!r}\n{attack.program}"
    verdict = await sandbox.run(Job(program=program, kind="cases", entry_point="f", cases=(CallCase(),), limits=LIMITS))
    told = verdict.records[0].got if verdict.records else None
    if told == "'escaped'" or "escaped" in verdict.stdout:
        return "it did what it tried"
    if verdict.status not in attack.ends:
        return f"it ended with `{verdict.status}`: {verdict.failure or told}"
    honest = await sandbox.run(_HONEST)
    if honest.status != "pass":
        return f"an honest program after it ended with `{honest.status}`: {honest.failure or honest.records}"
    if verdict.status != "lost" and sandbox.pids != before:
        return "the worker had to be replaced"
    return around.harm()


async def forge(sandbox: WorkerSandbox, attack: Attack, way: Way) -> str:
    """How far a forgery got; empty where none of its tests was believed."""
    job = Job(
        program=attack.program,
        kind=way,
        entry_point="f",
        cases=(CallCase(expected=_SECRET), CallCase(expected=_SECRET)) if way == "cases" else (),
        check=f"assert f() == {_SECRET}\nassert not f() != {_SECRET}\n" if way == "check" else "",
        limits=_FORGER_LIMITS,
    )
    verdict = await sandbox.run(job)
    if verdict.status == "pass" or any(record.ok for record in verdict.records):
        return "it passed"
    if verdict.status == "lost":
        return "its verdict was lost"
    honest = await sandbox.run(_HONEST_CHECK)
    return "" if honest.status == "pass" else f"an honest program after it ended with `{honest.status}`"
