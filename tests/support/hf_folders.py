"""Write model folders as Hugging Face lays them out, and adapters for them, without any library.

`tiny_folder` is the model of `gguf_files.tiny_model`, weight for weight.
"""

from __future__ import annotations

import json
import random
import struct
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from support.gguf_files import CHATML, F32, SPECIAL, Tensor, tiny_tensors

_NAMES = {
    "token_embd": "model.embed_tokens",
    "output": "lm_head",
    "output_norm": "model.norm",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def tiny_folder(
    path: Path, *, width: int = 128, layers: int = 3, context: int = 2048, seed: int = 1, template: str = CHATML
) -> Path:
    """The folder of a random Qwen2 over single bytes."""
    path.mkdir(parents=True)
    tokens, tensors = tiny_tensors(width=width, layers=layers, seed=seed)
    end = len(tokens) - 1
    write_json(path / "config.json", _config(len(tokens), width, layers, context))
    write_json(path / "tokenizer.json", _tokenizer(tokens))
    write_json(
        path / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": tokens[end],
            "pad_token": tokens[end - 2],
            "chat_template": template,
            "clean_up_tokenization_spaces": False,
        },
    )
    write_safetensors(path / "model.safetensors", {_name(tensor.name): tensor for tensor in tensors})
    return path


def random_peft(path: Path, model: Path, *, scale: float = 1.0, seed: int = 2) -> Path:
    """A rank-4 LoRA for peft on the feed-forward outputs of `model`: big enough to change whatever it says."""
    path.mkdir(parents=True, exist_ok=True)
    name = "base_model.model.model.layers.{}.mlp.down_proj.lora_{}.weight"
    tensors = _random_lora(model, scale, seed, lambda layer, side: name.format(layer, side.upper()), transposed=False)
    write_safetensors(path / "adapter_model.safetensors", tensors)
    config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 4, "lora_alpha": 8, "target_modules": ["down_proj"]}
    write_json(path / "adapter_config.json", config)
    return path


def random_mlx(path: Path, model: Path, *, scale: float = 1.0, seed: int = 2) -> Path:
    """The same adapter as `random_peft` makes, as mlx-lm writes it."""
    path.mkdir(parents=True, exist_ok=True)
    name = "model.layers.{}.mlp.down_proj.lora_{}"
    write_safetensors(path / "adapters.safetensors", _random_lora(model, scale, seed, name.format, transposed=True))
    lora = {"rank": 4, "scale": 2.0, "dropout": 0.0, "keys": ["mlp.down_proj"]}
    layers = json.loads((model / "config.json").read_text())["num_hidden_layers"]
    write_json(path / "adapter_config.json", {"fine_tune_type": "lora", "num_layers": layers, "lora_parameters": lora})
    return path


def write_safetensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """One safetensors file; shapes are turned round from GGUF's order."""
    head: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = bytearray()
    for name, tensor in tensors.items():
        data = tensor.data.tobytes() if tensor.kind == F32 else struct.pack(f"<{len(tensor.data)}e", *tensor.data)
        dtype = "F32" if tensor.kind == F32 else "F16"
        offsets = [len(body), len(body) + len(data)]
        head[name] = {"dtype": dtype, "shape": list(reversed(tensor.shape)), "data_offsets": offsets}
        body += data
    encoded = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + body)


def write_json(path: Path, value: Any) -> None:
    """One JSON file."""
    path.write_text(json.dumps(value), "utf-8")


def _random_lora(
    model: Path, scale: float, seed: int, name: Callable[[int, str], str], *, transposed: bool
) -> dict[str, Tensor]:
    rng, rank = random.Random(seed), 4
    config = json.loads((model / "config.json").read_text())
    inputs, outputs = config["intermediate_size"], config["hidden_size"]
    tensors = {}
    for layer in range(config["num_hidden_layers"]):
        for side, rows, columns in (("a", rank, inputs), ("b", outputs, rank)):
            values = [rng.gauss(0, scale) for _ in range(rows * columns)]
            if transposed:
                values = [values[row * columns + column] for column in range(columns) for row in range(rows)]
            shape = (rows, columns) if transposed else (columns, rows)
            tensors[name(layer, side)] = Tensor(name(layer, side), shape, array("f", values))
    return tensors


def _name(gguf: str) -> str:
    parts = gguf.split(".")
    if parts[0] == "blk":
        return f"model.layers.{parts[1]}.{_NAMES[parts[2]]}.{parts[3]}"
    return f"{_NAMES[parts[0]]}.{parts[1]}"


def _config(vocabulary: int, width: int, layers: int, context: int) -> dict[str, Any]:
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
        "hidden_act": "silu",
        "max_position_embeddings": context,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "float16",
        "eos_token_id": vocabulary - 1,
    }


def _tokenizer(tokens: list[str]) -> dict[str, Any]:
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    first = len(tokens) - len(SPECIAL)
    bytes_only = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return {
        "version": "1.0",
        "added_tokens": [{"id": first + i, "content": name, **plain} for i, name in enumerate(SPECIAL)],
        "normalizer": None,
        "pre_tokenizer": bytes_only,
        "post_processor": None,
        "decoder": bytes_only,
        "model": {"type": "BPE", "vocab": {name: i for i, name in enumerate(tokens[:first])}, "merges": []},
    }
