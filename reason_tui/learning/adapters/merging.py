"""An adapter merged into its base: a model folder like any other. Needs the extra `train`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from reason_tui.errors import ModelDamagedError, StateError, UsageError
from reason_tui.learning.adapters.weights import Lora, read_lora, save_weights
from reason_tui.runs.folders import reason

_KEPT = ("*.json", "*.jinja", "*.model", "*.txt", "LICENSE*")


def merge(adapter: Path, base: Path, target: Path) -> Path:
    """Write the model W + scale * B @ A into the new folder `target`, file by file, in the precision of the base.

    Raises UsageError where `target` is there, ModelDamagedError where the two do not fit, StateError where the disk
    refuses: then there is nothing.
    """
    if target.exists():
        raise UsageError(f"{target} is already there.", hint="Give the name of a folder that is not.")
    lora = read_lora(adapter)
    scratch = target.with_name(f"{target.name}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        scratch.mkdir(parents=True)
        used: set[str] = set()
        for file in sorted(base.glob("*.safetensors")):
            used |= _merge_file(file, scratch / file.name, lora)
        if missing := sorted(lora.down.keys() - used):
            why = f"The model has no module {missing[0]}."
            raise ModelDamagedError(f"{adapter} is no adapter for {base}.", why=why)
        for pattern in _KEPT:
            for file in base.glob(pattern):
                shutil.copyfile(file, scratch / file.name)
        scratch.rename(target)
    except OSError as error:
        what = f"The merged model {target} cannot be written."
        raise StateError(what, why=reason(error), hint="Free space there, or give another place.") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _merge_file(source: Path, target: Path, lora: Lora) -> set[str]:
    """One file of weights; the modules in it that the adapter changes."""
    tensors: dict[str, torch.Tensor] = {}
    used = set()
    with safe_open(source, framework="pt") as file:
        metadata: Any = file.metadata()
        for name in file.keys():  # noqa: SIM118 the file is no mapping
            weight, module = file.get_tensor(name), name.removesuffix(".weight")
            if module in lora.down:
                delta = lora.scale * lora.up[module] @ lora.down[module]
                if delta.shape != weight.shape:
                    why = f"{name} is {tuple(weight.shape)}, the adapter {tuple(delta.shape)}."
                    raise ModelDamagedError(f"The adapter does not fit {source.parent}.", why=why)
                weight = (weight.float() + delta).to(weight.dtype)
                used.add(module)
            tensors[name] = weight
    save_weights(tensors, target, metadata)
    return used
