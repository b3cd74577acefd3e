"""Options of a ModelSpec that a backend does not have are refused, not passed over."""

from __future__ import annotations

from reason_tui.errors import ConfigError
from reason_tui.policy import ModelSpec

_OPTIONS = ("device", "dtype", "quantise", "serial", "gpu_layers")


def refuse_others(spec: ModelSpec, backend: str, known: frozenset[str]) -> None:
    """Raises ConfigError for an option that is set and not among the `known`."""
    for name in _OPTIONS:
        value = getattr(spec, name)
        if name not in known and value != ModelSpec.model_fields[name].default:
            raise ConfigError(
                f"The backend {backend!r} has no option {name!r}.",
                why=f"{name} = {value!r} was asked for.",
                hint="Leave it out, or use another backend.",
            )
