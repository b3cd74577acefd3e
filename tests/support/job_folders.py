"""Folders of jobs as they are on a disk, without their processes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from reason_tui.engine.jobs.folder import LOCK, LOG, PROGRESS, SPEC
from reason_tui.engine.jobs.records import Begun, JobSpec, Kind, Progress, Record, Working
from reason_tui.runs.lines import dump
from reason_tui.runs.locks import take

AT = 1_700_000_000.0


def keep_job(
    state: Path,
    name: str,
    kind: Kind,
    arguments: Sequence[str],
    records: Sequence[Record] = (),
    *,
    title: str = "",
    at: float = AT,
    log: str = "",
) -> Path:
    """The folder of a job that told these records."""
    folder = state / "jobs" / name
    folder.mkdir(parents=True)
    spec = JobSpec(
        id=name, kind=kind, title=title, arguments=tuple(arguments), cwd="/home/me", created_at=at, app_version="0"
    )
    (folder / SPEC).write_text(spec.model_dump_json())
    (folder / LOG).write_text(log)
    tell(folder, *records)
    return folder


def tell(folder: Path, *records: Record) -> None:
    """Add to what it told."""
    with (folder / PROGRESS).open("ab") as file:
        for record in records:
            file.write(dump(record) + b"\n")


@contextmanager
def alive(folder: Path) -> Iterator[None]:
    """A process, ours, seems to work on it for as long as the block lasts."""
    lock = take(folder / LOCK)
    assert lock is not None
    os.write(lock, str(os.getpid()).encode())
    try:
        yield
    finally:
        os.close(lock)


def training(steps: int, *, of: int = 12, stage: str = "DPO") -> list[Record]:
    """What a training tells of its first steps: a loss that falls, an accuracy and a margin that rise."""
    told: list[Record] = [Begun(at=AT, pid=4242, app_version="0"), Working(at=AT + 1, model="embedded")]
    for step in range(1, steps + 1):
        figures = {"loss": 0.7 - step / 40, "rewards/accuracies": 0.5 + step / 30, "rewards/margins": step / 10}
        text = f"{stage}: loss {figures['loss']:.3f} accuracy {figures['rewards/accuracies']:.3f} 00:30 left"
        told.append(Progress(at=AT + 1 + step, done=step, total=of, text=text, data={"stage": stage, **figures}))
    return told
