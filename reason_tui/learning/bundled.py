"""The other machine's part: train what a bundle asks for. Imports torch only when it trains."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from reason_tui import __version__
from reason_tui.engine.jobs import Job
from reason_tui.errors import ConfigError, ModelDamagedError, StateError, UsageError
from reason_tui.learning.adapters.forms import form_of
from reason_tui.learning.adapters.importing import FORMS, PARTS, WEIGHTS, Copy, manifest_in, put_on_shelf
from reason_tui.learning.adapters.manifest import Base, Manifest, base_of
from reason_tui.learning.adapters.shelf import MANIFEST, PEFT, Shelf
from reason_tui.learning.archives import START, Archive, Head, data_name, open_archive, write_archive
from reason_tui.learning.training import Method
from reason_tui.learning.training.dataset import FILE
from reason_tui.learning.training.train import train
from reason_tui.runs.folders import private_dir, reason


def train_packed(
    path: Path,
    target: Path,
    model: str,
    machine: dict[str, Any],
    *,
    shelf: Shelf,
    job: Job,
    same_base: bool = False,
) -> list[Manifest]:
    """Do the trainings of the archive `path`, and write their adapters to the archive `target`.

    `machine` are settings of how to compute; the device, and whom to tell, are no choice of the first machine. What
    was cut off goes on with the next call. Raises what `open_archive` and `train` raise, ModelDamagedError where the
    lessons belong to another model, ConfigError where that cannot be told, unless a person says `same_base`.
    """
    if target.exists():
        raise UsageError(f"{target} is already there.", hint="Take it in on the first machine: adapters import FILE")
    with open_archive(path, "lessons") as archive:
        head = archive.head
        base = joined(head.base, model, same_base)
        start = _unpack_start(archive, base, shelf)
        for stage in head.stages:
            _unpack_lessons(archive, stage.method, shelf)
    found: list[Manifest] = []
    for stage in head.stages:
        settings = stage.model_copy(update={"device": "auto", "report_to": (), **machine})
        name = _adapter(head, stage.method)
        trained = train(name, model, [], settings, shelf=shelf, job=job, start=start)
        start = trained.model_copy(update={"base": base})
        shelf.keep(start)
        found.append(start)
    _pack_adapters(target, head, found, shelf, job)
    return found


def _adapter(head: Head, method: Method) -> str:
    return f"{head.name}-{method}"


def joined(base: Base, model: str, same_base: bool) -> Base:
    """Every form of the model that one of the two machines knows."""
    here = base_of(model)
    shared = base.sha256.keys() & here.sha256.keys()
    if any(base.sha256[layout] != here.sha256[layout] for layout in shared):
        raise ModelDamagedError(
            f"The lessons do not belong to {model}.",
            why=f"They were found with {base.name}, and its weights are others.",
            hint="Name the folder of that very model: --model FOLDER",
        )
    if not shared and not same_base:
        forms = [" and ".join(each.sha256) for each in (base, here)]
        raise ConfigError(
            f"Nothing tells whether {model} is the model that the lessons belong to.",
            why=f"They were found with {base.name}, a {forms[0]}; this is a {forms[1]}.",
            hint="If you know that it was made from these weights, say so: --same-base",
        )
    return Base(name=model, sha256={**base.sha256, **here.sha256})


def _unpack_start(archive: Archive, base: Base, shelf: Shelf) -> Manifest | None:
    """The adapter that the first training goes on from, on the shelf under a name of its own."""
    if archive.head.start is None:
        return None
    name = f"{archive.head.name}-{START}"
    if shelf.place(name).exists():
        return shelf.read(shelf.place(name))
    manifest = manifest_in(archive, f"{START}/{MANIFEST}").model_copy(update={"name": name, "base": base})
    files: dict[str, Copy] = {f"{PEFT}/{part}": partial(archive.copy, f"{START}/{part}") for part in WEIGHTS}
    return put_on_shelf(shelf, manifest, files)


def _unpack_lessons(archive: Archive, method: Method, shelf: Shelf) -> None:
    """The lessons where a training finds them, unless they are there."""
    path = shelf.place(_adapter(archive.head, method)) / FILE
    try:
        if not path.exists():
            private_dir(path.parent)
            scratch = path.with_name(f".{FILE}.new")
            scratch.unlink(missing_ok=True)
            archive.copy(data_name(method), scratch)
            scratch.replace(path)
    except OSError as error:
        raise StateError("The lessons cannot be unpacked.", why=f"{path}: {reason(error)}") from error


def _pack_adapters(target: Path, head: Head, found: Sequence[Manifest], shelf: Shelf, job: Job) -> None:
    contents: dict[str, bytes | Path] = {}
    for manifest in found:
        for form in FORMS:
            try:
                form_of(shelf, manifest, form)
            except ConfigError as error:
                job.note(str(error))
        told: dict[str, Any] = {"base": manifest.base.model_copy(update={"name": head.base.name})}
        if manifest is found[0]:
            told["start"] = head.start
        contents[f"{manifest.name}/{MANIFEST}"] = manifest.model_copy(update=told).model_dump_json().encode()
        place = shelf.place(manifest.name)
        contents |= {f"{manifest.name}/{part}": place / part for part in PARTS if (place / part).is_file()}
    back = Head(
        kind="adapters",
        app_version=__version__,
        name=head.name,
        base=found[0].base.model_copy(update={"name": head.base.name}),
        start=head.start,
        adapters=tuple(manifest.name for manifest in found),
    )
    write_archive(target, back, contents)
