"""Load a model by name: the one place that imports a backend.

A backend is a function `load(spec: ModelSpec) -> Policy` behind an entry point of the group `reason_tui.backends`;
the base backend is also known by its address, so that a checkout works without being installed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, cast

from pydantic import ValidationError

from reason_tui.errors import BackendError, ConfigError
from reason_tui.models.catalogue import find_model
from reason_tui.policy import ModelSpec, Policy

GROUP = "reason_tui.backends"
AUTO = "auto"
_BASE = "xllamacpp"
_BUILT_IN = {_BASE: "reason_tui_backends.xllamacpp:load"}

Load = Callable[[ModelSpec], Policy]


def load_policy(model: str, backend: str = AUTO, **options: Any) -> Policy:
    """The policy of `model` (a known name or a path), ready to sample.

    `options` are the other fields of ModelSpec. Raises ConfigError for an unknown backend or option,
    BackendError where the backend's package is missing, and what the catalogue and the backend raise.
    """
    load = _load_function(_BASE if backend == AUTO else backend)
    path = find_model(model)
    return load(_spec({"name": model, "path": path, **options}))


def backend_names() -> list[str]:
    """The backends that can be asked for by name, in alphabetical order."""
    return sorted(_addresses())


def _addresses() -> dict[str, str]:
    return {**_BUILT_IN, **{point.name: point.value for point in entry_points(group=GROUP)}}


def _load_function(backend: str) -> Load:
    address = _addresses().get(backend)
    if address is None:
        raise ConfigError(
            f"There is no backend {backend!r}.",
            why=f"Installed: {', '.join(backend_names())}.",
            hint=f"Use one of these, or `{AUTO}`.",
        )
    module, _, function = address.partition(":")
    try:
        return cast("Load", getattr(importlib.import_module(module), function))
    except ModuleNotFoundError as error:
        raise BackendError(
            f"The backend {backend!r} needs the package {error.name!r}.",
            why="It is not installed.",
            hint=f"pip install 'reason-tui[{backend}]'" if backend != _BASE else "Install reason-tui again.",
        ) from error


def _spec(fields: dict[str, Any]) -> ModelSpec:
    try:
        return ModelSpec.model_validate(fields)
    except ValidationError as error:
        problem = error.errors()[0]
        raise ConfigError(
            f"The model option {'.'.join(map(str, problem['loc']))!r} cannot be used.",
            why=str(problem["msg"]),
            hint=f"Options: {', '.join(sorted(ModelSpec.model_fields.keys() - {'name', 'path'}))}.",
        ) from error
