"""Which adapter a search uses: the promoted one where it belongs to the model, unless another is named."""

from __future__ import annotations

from pathlib import Path

from reason_tui.assets import expanded
from reason_tui.errors import ModelDamagedError, ModelNotFoundError, StateError
from reason_tui.learning.adapters.forms import form_of, is_there
from reason_tui.learning.adapters.manifest import Form, Manifest, check_base
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.models.loader import AUTO, choose_backend
from reason_tui.runs.folders import atomic_write, reason

BASE = "base"
"""The word for no adapter."""
_ONCE = "adapter"
"""In the folder of a job: what it began with."""
_FORMS: dict[str, Form] = {"hf": "peft", "mlx": "mlx"}


def chosen(state_dir: Path, model: str, wanted: str | None) -> Manifest | None:
    """The adapter called `wanted`; without a wish the promoted one, if it belongs to the model. None: the base alone.

    Raises AdapterNotFoundError, ModelDamagedError where the one that was asked for belongs to another model, and
    StateError where it is damaged.
    """
    shelf = Shelf(state_dir)
    name = shelf.promoted() if wanted is None else wanted
    if name is None or name == BASE:
        return None
    if wanted is not None:
        found = shelf.find(name)
        check_base(found, model)
        return found
    promoted = shelf.whole(name)
    try:
        if promoted is not None:
            check_base(promoted, model)
    except (ModelDamagedError, ModelNotFoundError):
        return None
    return promoted


def chosen_once(folder: Path | None, state_dir: Path, model: str, wanted: str | None) -> Manifest | None:
    """`chosen`, once for the job in this folder: it goes on with the same, whatever was promoted meanwhile.

    Raises what `chosen` raises, and StateError where the folder cannot be used.
    """
    if folder is None:
        return chosen(state_dir, model, wanted)
    path = folder / _ONCE
    try:
        if path.exists():
            return chosen(state_dir, model, path.read_text("utf-8"))
        found = chosen(state_dir, model, wanted)
        atomic_write(path, (BASE if found is None else found.name).encode())
    except OSError as error:
        raise StateError(f"{path} cannot be used.", why=reason(error)) from error
    return found


def adapter_path(state_dir: Path, model: str, backend: str, wanted: str | None) -> str | None:
    """Where the adapter lies in the form that the backend reads; `wanted` may be a path too, which is taken as it is.

    Raises what `chosen` and the conversion raise.
    """
    if wanted is not None and wanted != BASE and expanded(wanted).exists():
        return str(expanded(wanted))
    found = chosen(state_dir, model, wanted)
    return None if found is None else str(form_of(Shelf(state_dir), found, _form(model, backend)))


def to_convert(state_dir: Path, model: str, backend: str, wanted: str | None) -> tuple[str, Form] | None:
    """The adapter that `adapter_path` would convert, and to what; None where it would not. Raises what `chosen` raises.

    Converting needs libraries of some hundred megabytes, which stay in the process that did it.
    """
    if wanted is not None and wanted != BASE and expanded(wanted).exists():
        return None
    found, form = chosen(state_dir, model, wanted), _form(model, backend)
    return None if found is None or is_there(Shelf(state_dir), found, form) else (found.name, form)


def _form(model: str, backend: str) -> Form:
    return _FORMS.get(choose_backend(model) if backend == AUTO else backend, "gguf")
