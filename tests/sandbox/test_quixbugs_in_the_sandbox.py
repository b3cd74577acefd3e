"""The whole of QuixBugs: every corrected program passes, every defective one fails, and by a test that steers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.levels import opened

from reason_tui.evaluation.datasets import load_dataset
from reason_tui.evaluation.grade import hidden_jobs
from reason_tui.rewards import visible_jobs
from reason_tui.sandbox import Limits, Verdict

DATA = Path(__file__).parents[3] / "shared" / "data" / "quixbugs"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="needs shared-data: ../shared/data/quixbugs")
PATIENT, BRISK = Limits(wall_s=60), Limits(wall_s=2)


async def test_corrected_programs_pass_and_defective_ones_fail(level, monkeypatch):
    tasks = load_dataset(str(DATA))
    async with await opened(level, monkeypatch) as sandbox:

        async def passes(jobs) -> bool:
            verdicts: list[Verdict] = [await sandbox.run(job) for job in jobs]
            assert all(verdict.strength == "strong" for verdict in verdicts)
            return all(verdict.status == "pass" for verdict in verdicts)

        right = await asyncio.gather(*(passes(hidden_jobs(task, task.reference, PATIENT)) for task in tasks))
        wrong = await asyncio.gather(*(passes(visible_jobs(task.task, task.task.given or "", BRISK)) for task in tasks))
    assert [task.task.id for task, passed in zip(tasks, right, strict=True) if not passed] == []
    assert [task.task.id for task, passed in zip(tasks, wrong, strict=True) if passed] == []
    assert len(tasks) == 31
