"""Which models there are by name: the embedded one, and any GGUF file or model folder by its path."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from reason_tui import assets
from reason_tui.assets import asset, expanded
from reason_tui.errors import ModelNotFoundError

EMBEDDED = assets.EMBEDDED
_SUFFIX = ".gguf"
_CONFIG, _WEIGHTS = "config.json", "model.safetensors"

Layout = Literal["gguf", "folder"]
"""One GGUF file, or a folder as Hugging Face lays it out."""


def find_model(name: str, layout: Layout = "gguf") -> Path:
    """The file or folder of the model called `name`: `embedded`, or the path of a GGUF file or of a model folder.

    `layout` decides which form of the embedded model is meant; what lies at a path is the backend's to judge.
    Raises ModelNotFoundError, with advice, for anything else.
    """
    if name == EMBEDDED:
        return embedded_model(layout)
    path = expanded(name)
    try:
        if path.is_file() or (path / _CONFIG).is_file():
            return path
        why = _why(name, path)
    except OSError as error:  # a name that is too long, or a folder that is closed to us
        why = f"{path}: {error.strerror or error}."
    raise ModelNotFoundError(f"There is no model {name!r}.", why=why, hint=_hint())


def embedded_model(layout: Layout = "gguf") -> Path:
    """The model that ships with the application. Raises ModelNotFoundError where it does not."""
    folder = asset("embedded")
    if layout == "folder":
        if all((folder / name).is_file() for name in (_CONFIG, _WEIGHTS)):
            return folder
        raise _no_embedded(f"{folder} should hold {_CONFIG} and {_WEIGHTS}.")
    files = sorted(folder.glob(f"*{_SUFFIX}"))
    if len(files) == 1:
        return files[0]
    found = ", ".join(file.name for file in files) or f"no {_SUFFIX} file"
    raise _no_embedded(f"{folder} should hold one {_SUFFIX} file, and has {found}.")


def known_models() -> list[str]:
    """The names that need no path, as far as their files are there."""
    try:
        embedded_model()
    except ModelNotFoundError:
        return []
    return [EMBEDDED]


def _why(name: str, path: Path) -> str:
    if path.is_dir():
        return f"It is a folder without {_CONFIG}."
    if path.suffix == _SUFFIX:
        return f"No file lies at {path.absolute()}."
    if name.count("/") == 1 and not name.startswith((".", "~", "/")):
        return "It reads like a repository on a model hub; models are not downloaded yet."
    return "It is neither a known name nor the path of a file."


def _hint() -> str:
    named = " or ".join(f"`{name}`" for name in known_models())
    path = f"the path of a {_SUFFIX} file or of a folder with {_CONFIG}"
    return f"Use {named}, or {path}." if named else f"Use {path}."


def _no_embedded(why: str) -> ModelNotFoundError:
    return ModelNotFoundError(
        "The embedded model cannot be found.", why=why, hint="Install the package again, or name a model of your own."
    )
