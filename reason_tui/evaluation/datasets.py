"""Datasets by name or path. Hidden tests stay beside the task, where no search can reach them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice, zip_longest
from pathlib import Path

import platformdirs

from reason_tui.assets import asset, expanded
from reason_tui.errors import DatasetError
from reason_tui.tasks.debugbench import read_debugbench
from reason_tui.tasks.gsm8k import read_gsm8k
from reason_tui.tasks.humaneval import read_humaneval
from reason_tui.tasks.lines import first_row
from reason_tui.tasks.mbpp import read_mbpp
from reason_tui.tasks.own import read_own
from reason_tui.tasks.quixbugs import read_quixbugs
from reason_tui.tasks.types import GradedTask

EMBEDDED = "embedded"
_PUBLISHED = {
    "humaneval": "HumanEval.jsonl.gz",
    "mbpp": "sanitized-mbpp.jsonl.gz",
    "gsm8k": "gsm8k-test.jsonl.gz",
    "quixbugs": "quixbugs.jsonl.gz",
    "debugbench": "debugbench_py3_exec.jsonl.gz",
}
_SUFFIXES = (".jsonl", ".jsonl.gz")

Reader = Callable[[Path], Iterator[GradedTask]]


def load_dataset(spec: str, limit: int | None = None) -> tuple[GradedTask, ...]:
    """The tasks of `embedded`, of `humaneval`, `mbpp` or `gsm8k` where the user has them, or of a path.

    A path is a HumanEval, MBPP, GSM8K, QuixBugs, DebugBench or own JSON-lines file, or the folder of one.

    A limit takes the first tasks, from every group in turn where a dataset has groups. Raises DatasetError.
    """
    path = _path(spec)
    tasks = tuple(_reader(path)(path))
    if not tasks:
        raise DatasetError(f"The dataset {path} is empty.", hint="Give a file with at least one task.")
    _refuse_twins(path, tasks)
    return tasks if limit is None else _spread(tasks, limit)


def _refuse_twins(path: Path, tasks: tuple[GradedTask, ...]) -> None:
    """Results are kept by the id of the task: two of one name would be taken for one."""
    name, times = Counter(graded.task.id for graded in tasks).most_common(1)[0]
    if times > 1:
        raise DatasetError(f"The dataset {path} cannot be used.", why=f"It has {times} tasks of the id {name}.")


def _path(spec: str) -> Path:
    if spec == EMBEDDED:
        return _embedded()
    path = expanded(spec)
    if path.is_dir():
        return _file_in(path)
    if path.is_file():
        return path
    if spec.lower() in _PUBLISHED:
        return _published(spec.lower())
    raise DatasetError(
        f"There is no dataset {spec}.",
        why="It is neither a name we know nor a file or folder.",
        hint=f"Use `{EMBEDDED}`, or the path of a HumanEval, MBPP, GSM8K, QuixBugs, DebugBench or own JSON-lines file.",
    )


def _published(spec: str) -> Path:
    """A dataset that others publish, where the user has put it."""
    name = _PUBLISHED[spec]
    folder = platformdirs.user_data_path("reason_tui", appauthor=False) / "datasets"
    for path in (folder / name, folder / name.removesuffix(".gz")):
        if path.is_file():
            return path
    raise DatasetError(
        f"The dataset {spec} does not come with the app.",
        why=f"{name} is published by its authors, and nothing is downloaded without being asked for.",
        hint=f"Put it into {folder}, or give its path: --dataset PATH/TO/{name}.",
    )


def _embedded() -> Path:
    for suffix in _SUFFIXES:
        path = asset(f"embedded/heldout{suffix}")
        if path.is_file():
            return path
    raise DatasetError(
        "The embedded held-out tasks are missing.",
        why=f"There is no {asset('embedded/heldout.jsonl')} and none that is gzipped.",
        hint="Install the package again.",
    )


def _file_in(folder: Path) -> Path:
    for name in _PUBLISHED.values():
        for path in (folder / name, folder / name.removesuffix(".gz")):
            if path.is_file():
                return path
    found = sorted(path for path in folder.iterdir() if path.name.endswith(_SUFFIXES))
    if len(found) == 1:
        return found[0]
    raise DatasetError(
        f"The folder {folder} holds no dataset that we can tell.",
        why="Several files could be meant." if found else "It holds no .jsonl or .jsonl.gz file.",
        hint="Give the path of the file.",
    )


def _reader(path: Path) -> Reader:
    keys = first_row(path).keys()
    if {"canonical_solution", "entry_point", "test"} <= keys:
        return read_humaneval
    if {"code", "test_list"} <= keys:
        return read_mbpp
    if {"question", "answer"} <= keys:
        return read_gsm8k
    if {"buggy_code", "correct_code", "cases"} <= keys:
        return read_quixbugs
    if {"buggy_code", "oracle_code"} <= keys:
        if "cases" not in keys:
            raise DatasetError(
                f"The dataset {path} cannot be used.",
                why="It is DebugBench as published: its examples are prose, not cases.",
                hint='Each row needs `method` and `cases`, e.g. [[{"n": 12, "k": 3}, 3]].',
            )
        return read_debugbench
    return read_own


def _spread(tasks: tuple[GradedTask, ...], limit: int) -> tuple[GradedTask, ...]:
    """The first `limit` tasks, the groups taking turns; in the order of the file."""
    groups: dict[str, list[int]] = {}
    for at, graded in enumerate(tasks):
        groups.setdefault(graded.group, []).append(at)
    turns = (at for row in zip_longest(*groups.values()) for at in row if at is not None)
    return tuple(tasks[at] for at in sorted(islice(turns, limit)))
