"""Several processes that train one adapter together, under `accelerate launch`. The first of them writes; alone, it is
the only one. Torch is imported only where there are several.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from reason_tui.learning.training.settings import TrainSettings


def world() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this process is the one that writes."""
    return world() == 1 or int(os.environ.get("RANK", "0")) == 0


def agreed(text: str, settings: TrainSettings) -> str:
    """What the first process gave here: the same in all. Waits for them."""
    if world() == 1:
        return text
    from accelerate.utils import broadcast_object_list

    _state(settings)
    told = [text]
    broadcast_object_list(told)
    return told[0]


@contextmanager
def first_alone(settings: TrainSettings) -> Iterator[None]:
    """The first process does the block before the others begin with it."""
    with nullcontext() if world() == 1 else _state(settings).main_process_first():
        yield


def wait_for_all(settings: TrainSettings) -> None:
    """Until every process has come here."""
    if world() > 1:
        _state(settings).wait_for_everyone()


def per_device(settings: TrainSettings) -> int:
    """Lessons that a process computes at a time: all of them together never more than a batch holds."""
    return max(1, min(settings.micro_batch, -(-settings.batch // world())))


def accumulation(settings: TrainSettings, size: int) -> int:
    """How many micro batches of `size` in each process make a step."""
    return max(1, -(-settings.batch // (size * world())))


def _state(settings: TrainSettings) -> Any:
    from accelerate import PartialState

    return PartialState(cpu=settings.device == "cpu")
