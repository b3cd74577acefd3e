"""What the last phase reads: arithmetic, repairs of the shipped model's own failures, and some of everything else."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from embedded_model.curriculum.corpus import USUAL, Example, Mix, examples
from embedded_model.curriculum.harder import HARDER, KINDS
from embedded_model.curriculum.sheets import sheet
from embedded_model.curriculum.sums import Lesson, math_example
from embedded_model.curriculum.written import written_out
from embedded_model.data import APART, WHOLE, DataConfig, encoded, make_tasks, save
from embedded_model.drafting import Sampling
from embedded_model.failures import FailureConfig, failures_of
from embedded_model.novelty import shown
from embedded_model.steps import Folder, read_lines, write_lines, write_text
from reason_tui.tasks.types import GradedTask

BEFORE = 3
"""The last phase of the training from scratch: some of its corpus is read again."""
PHASE = 4
"""What is made for this phase has seeds of its own."""
LIMIT = 320
"""The most tokens of an example that is no repair of an own failure."""
SMALL = Mix(
    {"draft": 0.85, "repair": 0.15},
    {"classic": 0.62, "sum_list": 0.20, "sum_evens": 0.03, "L1": 0.15},
)
"""Small functions, the sum of a list above all: what everyone types first."""
FAILING = {"L1": 0.10, "L2": 0.28, "L3": 0.52, "classic": 0.10}
"""Where own failures are looked for: mostly where there are some."""


@dataclass(frozen=True)
class FurtherData:
    """How much to make: examples of the `replay`, small functions, math lessons, sheets, and tries to fail."""

    seed: int = 1
    tasks: DataConfig = field(default_factory=DataConfig)
    replay: int = 12_500
    small: int = 2_500
    lessons: int = 9_000
    sheets: int = 9_000
    small_copies: int = 2
    failures: FailureConfig = field(
        default_factory=lambda: FailureConfig(
            tasks=2000, sampling=Sampling(samples=4, max_tokens=120), groups=FAILING, copies=2, processes=1
        )
    )


@dataclass(frozen=True)
class Parts:
    """The files of the corpus."""

    root: Path

    @property
    def replay(self) -> Path:
        """The beginning of the last phase's corpus again."""
        return self.root / "replay.jsonl"

    @property
    def small(self) -> Path:
        """Small functions."""
        return self.root / "small.jsonl"

    @property
    def lessons(self) -> Path:
        """Arithmetic, one problem an example."""
        return self.root / "lessons.jsonl"

    @property
    def sheets(self) -> Path:
        """Arithmetic, many problems an example."""
        return self.root / "sheets.jsonl"

    @property
    def failures(self) -> Path:
        """Repairs of what the shipped model wrote."""
        return self.root / "failures.jsonl"

    @property
    def shares(self) -> Path:
        """How many examples and tokens each of them has."""
        return self.root / "shares.json"


def make(folder: Folder, assets: Path, config: FurtherData) -> None:
    """Every part, then all of them as arrays of ids; each is skipped when its result is there."""
    parts = Parts(folder.root)
    held = held_behaviours(folder, assets, config.tasks)
    if not folder.tokenizer.exists():
        shutil.copyfile(assets / "tokenizer.json", folder.tokenizer)
    _lessons(parts.lessons, config.lessons, config.seed, _written_lesson)
    _lessons(parts.sheets, config.sheets, config.seed, sheet)
    if not parts.failures.exists():
        found = failures_of(assets / "model.gguf", config.failures, PHASE, held)
        write_lines(parts.failures, (asdict(example) for example in found))
    for path, phase, count, mix in (
        (folder.apart, APART, config.tasks.apart, USUAL),
        (parts.small, PHASE, config.small, SMALL),
        (parts.replay, BEFORE, config.replay, USUAL),
    ):
        if not path.exists():
            write_lines(path, map(asdict, examples(config.seed * 100 + phase, count, held, mix=mix)))
    _encode(folder, parts, config)


def held_behaviours(folder: Folder, assets: Path, config: DataConfig) -> list[str]:
    """The fingerprints of every task that ships to measure or to learn with.

    Those of the held-out, tuning and rare tasks are made again from the seed they were made with; those of the harder
    families are what their references show.
    """
    make_tasks(folder, config)
    held: list[str] = json.loads(folder.fingerprints.read_text(encoding="utf-8"))
    shipped = (GradedTask.model_validate(item) for item in read_lines(assets / "reserved.jsonl"))
    harder = (task.reference for task in shipped if task.group.split("/")[0] in HARDER)
    return sorted({*held, *shown(harder, [KINDS])})


def _lessons(path: Path, count: int, seed: int, make_one: Callable[[random.Random], Lesson]) -> None:
    if not path.exists():
        rng = random.Random(f"{path.stem}-{seed}")
        write_lines(path, (asdict(_example(make_one(rng))) for _ in range(count)))


def _written_lesson(rng: random.Random) -> Lesson:
    return math_example(rng, written_out)


def _example(lesson: Lesson) -> Example:
    return Example("math", lesson.user, "", lesson.reply)


def _encode(folder: Folder, parts: Parts, config: FurtherData) -> None:
    if not folder.validation.exists():
        save(folder.validation, *encoded(folder, folder.apart, WHOLE))
    if folder.encoded(0).exists():
        return
    short = dict.fromkeys(WHOLE, LIMIT)
    rows: list[list[int]] = []
    starts: list[int] = []
    shares = {}
    for path, copies, limits in (
        (parts.sheets, 1, short), (parts.lessons, 1, short), (parts.failures, config.failures.copies, WHOLE),
        (parts.small, config.small_copies, short), (parts.replay, 1, {**short, "math": 0}),
    ):  # fmt: skip
        found, begun = encoded(folder, path, limits)
        rows, starts = rows + found * copies, starts + begun * copies
        shares[path.stem] = {"examples": len(found), "copies": copies, "tokens": sum(map(len, found)) * copies}
    save(folder.encoded(0), rows, starts)
    write_text(parts.shares, json.dumps(shares, indent=1) + "\n")
