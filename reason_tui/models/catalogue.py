"""Which models there are by name: the embedded one, and any GGUF file by its path."""

from __future__ import annotations

from pathlib import Path

from reason_tui.assets import asset
from reason_tui.errors import ModelNotFoundError

EMBEDDED = "embedded"
_SUFFIX = ".gguf"


def find_model(name: str) -> Path:
    """The file of the model called `name`: `embedded`, or the path of a GGUF file.

    Raises ModelNotFoundError, with advice, for anything else. What is in the file is the backend's to judge.
    """
    if name == EMBEDDED:
        return embedded_model()
    path = Path(name).expanduser()
    if path.is_file():
        return path
    raise ModelNotFoundError(f"There is no model {name!r}.", why=_why(name, path), hint=_hint())


def embedded_model() -> Path:
    """The model that ships with the application. Raises ModelNotFoundError where it does not."""
    folder = asset("embedded")
    files = sorted(folder.glob(f"*{_SUFFIX}"))
    if len(files) == 1:
        return files[0]
    found = ", ".join(file.name for file in files) or f"no {_SUFFIX} file"
    raise ModelNotFoundError(
        "The embedded model cannot be found.",
        why=f"{folder} should hold one {_SUFFIX} file, and has {found}.",
        hint="Install the package again, or name a GGUF file of your own.",
    )


def known_models() -> list[str]:
    """The names that need no path, as far as their files are there."""
    try:
        embedded_model()
    except ModelNotFoundError:
        return []
    return [EMBEDDED]


def _why(name: str, path: Path) -> str:
    if path.is_dir():
        return "It is a folder; a GGUF model is one file."
    if path.suffix == _SUFFIX:
        return f"No file lies at {path.absolute()}."
    if name.count("/") == 1 and not name.startswith((".", "~", "/")):
        return "It reads like a repository on a model hub; models are not downloaded yet."
    return "It is neither a known name nor the path of a file."


def _hint() -> str:
    named = " or ".join(f"`{name}`" for name in known_models())
    return f"Use {named}, or the path of a {_SUFFIX} file." if named else f"Use the path of a {_SUFFIX} file."
