"""The task file of `learning.py --family ordinary`: new tasks of the levels the embedded model was trained on.

To learn from: tasks of the curriculum drawn with a seed of their own, none of which behaves like
a task of `heldout.jsonl` or `tuning.jsonl` on the probe inputs; few of L1, of which the shipped files have most of what
there is. Their kind was in the pretraining, and so may some of them have been: this is learning in distribution. To
measure on: the shipped held-out tasks. In both the levels are mixed evenly, so that the first N are a fair sample.
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from embedded_model.curriculum.heldout import held_out
from embedded_model.novelty import shown

from reason_tui.assets import asset
from reason_tui.learning.keys import FOR_TRAINING, HELD_OUT
from reason_tui.runs.folders import atomic_write
from reason_tui.tasks.own import read_own
from reason_tui.tasks.types import GradedTask

FAMILY = "ordinary"
TO_LEARN_FROM = {"L1": 60, "L2": 240, "L3": 300}
_SEED = 20_261
_DRAWN = 450
"""Of each level; those that behave like a shipped one are dropped: about four in five of L1, two in five of L2."""


def ordinary_file(state: Path) -> Path:
    """The file, made where it is not there yet."""
    path = state / f"{FAMILY}.jsonl"
    if not path.exists():
        held = list(read_own(asset("embedded/heldout.jsonl")))
        tuning = list(read_own(asset("embedded/tuning.jsonl")))
        rows = _rows(_new([*held, *tuning]), FOR_TRAINING) + _rows(held, HELD_OUT)
        atomic_write(path, "".join(f"{row.model_dump_json(ensure_ascii=True)}\n" for row in rows).encode("ascii"))
    return path


def _new(shipped: list[GradedTask]) -> list[GradedTask]:
    """Tasks of each level that behave like none of `shipped`. Raises ValueError where too few are left."""
    drawn, _, prints = held_out(_SEED, _DRAWN, 0)
    kinds = {ast.literal_eval(print_)[0] for print_ in prints}
    known, own = shown((task.reference for task in shipped), kinds), set(prints)
    strange = [task for task in drawn if not (shown(iter([task.reference]), kinds) & own & known)]
    by_level = {level: [task for task in strange if task.group == level] for level in TO_LEARN_FROM}
    if short := [level for level, count in TO_LEARN_FROM.items() if len(by_level[level]) < count]:
        raise ValueError(f"too few tasks of {', '.join(short)} are left: {len(strange)} of {len(drawn)}")
    return [task for level, count in TO_LEARN_FROM.items() for task in by_level[level][:count]]


def _rows(tasks: list[GradedTask], split: str) -> list[GradedTask]:
    """The tasks, levels mixed evenly, under ids and a group that say on which side they stand."""
    counts, at = Counter(task.group for task in tasks), Counter[str]()
    placed: list[tuple[float, GradedTask]] = []
    for task in tasks:
        name = f"{FAMILY}/{split}/{task.group}/{at[task.group]:03d}"
        place = (at[task.group] + 0.5) / counts[task.group]
        at[task.group] += 1
        renamed = {"group": f"{FAMILY}/{split}", "task": task.task.model_copy(update={"id": name})}
        placed.append((place, task.model_copy(update=renamed)))
    return [task for _, task in sorted(placed, key=lambda one: one[0])]
