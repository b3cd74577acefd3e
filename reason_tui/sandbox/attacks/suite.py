"""The attacks, tried one after the other on one worker, with an honest program after each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reason_tui.sandbox.attacks.programs import SECRET, Attack, Forgery, forgeries, hostile
from reason_tui.sandbox.attacks.range import Range
from reason_tui.sandbox.pool import WorkerSandbox
from reason_tui.sandbox.types import Job, Limits, Verdict
from reason_tui.tasks.types import CallCase

_LIMITS = Limits(wall_s=1, memory_mb=128, tmp_mb=32)
_PATIENT = _LIMITS.model_copy(update={"wall_s": 5.0})  # for those that end by themselves, on a machine that is busy
_FORGER_LIMITS = Limits(wall_s=3)
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
    for forgery in forgeries():
        progress(forgery.name)
        outcome.forged += 1
        if wrong := await forge(sandbox, forgery):
            outcome.passed[forgery.name] = wrong
    outcome.seconds = time.monotonic() - began
    return outcome


async def try_one(sandbox: WorkerSandbox, attack: Attack, around: Range) -> str:
    """What a hostile program achieved; empty where it was contained and the worker is as it was before."""
    await sandbox.run(_HONEST)
    before = sandbox.pids
    program = f"HOST = {around.facts()!r}\n{attack.program}"
    limits = _LIMITS if "timeout" in attack.ends else _PATIENT
    verdict = await sandbox.run(Job(program=program, kind="cases", entry_point="f", cases=(CallCase(),), limits=limits))
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


async def forge(sandbox: WorkerSandbox, forgery: Forgery) -> str:
    """How far a forgery got; empty where none of its tests was believed."""
    verdict = await sandbox.run(forged_job(forgery, _FORGER_LIMITS))
    if is_believed(forgery, verdict):
        return "it passed"
    if verdict.status == "lost":
        return "its verdict was lost"
    honest = await sandbox.run(_HONEST_CHECK)
    return "" if honest.status == "pass" else f"an honest program after it ended with `{honest.status}`"


def forged_job(forgery: Forgery, limits: Limits) -> Job:
    """The job by which a forgery meets its test."""
    return Job(
        program=forgery.program,
        kind=forgery.way,
        entry_point="f",
        cases=(CallCase(expected=SECRET), CallCase(expected=SECRET)) if forgery.way == "cases" else (),
        check=forgery.test if forgery.way == "check" else "",
        tests=(forgery.test,) if forgery.way == "tests" else (),
        modules=("m",),
        limits=limits,
    )


def is_believed(forgery: Forgery, verdict: Verdict) -> bool:
    """Whether any of its tests is reported to hold, without the warning that the program itself had a say in it."""
    holds = verdict.status == "pass" or any(record.ok for record in verdict.records)
    return holds and not (forgery.may_be_weak and verdict.strength == "weak")
