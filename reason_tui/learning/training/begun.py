"""With what a training was begun: it goes on with that, or not at all.

A checkpoint holds steps of one base, one start and one schedule. Going on with others would give an adapter that is
neither, and whose manifest says what it is not. Only how to compute may change between two attempts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from reason_tui.errors import ModelDamagedError, StateError, UsageError
from reason_tui.learning.adapters.manifest import Base, Manifest, base_of
from reason_tui.learning.adapters.shelf import PEFT
from reason_tui.learning.training.dataset import BEGUN, CHECKPOINTS, FILE
from reason_tui.learning.training.settings import TrainSettings
from reason_tui.runs.folders import atomic_write, reason
from reason_tui.runs.locks import take
from reason_tui.tasks.types import Frozen

_FREE = frozenset(("micro_batch", "checkpoints", "quantise", "device", "report_to"))
"""Settings that change what a step costs, or who hears of it, and not what it is a step of."""


class Begun(Frozen):
    """`begun.json`: what decides about the weights, beside the lessons."""

    base: Base
    settings: TrainSettings
    start: str | None = None


def begun_with(model: str, settings: TrainSettings, start: Manifest | None) -> Begun:
    """What a training that is asked for now would be begun with. Raises ModelNotFoundError."""
    return Begun(base=base_of(model), settings=settings, start=None if start is None else start.name)


def with_rank_of(settings: TrainSettings, start: Path | None) -> TrainSettings:
    """The settings with the rank of the adapter in the folder `start`, which goes on to be trained as large as it is.

    Raises ModelDamagedError.
    """
    if start is None:
        return settings
    try:
        config = json.loads((start / PEFT / "adapter_config.json").read_bytes())
        rank, alpha = int(config["r"]), int(config["lora_alpha"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelDamagedError(f"The adapter in {start} cannot be read.", why=f"{error}.") from error
    return settings.model_copy(update={"rank": rank, "lora_alpha": alpha})


def check_begun(folder: Path, now: Begun) -> None:
    """Where a training was begun in the folder, and made steps, see that they were of the same.

    Raises UsageError where they were not, StateError where what is noted is damaged.
    """
    known = _read(folder / BEGUN) if (folder / BEGUN).exists() else None
    if known is not None and (known.settings.method != now.settings.method or _has_steps(folder)):
        _refuse_another(folder.name, known, now, "was begun")


def keep(folder: Path, now: Begun) -> None:
    """Note it beside the lessons, which are there. Raises StateError where the disk refuses."""
    try:
        atomic_write(folder / BEGUN, now.model_dump_json(indent=1).encode("ascii", "backslashreplace"))
    except OSError as error:
        raise StateError("The training cannot be begun.", why=f"{folder}: {reason(error)}") from error


def check_done(known: Manifest, now: Begun) -> None:
    """Raises UsageError where the adapter that is there is not what is asked for."""
    if known.settings is None:
        raise UsageError(f"The name {known.name} is taken.", why="That adapter was imported.", hint=_hint(known.name))
    _refuse_another(known.name, Begun(base=known.base, settings=known.settings, start=known.start), now, "was trained")


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """The block alone works on the training in the folder. Raises UsageError where another process does, StateError."""
    try:
        lock = take(folder / FILE)
    except OSError as error:
        raise StateError(f"{folder} cannot be used.", why=reason(error)) from error
    if lock is None:
        raise UsageError(f"Another process trains {folder.name}.", hint="See who: reason-tui jobs ls")
    try:
        yield
    finally:
        os.close(lock)


def _refuse_another(name: str, known: Begun, now: Begun, how: str) -> None:
    shared = known.base.sha256.keys() & now.base.sha256.keys()
    differing = [
        f"{field} {old!r}, not {new!r}"
        for field, old in known.settings.model_dump(exclude=set(_FREE)).items()
        if old != (new := getattr(now.settings, field))
    ]
    if any(known.base.sha256[layout] != now.base.sha256[layout] for layout in shared):
        differing.append(f"the model {known.base.name}, not {now.base.name}")
    if known.start != now.start:
        differing.append(f"from {known.start or 'the base alone'}, not {now.start or 'the base alone'}")
    if differing:
        raise UsageError(f"{name} {how} otherwise.", why=f"It has {'; '.join(differing)}.", hint=_hint(name))


def _hint(name: str) -> str:
    return f"Give the options it was begun with, or another name (--name). It can be removed: adapters rm {name}"


def _has_steps(folder: Path) -> bool:
    return any((folder / CHECKPOINTS).glob("checkpoint-*"))


def _read(path: Path) -> Begun:
    try:
        return Begun.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise StateError(
            f"{path} cannot be read.",
            why=f"{type(error).__name__}.",
            hint=f"Begin anew: adapters rm {path.parent.name}",
        ) from error
