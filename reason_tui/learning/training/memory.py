"""Can this machine train that model? Asked before anything is loaded."""

from __future__ import annotations

import os
from pathlib import Path

from reason_tui.errors import TrainingError
from reason_tui.learning.training.settings import TrainSettings

_GIB = 1024**3
_PER_WEIGHT = {"none": 4.0, "nf4": 0.6}
"""Bytes a parameter takes while training on CPU and MPS (single precision), or in NF4 with its scales."""
_REST = 1.15
"""The adapter, its gradients and two moments are about a tenth of the base at rank 32."""


def need_bytes(base: Path, settings: TrainSettings) -> int:
    """Memory of weights and adapter; the activations of a micro batch come on top. Files hold two bytes a weight."""
    stored = sum(file.stat().st_size for file in base.glob("*.safetensors"))
    return int(stored / 2 * _PER_WEIGHT[settings.quantise] * _REST)


def check_memory(base: Path, settings: TrainSettings, total: int | None = None) -> None:
    """Raises TrainingError where the weights alone exceed the machine's memory. Not asked of CUDA's."""
    if settings.device == "cuda" or settings.quantise == "nf4":
        return
    have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if total is None else total
    need = need_bytes(base, settings)
    if need > have:
        raise TrainingError(
            f"Training {base.name} needs at least {need / _GIB:.1f} GiB, and this machine has {have / _GIB:.1f} GiB.",
            why="On CPU and MPS weights are kept in single precision.",
            hint="Train a smaller model, or on a machine with CUDA: --quantise nf4 needs about a seventh of that.",
        )
