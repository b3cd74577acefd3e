"""LoRA adapters in the format of peft: put into a loaded model, and taken out again, without loading it anew."""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import reason_tui_backends._offline  # noqa: F401 # isort: skip - before the libraries below
import peft
import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from reason_tui_backends._model_folder import read_object
from reason_tui_backends._safetensors import TensorInfo, read_tensors

from reason_tui.errors import ModelDamagedError, ModelNotFoundError

_WEIGHTS = "adapter_model.safetensors"
_MATRIX = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])\.weight")


def put_adapter(model: Any, adapter: Path) -> None:
    """Replace the model's adapter by this one.

    Raises ModelNotFoundError where the folder is missing, ModelDamagedError where it is damaged or of another base;
    both are found before anything of the model is touched.
    """
    if not adapter.is_dir():
        raise ModelNotFoundError(
            f"There is no adapter at {adapter}.", why="An adapter of peft is a folder.", hint="Check the path."
        )
    config = read_object(adapter / "adapter_config.json")
    if config.get("peft_type") != "LORA":
        raise _unfit(adapter, f"Its peft_type is {config.get('peft_type')!r}.", "Use a LoRA as peft writes it.")
    _check(adapter, read_tensors(adapter / _WEIGHTS), _sizes(model))
    kept, four_bit = _lora_modules(model), _four_bit(model)
    strip_adapter(model)
    try:
        with warnings.catch_warnings(action="ignore"):  # of deprecated names between the libraries
            peft.PeftModel.from_pretrained(model, str(adapter), local_files_only=True).eval()
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        strip_adapter(model)
        for name, module in kept.items():
            model.set_submodule(name, module)
        raise _unfit(adapter, str(error).strip().splitlines()[0], "Train or convert it again.") from error
    finally:
        for module, weight, state in four_bit:
            module.weight.data, module.weight.quant_state, module.quant_state = weight, state, state


def strip_adapter(model: Any) -> None:
    """Put the base's own modules back in their places."""
    for name, module in _lora_modules(model).items():
        model.set_submodule(name, module.get_base_layer())
    for attribute in ("peft_config", "_hf_peft_config_loaded"):
        if attribute in vars(model):
            delattr(model, attribute)


def _lora_modules(model: Any) -> dict[str, Any]:
    return {name: module for name, module in model.named_modules() if isinstance(module, BaseTunerLayer)}


def _four_bit(model: Any) -> list[tuple[Any, Any, Any]]:
    """The 4-bit modules with their weights as they are.

    peft asks for the model's state_dict, for which bitsandbytes packs weights for the CPU out again, with a loss.
    """
    weights: list[tuple[Any, Any]] = [(module, getattr(module, "weight", None)) for module in model.modules()]
    return [(m, w.data, copy.copy(w.quant_state)) for m, w in weights if getattr(w, "quant_state", None) is not None]


def _sizes(model: Any) -> dict[str, tuple[int, int]]:
    """Inputs and outputs of the base's linear modules, by the names they have without an adapter."""
    return {
        name.replace(".base_layer", ""): (module.in_features, module.out_features)
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and ".lora_" not in name
    }


def _check(adapter: Path, tensors: Mapping[str, TensorInfo], sizes: Mapping[str, tuple[int, int]]) -> None:
    hint = "Use an adapter that was trained for this model."
    if not tensors:
        raise _unfit(adapter, f"{_WEIGHTS} holds no tensors.", hint)
    for name, tensor in tensors.items():
        match = _MATRIX.fullmatch(name)
        size = sizes.get(match["module"]) if match else None
        if match is None or size is None:
            raise _unfit(adapter, f"The model has no module for its tensor {name}.", hint)
        wanted = size[0] if match["side"] == "A" else size[1]
        found = tensor.shape[-1 if match["side"] == "A" else 0] if len(tensor.shape) == 2 else 0
        if found != wanted:
            raise _unfit(adapter, f"{name} has the shape {tensor.shape}, and the model's side is {wanted}.", hint)


def _unfit(adapter: Path, why: str, hint: str) -> ModelDamagedError:
    return ModelDamagedError(f"{adapter} is no adapter for this model.", why=why, hint=hint)
