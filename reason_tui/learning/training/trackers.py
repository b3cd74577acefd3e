"""Trackers that a training may tell, by their names in Transformers. Asked before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from reason_tui.errors import ConfigError
from reason_tui.text import one_line

_MODULES: dict[str, tuple[str, ...]] = {
    "azure_ml": ("azureml",),
    "clearml": ("clearml",),
    "codecarbon": ("codecarbon",),
    "comet_ml": ("comet_ml",),
    "dagshub": ("dagshub",),
    "dvclive": ("dvclive",),
    "flyte": ("flytekit",),
    "kubeflow": ("kubeflow",),
    "mlflow": ("mlflow",),
    "neptune": ("neptune",),
    "swanlab": ("swanlab",),
    "tensorboard": ("tensorboard", "tensorboardX"),
    "trackio": ("trackio",),
    "wandb": ("wandb",),
}
"""Name → the modules of which one must be there."""


def check_trackers(names: Iterable[str]) -> None:
    """Raises ConfigError for a tracker that is unknown or not installed. Imports none of them."""
    for name in names:
        modules = _MODULES.get(name)
        if modules is None:
            raise ConfigError(
                f"There is no tracker `{one_line(name, 40)}` for --report-to.", why=f"Known are: {', '.join(_MODULES)}."
            )
        if not any(find_spec(module) for module in modules):
            raise ConfigError(
                f"The tracker {name} is not installed.",
                why=f"There is no module {' or '.join(modules)}.",
                hint="Install it beside reason_tui, or leave --report-to away: the curves are kept all the same.",
            )
