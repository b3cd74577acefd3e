"""Two machines: lessons go to the one that can train, adapters come back. Hashes are proved on both ways.

    pack          here: the lessons, how to train on them, which model they belong to → an archive
    train_packed  there (`bundled`): the trainings it asks for → adapters on the shelf there, then an archive of them
    take_back     here (`adapters.importing`): those adapters onto the shelf, in every form that could be made of them

Only `train_packed` needs the extra `train`; what needs it for conversion was converted there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from reason_tui import __version__
from reason_tui.errors import TrainingError
from reason_tui.learning.adapters.importing import WEIGHTS
from reason_tui.learning.adapters.manifest import Base, Manifest, base_of, check_base
from reason_tui.learning.adapters.shelf import MANIFEST, PEFT, Shelf
from reason_tui.learning.archives import START, Head, data_name, write_archive
from reason_tui.learning.pairs import Lesson, PairRules
from reason_tui.learning.store import Store
from reason_tui.learning.training import Method, TrainSettings
from reason_tui.learning.training.dataset import enough
from reason_tui.models.catalogue import EMBEDDED
from reason_tui.runs.lines import dump

README = "README.txt"


def command(bundle: str, base: Base) -> str:
    """What is to be run on the other machine."""
    model = "" if base.name == EMBEDDED else " --model FOLDER"
    return f"reason-tui learn train-bundle {bundle}{model}"


def pack(
    path: Path,
    model: str,
    stages: Sequence[TrainSettings],
    *,
    store: Store,
    shelf: Shelf,
    start: Manifest | None = None,
    force: bool = False,
) -> tuple[Head, dict[Method, int]]:
    """Write the lessons there are for these trainings, in this order; how many for each.

    A training that there are too few lessons for is left out. Raises TrainingError where none is left, UsageError where
    the file is there, ModelDamagedError where `start` belongs to another model.
    """
    base = base_of(model)
    found = {stage.method: _lessons(store, stage.method) for stage in stages}
    counts = {method: len(lessons) for method, lessons in found.items()}
    kept = tuple(stage for stage in stages if enough(found[stage.method]))
    if not kept:
        raise TrainingError(
            "There is too little to train on.",
            why=", ".join(f"{method}: {count} lessons" for method, count in counts.items()) + ".",
            hint="Search first: reason-tui collect --tasks FILE, then reason-tui pairs ls",
        )
    contents: dict[str, bytes | Path] = {
        data_name(stage.method): b"".join(dump(lesson) + b"\n" for lesson in found[stage.method]) for stage in kept
    }
    if start is not None:
        contents |= _start(start, model, shelf)
    head = Head(
        kind="lessons",
        app_version=__version__,
        name=_name(base, kept, start, contents),
        base=base,
        stages=kept,
        start=None if start is None else start.name,
    )
    contents[README] = _readme(path, base, kept).encode()
    return write_archive(path, head, contents, force=force), counts


def _start(adapter: Manifest, model: str, shelf: Shelf) -> dict[str, bytes | Path]:
    check_base(adapter, model)
    weights = shelf.place(adapter.name) / PEFT
    files: dict[str, bytes | Path] = {f"{START}/{name}": weights / name for name in WEIGHTS}
    return {f"{START}/{MANIFEST}": adapter.model_dump_json().encode(), **files}


def _lessons(store: Store, method: Method) -> Sequence[Lesson]:
    return store.pairs(PairRules()) if method == "dpo" else store.examples(PairRules())


def _name(
    base: Base, stages: Sequence[TrainSettings], start: Manifest | None, contents: dict[str, bytes | Path]
) -> str:
    """The same lessons, to be trained on in the same way, have the same name."""
    digest = hashlib.sha256("".join(sorted(base.sha256.values())).encode())
    digest.update("".join(stage.model_dump_json() for stage in stages).encode())
    digest.update(b"" if start is None else start.model_dump_json().encode())
    for stage in stages:
        data = contents[data_name(stage.method)]
        assert isinstance(data, bytes), "lessons are packed as they are"
        digest.update(data)
    return f"bundle-{digest.hexdigest()[:10]}"


def _readme(path: Path, base: Base, stages: Sequence[TrainSettings]) -> str:
    return (
        f"Lessons for {' and '.join(stage.method.upper() for stage in stages)}, packed by reason_tui {__version__}.\n\n"
        f"Train on a machine with the extra `train` and the folder of the model ({Path(base.name).name}):\n\n"
        f"    {command(path.name, base)}\n\n"
        "It writes an archive of adapters beside this one. Back on the first machine:\n\n"
        "    reason-tui adapters import ARCHIVE\n"
    )
