"""An adapter in the form that a backend reads, converted when it is first asked for."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from reason_tui.errors import ConfigError, StateError
from reason_tui.learning.adapters.manifest import Form, Manifest, base_folder, check_base
from reason_tui.learning.adapters.shelf import PEFT, Shelf
from reason_tui.policy import Policy
from reason_tui.runs.folders import private_dir, reason
from reason_tui.runs.locks import alone

_PLACES: dict[Form, str] = {"peft": PEFT, "gguf": "gguf/adapter.gguf", "mlx": "mlx"}
NEEDED = ("torch", "transformers", "peft", "trl", "datasets", "accelerate", "gguf")


def require_train() -> None:
    """Raises ConfigError where the extra `train` is not installed. Imports nothing of it."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"This needs the package {missing[0]!r}.",
            why="Training comes with an extra that is not installed.",
            hint="pip install 'reason-tui[train]'",
        )


def is_there(shelf: Shelf, manifest: Manifest, form: Form) -> bool:
    """Whether the adapter is in this form already."""
    return (shelf.place(manifest.name) / _PLACES[form]).exists()


def form_of(shelf: Shelf, manifest: Manifest, form: Form) -> Path:
    """Where the adapter is in this form, converted if it was not yet. Raises ConfigError, ModelDamagedError."""
    path = shelf.place(manifest.name) / _PLACES[form]
    if form == "peft" or path.exists():
        return path
    require_train()
    try:
        private_dir(path.parent)
        with alone(path.parent / ".converting"):
            return path if path.exists() else _convert(shelf, manifest, form, path)
    except OSError as error:
        raise StateError(f"The adapter {manifest.name} cannot be converted.", why=reason(error)) from error


def _convert(shelf: Shelf, manifest: Manifest, form: Form, path: Path) -> Path:
    source, base = shelf.place(manifest.name) / PEFT, base_folder(manifest.base.name)
    check_base(manifest, manifest.base.name)
    if form == "gguf":
        from reason_tui.learning.adapters.convert_gguf import write_gguf

        return write_gguf(source, base, path)
    from reason_tui.learning.adapters.convert_mlx import write_mlx

    return write_mlx(source, base, path)


def put_on(policy: Policy, shelf: Shelf, manifest: Manifest | None, model: str) -> None:
    """Let the policy of `model` use this adapter, or none.

    Raises ModelDamagedError where it belongs to another base, ConfigError where the backend takes no adapters.
    """
    if manifest is None:
        policy.load_adapter(None)
        return
    check_base(manifest, model)
    if policy.info.adapter_format is None:
        raise ConfigError(f"The backend {policy.info.backend} takes no adapters.", hint="Merge it, or use another.")
    policy.load_adapter(form_of(shelf, manifest, policy.info.adapter_format))
