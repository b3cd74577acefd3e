"""The whole of HumanEval: every reference solution passes, every stub fails."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import pytest
from support.levels import opened

from reason_tui.sandbox import Job, Verdict, WorkerSandbox

DATA = Path(__file__).parents[3] / "shared" / "data" / "humaneval" / "HumanEval.jsonl.gz"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="needs shared-data: ../shared/data/humaneval")


async def run_all(sandbox: WorkerSandbox, body: str | None) -> list[tuple[str, Verdict]]:
    with gzip.open(DATA, "rt") as lines:
        tasks = [json.loads(line) for line in lines]
    async with sandbox:
        jobs = [
            Job(
                program=task["prompt"] + (body or task["canonical_solution"]),
                kind="check",
                entry_point=task["entry_point"],
                check=task["test"],
                setup=task["prompt"],
            )
            for task in tasks
        ]
        verdicts = await asyncio.gather(*(sandbox.run(job) for job in jobs))
    return [(task["task_id"], verdict) for task, verdict in zip(tasks, verdicts, strict=True)]


async def test_every_reference_solution_passes(level, monkeypatch):
    graded = await run_all(await opened(level, monkeypatch), None)
    assert len(graded) == 164
    assert [(task, verdict.status, verdict.failure) for task, verdict in graded if verdict.status != "pass"] == []
    assert all(verdict.strength == "strong" for _, verdict in graded)


async def test_every_stub_fails(level, monkeypatch):
    graded = await run_all(await opened(level, monkeypatch), "    return None\n")
    assert [(task, verdict.status) for task, verdict in graded if verdict.status != "fail"] == []
