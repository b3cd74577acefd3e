"""Where files are: those that ship with the application (the embedded model, its tasks, the presets), and those that
a person names.

In a checkout (and an editable install) they are the repository's own `assets/` and `configs/`; in a
wheel they lie under `reason_tui/_data/`.
"""

from __future__ import annotations

import os
from pathlib import Path

from reason_tui.errors import ReasonTuiError

EMBEDDED = "embedded"
"""What the model and the tasks that ship are called, and the folder they are in."""
_PACKAGE = Path(__file__).resolve().parent


def data_root() -> Path:
    """The folder that holds `assets/` and `configs/`."""
    for root in (_PACKAGE / "_data", _PACKAGE.parent):
        if (root / "assets").is_dir():
            return root
    raise ReasonTuiError(
        "The files that ship with reason_tui are missing.",
        why=f"Neither {_PACKAGE / '_data'} nor {_PACKAGE.parent} has a folder `assets`.",
        hint="Install the package again.",
    )


def asset(name: str) -> Path:
    """The path of `assets/<name>`, whether or not it exists."""
    return data_root() / "assets" / name


def preset(name: str) -> Path:
    """The path of the preset `configs/<name>.toml`, whether or not it exists."""
    return data_root() / "configs" / f"{name}.toml"


def expanded(text: str) -> Path:
    """The path that a person wrote; `~` is their home, and `~name` stays as it is where there is no such user."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser raises RuntimeError for that user
