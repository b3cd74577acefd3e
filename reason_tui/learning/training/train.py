"""From lessons to an adapter on the shelf. Imports torch only when it trains."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from reason_tui import __version__
from reason_tui.engine.jobs import Job
from reason_tui.learning.adapters.forms import require_train
from reason_tui.learning.adapters.manifest import Manifest, base_folder, base_of, check_base
from reason_tui.learning.adapters.shelf import MANIFEST, PEFT, Shelf
from reason_tui.learning.keys import split_of
from reason_tui.learning.pairs import Lesson
from reason_tui.learning.training.begun import at_work, begun_with, check_begun, check_done, keep, with_rank_of
from reason_tui.learning.training.dataset import FILE, Lessons, fix, keep_earlier, learned, tidy
from reason_tui.learning.training.memory import check_memory
from reason_tui.learning.training.ranks import first_alone, is_first, wait_for_all
from reason_tui.learning.training.rewarding import Rewarding
from reason_tui.learning.training.settings import TrainSettings


def train(
    name: str,
    model: str,
    lessons: Sequence[Lesson],
    settings: TrainSettings,
    *,
    shelf: Shelf,
    job: Job,
    start: Manifest | None = None,
    rewarding: Rewarding | None = None,
) -> Manifest:
    """Train the adapter called `name`, or go on with it; one that is whole is given back as it is.

    Under `accelerate launch` every process calls this. The lessons are fixed with the first call; GRPO needs
    `rewarding`. A training that goes on from an adapter has that one's rank. Raises ConfigError without the extra
    `train`, UsageError where what is there was begun otherwise or somebody works on it, TrainingError for too few
    lessons, too little memory or a loss that is no number, StateError where the disk refuses, ModelDamagedError where
    `start` belongs to another base, KeyboardInterrupt where the job was asked to stop.
    """
    require_train()
    folder = shelf.place(name)
    if start is not None:
        check_base(start, model)
    settings = with_rank_of(settings, None if start is None else shelf.place(start.name))
    now = begun_with(model, settings, start)
    if (folder / MANIFEST).exists():
        check_done(shelf.read(folder), now)
        job.note(f"The adapter {name} is there already: nothing is trained.")
    else:
        with first_alone(settings):
            check_begun(folder, now)
            fixed = _fixed(folder, base_folder(model), lessons, settings, start)
            if is_first():
                keep(folder, now)
                if start is not None:
                    keep_earlier(folder, learned(shelf, start))
        with at_work(folder) if is_first() else nullcontext():
            _train(name, model, fixed, settings, shelf, job, start, rewarding)
    if is_first():
        tidy(folder)  # last: a manifest that a full disk refuses must not cost the training
    wait_for_all(settings)
    return shelf.read(folder)


def _fixed(
    folder: Path, base: Path, lessons: Sequence[Lesson], settings: TrainSettings, start: Manifest | None
) -> Lessons:
    """The lessons; a training that cannot be done leaves nothing."""
    if not (folder / FILE).exists():
        to_learn = [lesson for lesson in lessons if split_of(lesson.task) == "train"]
        check_memory(base, settings, to_learn, start=start is not None)
    return fix(folder, settings.method, lessons)


def _train(
    name: str,
    model: str,
    fixed: Lessons,
    settings: TrainSettings,
    shelf: Shelf,
    job: Job,
    start: Manifest | None,
    rewarding: Rewarding | None,
) -> None:
    base = base_folder(model)
    check_memory(base, settings, fixed.train, start=start is not None)
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it misses a kernel that nobody asked for
    from reason_tui.learning.training.fit import fit

    reference = None if start is None else shelf.place(start.name) / PEFT
    fitted = fit(base, shelf.place(name), fixed, settings, job, reference, rewarding)
    if not is_first():
        return
    shelf.keep(
        Manifest(
            name=name,
            base=base_of(model),
            method=settings.method,
            settings=settings,
            data_sha256=fixed.digest,
            start=None if start is None else start.name,
            created_at=time.time(),
            app_version=__version__,
            figures={**fitted.model_dump(), "tasks": fixed.tasks},
        )
    )
