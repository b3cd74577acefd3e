"""Lessons to train on, and a job that keeps what it is told."""

from __future__ import annotations

from pathlib import Path

from reason_tui.engine.jobs import Job, Record
from reason_tui.learning.pairs import Example, Pair
from reason_tui.learning.training import TrainSettings
from reason_tui.policy import Message

SLOW = TrainSettings(method="sft", batch=2, rank=4, lora_alpha=8, epochs=2, device="cpu", patience=0)
"""With some thirty-six steps of forty lessons, and a checkpoint every few."""


def examples(count: int) -> list[Example]:
    """Of `count` tasks, some of them for validation."""
    return [Example(text=f" {number} + 1\n```", **_shared(number)) for number in range(count)]


def pairs(count: int) -> list[Pair]:
    """Of `count` tasks."""
    said = {"q_chosen": 1.0, "q_rejected": 0.2, "visits_chosen": 1, "visits_rejected": 1}
    return [
        Pair(chosen=f" {number} + 1\n```", rejected=f" {number} - 1\n```", **_shared(number), **said)
        for number in range(count)
    ]


def _shared(number: int) -> dict:
    return {
        "id": f"{number:012}",
        "task": f"{number:08x}{'0' * 16}",
        "task_id": f"t{number}",
        "origin": "draft",
        "messages": (Message(role="user", content=f"Add one to {number}."),),
        "prefix": "```python\nreturn",
    }


class Told:
    """A job in the foreground, and everything it told."""

    def __init__(self, state: Path) -> None:
        self.records: list[Record] = []
        self._opened = Job.open(state, "train", show=self.records.append, polls=True)

    def __enter__(self) -> tuple[Job, list[Record]]:
        return self._opened.__enter__(), self.records

    def __exit__(self, *error: object) -> None:
        self._opened.__exit__(*error)
