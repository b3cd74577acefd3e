"""A peft LoRA as a GGUF adapter for llama.cpp. Needs the extra `train` (gguf, torch)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import torch
from gguf import GGMLQuantizationType, GGUFWriter

from reason_tui.errors import ConfigError
from reason_tui.learning.adapters.weights import read_lora

_LAYER = re.compile(r"model\.layers\.(\d+)\.(.+)")
_MODULES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_ARCHITECTURES = {"qwen2": "qwen2", "qwen3": "qwen3", "llama": "llama", "mistral": "llama"}
"""model_type of config.json: the architecture as llama.cpp calls it."""
_TURNED = ("llama",)
"""Architectures whose rotary halves llama.cpp keeps interleaved: the rows of q and k change places."""


def write_gguf(adapter: Path, base: Path, target: Path) -> Path:
    """Convert the peft adapter for the model folder `base`; `target` is there whole or not at all.

    Raises ModelDamagedError for an adapter that cannot be read, ConfigError for an unknown kind of base.
    """
    config = json.loads((base / "config.json").read_bytes())
    architecture = _ARCHITECTURES.get(str(config.get("model_type")))
    if architecture is None:
        raise ConfigError(
            f"Adapters of a `{config.get('model_type')}` model cannot be made into GGUF here.",
            why=f"Known are: {', '.join(_ARCHITECTURES)}.",
            hint="Use the adapter with the backend hf, or merge it: reason-tui adapters merge",
        )
    lora = read_lora(adapter)
    heads = int(config["num_attention_heads"])
    kv_heads = int(config.get("num_key_value_heads") or heads)
    scratch = target.with_name(f"{target.name}.new")
    writer = GGUFWriter(scratch, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", lora.alpha)
    for module in sorted(lora.down):
        name = gguf_name(module)
        up = lora.up[module]
        if architecture in _TURNED and module.endswith(("q_proj", "k_proj")):
            up = _interleaved(up, heads if module.endswith("q_proj") else kv_heads)
        _add(writer, f"{name}.lora_a", lora.down[module])
        _add(writer, f"{name}.lora_b", up)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    scratch.replace(target)
    return target


def gguf_name(module: str) -> str:
    """`model.layers.0.mlp.up_proj` → `blk.0.ffn_up.weight`. Raises ConfigError for a module without a name there."""
    match = _LAYER.fullmatch(module)
    known = _MODULES.get(match[2]) if match else None
    if match is None or known is None:
        raise ConfigError(f"llama.cpp has no adapter for the module {module}.", hint="Merge the adapter instead.")
    return f"blk.{match[1]}.{known}.weight"


def _interleaved(up: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows (head, half, i) → (head, i, half)."""
    rows, rank = up.shape
    return up.reshape(heads, 2, rows // heads // 2, rank).swapaxes(1, 2).reshape(rows, rank)


def _add(writer: GGUFWriter, name: str, tensor: torch.Tensor) -> None:
    writer.add_tensor(name, tensor.contiguous().numpy(), raw_dtype=GGMLQuantizationType.F32)
