"""The matrices of a peft LoRA: read, checked, stacked. Needs the extra `train` (safetensors, torch)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from reason_tui.errors import ModelDamagedError

_NAME = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])\.weight")
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


@dataclass(frozen=True)
class Lora:
    """`down[m]` is A (rank x inputs) and `up[m]` is B (outputs x rank) of module m; delta = scale * B @ A."""

    rank: int
    alpha: float
    down: dict[str, torch.Tensor]
    up: dict[str, torch.Tensor]

    @property
    def scale(self) -> float:
        """alpha / rank."""
        return self.alpha / self.rank


def read_lora(folder: Path) -> Lora:
    """The adapter in this folder. Raises ModelDamagedError, also for kinds of LoRA that cannot be converted."""
    try:
        config: dict[str, Any] = json.loads((folder / CONFIG).read_bytes())
        tensors = load_file(folder / WEIGHTS)
        rank, alpha = int(config["r"]), float(config["lora_alpha"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelDamagedError(f"The adapter in {folder} cannot be read.", why=f"{error}.") from error
    for name in ("use_dora", "use_rslora", "rank_pattern", "alpha_pattern", "modules_to_save"):
        if config.get(name):
            raise _unfit(folder, f"It uses {name}, which this version does not convert.")
    down: dict[str, torch.Tensor] = {}
    up: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        match = _NAME.fullmatch(name)
        if match is None:
            raise _unfit(folder, f"Its tensor {name} is no LoRA of a linear module.")
        (down if match["side"] == "A" else up)[match["module"]] = tensor.float()
    if not down or down.keys() != up.keys():
        raise _unfit(folder, "Its matrices do not come in pairs.")
    return Lora(rank, alpha, down, up)


def save_weights(tensors: dict[str, torch.Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    """Write a file of safetensors. Raises OSError, also where the library calls that otherwise (a full disk)."""
    try:
        save_file(tensors, path, metadata)
    except SafetensorError as error:
        raise OSError(f"{error}") from error


def _unfit(folder: Path, why: str) -> ModelDamagedError:
    return ModelDamagedError(f"The adapter in {folder} cannot be converted.", why=why, hint="Merge it instead.")
