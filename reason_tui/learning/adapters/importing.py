"""Adapters from elsewhere: onto the shelf whole, or not at all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from reason_tui import __version__
from reason_tui.errors import StateError, UsageError
from reason_tui.learning.adapters.manifest import Form, Manifest, base_of, check_base
from reason_tui.learning.adapters.shelf import MANIFEST, PEFT, Shelf, check_name
from reason_tui.learning.archives import Archive, open_archive
from reason_tui.learning.training.dataset import EARLIER, FILE
from reason_tui.runs.folders import arriving, atomic_write, private_dir, reason

WEIGHTS = ("adapter_config.json", "adapter_model.safetensors")
FORMS: dict[Form, tuple[str, ...]] = {
    "gguf": ("gguf/adapter.gguf",),
    "mlx": ("mlx/adapters.safetensors", "mlx/adapter_config.json"),
}
_PEFT = tuple(f"{PEFT}/{name}" for name in WEIGHTS)
PARTS = (FILE, EARLIER, "curves.jsonl", *_PEFT, *(name for names in FORMS.values() for name in names))
"""What an archive holds of an adapter beside its manifest; of curves and converted forms what there is."""

Copy = Callable[[Path], object]
"""Writes one file to the path it is given."""


def put_on_shelf(shelf: Shelf, manifest: Manifest, files: dict[str, Copy]) -> Manifest:
    """Take in an adapter and the files in its folder, by their names there.

    Raises UsageError for a name that cannot be used or is taken, StateError where the disk refuses.
    """
    place = shelf.place(check_name(manifest.name))
    if place.exists():
        raise UsageError(
            f"The name {manifest.name} cannot be used.",
            why="There is an adapter of that name, or a training that is not finished.",
            hint="Give another one: --name",
        )
    try:
        with arriving(place) as folder:
            for name, copy in files.items():
                private_dir((folder / name).parent)
                copy(folder / name)
            content = manifest.model_dump_json(indent=1).encode("ascii", "backslashreplace")
            atomic_write(folder / MANIFEST, content)
    except OSError as error:
        raise StateError(f"The adapter {manifest.name} cannot be saved.", why=reason(error)) from error
    return manifest


def import_folder(shelf: Shelf, folder: Path, model: str, name: str | None) -> Manifest:
    """Take in a folder that peft wrote, or one of a shelf; it belongs to `model`.

    Raises UsageError where there is no adapter in it, ModelDamagedError where it says that it belongs to another model,
    and what `put_on_shelf` raises.
    """
    ours = (folder / MANIFEST).is_file()
    source = folder / PEFT if ours else folder
    if not all((source / file).is_file() for file in WEIGHTS):
        raise UsageError(f"{folder} holds no adapter.", why=f"It should have {' and '.join(WEIGHTS)}.")
    known = shelf.read(folder) if ours else None
    if known is not None:
        check_base(known, model)
    manifest = known or Manifest(
        name=shelf.new_name("imported"), base=base_of(model), created_at=time.time(), app_version=__version__
    )
    files: dict[str, Copy] = {f"{PEFT}/{file}": partial(shutil.copyfile, source / file) for file in WEIGHTS}
    return put_on_shelf(shelf, manifest.model_copy(update={"name": name or manifest.name}), files)


def take_back(path: Path, model: str, shelf: Shelf, name: str | None = None) -> list[Manifest]:
    """The adapters of an archive onto the shelf, in the order of their training; those that are there stay as they are.

    All of them are looked at before the first is taken in. `name` is for an archive of one. Raises UsageError for an
    archive that is damaged or none, ModelDamagedError where they belong to another model, StateError.
    """
    with open_archive(path, "adapters") as archive:
        names = archive.head.adapters
        if name is not None and len(names) != 1:
            raise UsageError(f"{path} holds {len(names)} adapters.", hint="Take them in without --name.")
        found = [_proved(archive, each, model) for each in names]
        kept = []
        for each, proved in zip(names, found, strict=True):
            manifest = proved.model_copy(update={"name": name or each})
            kept.append(manifest)
            if not _is_there(shelf, manifest):
                parts = [part for part in PARTS if archive.has(f"{each}/{part}")]
                put_on_shelf(shelf, manifest, {part: partial(archive.copy, f"{each}/{part}") for part in parts})
    return kept


def _proved(archive: Archive, name: str, model: str) -> Manifest:
    manifest = manifest_in(archive, f"{name}/{MANIFEST}")
    whole = manifest.name == name and all(archive.has(f"{name}/{part}") for part in (FILE, *_PEFT))
    if not whole or archive.head.files[f"{name}/{FILE}"].sha256 != manifest.data_sha256:
        raise UsageError(
            f"{archive.path} is damaged.",
            why=f"The adapter {name} in it is not whole, or was trained on other lessons than it says.",
            hint="Have it made again: learn train-bundle",
        )
    check_base(manifest, model)
    return manifest


def _is_there(shelf: Shelf, manifest: Manifest) -> bool:
    place = shelf.place(manifest.name)
    if not (place / MANIFEST).exists():
        return False
    known = shelf.read(place)
    return (known.data_sha256, known.settings) == (manifest.data_sha256, manifest.settings)


def manifest_in(archive: Archive, name: str) -> Manifest:
    """The manifest in this file of the archive. Raises UsageError."""
    try:
        return Manifest.model_validate_json(archive.read(name))
    except ValidationError as error:
        why = f"{name}: {error.errors()[0]['msg']}."
        raise UsageError(f"{archive.path} cannot be used.", why=why, hint="Have it made again.") from None
