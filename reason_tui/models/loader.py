"""Load a model by name: the one place that imports a backend.

A backend is a function `load(spec: ModelSpec) -> Policy` behind an entry point of the group `reason_tui.backends`;
our own are also known by their addresses, so that a checkout works without being installed. A module with
`READS = "folder"` beside that function is given the embedded model as a folder, others are given the GGUF file. One
with a function `forecast(spec: ModelSpec) -> Forecast` can say beforehand how much memory a model takes.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from pydantic import ValidationError

from reason_tui.assets import expanded
from reason_tui.errors import BackendError, ConfigError
from reason_tui.models.catalogue import EMBEDDED, Layout, find_model
from reason_tui.policy import Forecast, ModelSpec, Policy
from reason_tui.text import one_line

GROUP = "reason_tui.backends"
AUTO = "auto"
_BASE = "xllamacpp"
_FAST = "llama-cpp"
_BUILT_IN = {name: f"reason_tui_backends.{name.replace('-', '_')}:load" for name in ("hf", _FAST, "mlx", _BASE)}
_NEEDS = {
    "hf": ("torch", "transformers", "peft", "accelerate"),
    "mlx": ("mlx.core", "mlx_lm"),
    _FAST: ("llama_cpp", "numpy"),
}
_INSTALL = {
    _BASE: "Install reason-tui again.",
    _FAST: f"pip install 'reason-tui[{_FAST}]' builds it (minutes); in a checkout `make llama-cpp` does it sooner.",
}

Load = Callable[[ModelSpec], Policy]


def load_policy(model: str, backend: str = AUTO, *, adapter: str | None = None, **options: Any) -> Policy:
    """The policy of `model` (a known name or a path), ready to sample, with the adapter at this path.

    `options` are the other fields of ModelSpec. Raises ConfigError for an unknown backend or option,
    BackendError where the backend's package is missing, and what the catalogue and the backend raise.
    """
    _, load, spec = _prepared(model, backend, options)
    policy = load(spec)
    if adapter is not None:
        try:
            policy.load_adapter(expanded(adapter))
        except BaseException:
            policy.close()
            raise
    return policy


def forecast_memory(model: str, backend: str = AUTO, *, adapter: str | None = None, **options: Any) -> Forecast | None:
    """What `load_policy` would take of memory, None where the backend cannot tell. Raises as that does."""
    module, _, spec = _prepared(model, backend, options)
    predict = cast("Callable[[ModelSpec], Forecast] | None", getattr(module, "forecast", None))
    return None if predict is None else predict(spec)


def _prepared(model: str, backend: str, options: dict[str, Any]) -> tuple[ModuleType, Load, ModelSpec]:
    module, load = _backend(choose_backend(model) if backend == AUTO else backend)
    path = find_model(model, cast("Layout", getattr(module, "READS", "gguf")))
    return module, load, _spec({"name": model, "path": path, **options})


def choose_backend(model: str) -> str:
    """What `auto` means.

    For a folder `mlx` on a Mac that has it, else `hf`; for anything else `llama-cpp` where it is installed, else the
    base backend.
    """
    if model == EMBEDDED or not os.path.isdir(expanded(model)):  # noqa: PTH112 - Path.is_dir raises for some names
        return _BASE if missing_packages(_FAST) else _FAST
    return "mlx" if sys.platform == "darwin" and missing_packages("mlx") == () else "hf"


def backend_names() -> list[str]:
    """The backends that are installed, in alphabetical order."""
    return [name for name in known_backends() if not missing_packages(name)]


def known_backends() -> list[str]:
    """The backends that have a name, installed or not, in alphabetical order."""
    return sorted(_addresses())


def missing_packages(backend: str) -> tuple[str, ...]:
    """What is not installed of the packages that one of our own backends needs. Imports none of them."""
    return tuple(name for name in _NEEDS.get(backend, ()) if not _found(name))


def _found(package: str) -> bool:
    try:
        found = find_spec(package)
    except ModuleNotFoundError:  # the package around it is missing
        return False
    return found is not None and (package != "llama_cpp" or _has_library(found))


def _has_library(package: ModuleSpec) -> bool:
    """Whether llama-cpp-python was built with llama.cpp: it can be installed without (`make llama-cpp` adds it)."""
    named = os.environ.get("LLAMA_CPP_LIB_PATH")
    folders = [Path(named)] if named else [Path(at) / "lib" for at in package.submodule_search_locations or ()]
    return any(next(folder.glob("*llama.*"), None) for folder in folders)


def _addresses() -> dict[str, str]:
    return {**_BUILT_IN, **{point.name: point.value for point in entry_points(group=GROUP)}}


def _backend(backend: str) -> tuple[ModuleType, Load]:
    address = _addresses().get(backend)
    if address is None:
        raise ConfigError(
            f"There is no backend {backend!r}.",
            why=f"Installed: {', '.join(backend_names())}.",
            hint=f"Use one of these, or `{AUTO}`.",
        )
    if missing := missing_packages(backend):
        raise _not_installed(backend, missing[0])
    name, _, function = address.partition(":")
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise _not_installed(backend, error.name or name) from error
    except (ImportError, OSError) as error:  # a library of the system is missing, or two packages do not fit together
        raise BackendError(
            f"The backend {backend!r} is installed, and cannot be started.",
            why=one_line(str(error), 300),
            hint=f"Install its packages again: {_installation(backend)}",
        ) from error
    return module, cast("Load", getattr(module, function))


def _not_installed(backend: str, package: str) -> BackendError:
    return BackendError(
        f"The backend {backend!r} needs the package {package!r}.",
        why="It is not installed.",
        hint=_installation(backend),
    )


def _installation(backend: str) -> str:
    return _INSTALL.get(backend, f"pip install 'reason-tui[{backend}]'")


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
