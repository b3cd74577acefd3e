"""LoRA adapters as mlx-lm writes them: put into a loaded model, and taken out again, without loading it anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlx.utils import tree_unflatten
from mlx_lm.tuner.dora import DoRAEmbedding, DoRALinear
from mlx_lm.tuner.lora import LoRAEmbedding, LoRALinear, LoRASwitchLinear
from mlx_lm.tuner.utils import load_adapters
from reason_tui_backends._model_folder import read_object
from reason_tui_backends._safetensors import read_tensors

from reason_tui.errors import ModelDamagedError, ModelNotFoundError
from reason_tui.text import one_line

_WEIGHTS = "adapters.safetensors"


def put_adapter(model: Any, adapter: Path) -> None:
    """Replace the model's adapter by this one.

    Raises ModelNotFoundError where the folder is missing, ModelDamagedError where it is damaged or of another base;
    the model then keeps the adapter it had.
    """
    if not adapter.is_dir():
        raise ModelNotFoundError(
            f"There is no adapter at {adapter}.", why="An adapter of mlx-lm is a folder.", hint="Check the path."
        )
    if (kind := read_object(adapter / "adapter_config.json").get("fine_tune_type", "lora")) not in ("lora", "dora"):
        raise _unfit(adapter, f"Its fine_tune_type is {kind!r}, which cannot be taken off again.")
    if not read_tensors(adapter / _WEIGHTS):
        raise _unfit(adapter, f"{_WEIGHTS} holds no tensors.")
    kept = _adapted(model)
    strip_adapter(model)
    try:
        load_adapters(model, str(adapter)).eval()
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        strip_adapter(model)
        model.update_modules(tree_unflatten(list(kept.items())))
        raise _unfit(adapter, one_line(str(error), 200)) from error


def strip_adapter(model: Any) -> None:
    """Put the base's own modules back in their places."""
    plain = [(name, getattr(module, "linear", None) or module.embedding) for name, module in _adapted(model).items()]
    if plain:
        model.update_modules(tree_unflatten(plain))


def _adapted(model: Any) -> dict[str, Any]:
    kinds = (LoRALinear, LoRAEmbedding, LoRASwitchLinear, DoRALinear, DoRAEmbedding)
    return {name: module for name, module in model.named_modules() if isinstance(module, kinds)}


def _unfit(adapter: Path, why: str) -> ModelDamagedError:
    return ModelDamagedError(
        f"{adapter} is no adapter for this model.", why=why, hint="Use one that was trained for this model."
    )
