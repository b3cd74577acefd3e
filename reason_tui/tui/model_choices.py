"""What one can switch to: models, backends, presets, and why some of them cannot be used here. No Textual here."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from reason_tui import assets
from reason_tui.assets import expanded
from reason_tui.config import presets
from reason_tui.engine.protocol import EngineSettings
from reason_tui.errors import ConfigError, ReasonTuiError
from reason_tui.models.catalogue import find_model, known_models
from reason_tui.models.loader import AUTO, choose_backend, known_backends, missing_packages
from reason_tui.runs.folders import reason
from reason_tui.search.events import SearchSettings
from reason_tui.tui.glyphs import size

What = Literal["model", "backend", "preset"]


@dataclass(frozen=True)
class Choice:
    """One of them. `why`: why it cannot be used. The two dicts are the settings that it changes."""

    what: What
    name: str
    words: str = ""
    why: str = ""
    engine: dict[str, Any] = field(default_factory=dict)
    search: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Names it in a list."""
        return f"{self.what} {self.name}"


def choices(now: EngineSettings) -> list[Choice]:
    """Everything that needs no path, and the model that is loaded. Reads files, imports no backend."""
    names = dict.fromkeys([*known_models(), now.model])
    backends = (AUTO, *known_backends())
    return [
        *(by_name(name) for name in names),
        *(_backend(name, now) for name in backends),
        *(_preset(name) for name in presets()),
    ]


def by_name(name: str) -> Choice:
    """The model of this name or path."""
    try:
        path = find_model(name)
    except ReasonTuiError as error:
        return Choice("model", name, why=str(error))
    try:
        files = [path] if path.is_file() else path.glob("*.safetensors")
        many = sum(each.stat().st_size for each in files)
    except OSError as error:
        return Choice("model", name, why=f"{path} cannot be read.\n{reason(error)}")
    where = str(expanded(name)) if name.startswith("~") else name
    return Choice("model", name, f"{size(many / 2**20)} on disk", engine={"model": where, "backend": AUTO})


def _backend(name: str, now: EngineSettings) -> Choice:
    if name == AUTO:
        return Choice("backend", name, f"here {choose_backend(now.model)}", engine={"backend": name})
    missing = missing_packages(name)
    why = f"The backend {name} needs {', '.join(missing)}: pip install 'reason-tui[{name}]'" if missing else ""
    return Choice("backend", name, f"needs {', '.join(missing)}" if missing else "installed", why, {"backend": name})


def _preset(name: str) -> Choice:
    try:
        values = tomllib.loads(assets.preset(name).read_text("utf-8"))
    except (OSError, ValueError) as error:
        return Choice("preset", name, why=f"The preset {name} cannot be read: {error}.")
    words = ", ".join(f"{key} {value}" for key, value in values.items())
    engine = {key: value for key, value in values.items() if key in EngineSettings.model_fields}
    search = {key: value for key, value in values.items() if key in SearchSettings.model_fields}
    return Choice("preset", name, words, engine=engine, search=search)


def changed(choice: Choice, now: EngineSettings) -> EngineSettings:
    """The engine's settings with this choice, the adapter as it was. Raises ConfigError."""
    try:
        return EngineSettings.model_validate(now.model_dump() | choice.engine)
    except ValidationError as error:
        raise ConfigError(f"{choice.id} cannot be used.", why=f"{error.errors()[0]['msg']}.") from error


def applied(choice: Choice, now: EngineSettings, adapter: str | None) -> EngineSettings:
    """The engine's settings with this choice, its adapter as `adapter` wishes it (see `adapter_path`). May block.

    Raises ConfigError, ModelNotFoundError and what the adapter raises.
    """
    wanted = changed(choice, now)
    find_model(wanted.model)
    return wanted.model_copy(update={"adapter": _adapter(wanted, adapter)})


def _adapter(engine: EngineSettings, name: str | None) -> str | None:
    """Where the adapter lies in the form that the backend reads; converted by a process of its own where it must be."""
    from reason_tui.learning.adapters.use import adapter_path, to_convert  # not needed to draw the first frame

    where = (Path(engine.state_dir), engine.model, engine.backend, name)
    waiting = to_convert(*where)
    if waiting is not None:
        command = ("adapters", "convert", waiting[0], "--to", waiting[1], "--state-dir", engine.state_dir)
        done = subprocess.run(
            (sys.executable, "-P", "-m", "reason_tui", *command),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise ConfigError(f"The adapter {waiting[0]} cannot be converted.", why=done.stderr.strip()[-1000:])
    return adapter_path(*where)
