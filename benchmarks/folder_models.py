"""Model folders of exact shapes with random weights, made on the fly: as large as the real ones, and as dumb.

Weights are bfloat16, as Qwen publishes them. The tokenizer is the embedded model's with made-up merges behind its own,
until it has as many as the real one: tables of that size take memory as well. Needs numpy.
"""

from __future__ import annotations

import json
import random
import struct
from itertools import accumulate
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from shapes import SHAPES, SPREAD, Shape

_SCALE = 0.02
_LONGEST = 12
"""Letters of a made-up token; the real ones have about six on average, and so have these."""


NOTHING = "next to nothing"
FOLDERS = {
    NOTHING: Shape(1, 8, 16, 1, 1, 1_024, 1_024),
    "qwen2.5-coder-0.5b": SHAPES["qwen2.5-coder-0.5b"],
}


def random_folder(path: Path, shape: Shape, pattern: Path, seed: int = 0) -> Path:
    """A folder of this shape, with the tokenizer of the folder `pattern`, made larger."""
    path.mkdir()
    _write(path / "config.json", _config(shape))
    _write(path / "tokenizer.json", _tokenizer(json.loads((pattern / "tokenizer.json").read_text("utf-8")), shape))
    (path / "tokenizer_config.json").write_bytes((pattern / "tokenizer_config.json").read_bytes())
    shapes = tensor_shapes(shape)
    ends = list(accumulate(2 * prod(sides) for sides in shapes.values()))
    head = {
        name: {"dtype": "BF16", "shape": sides, "data_offsets": [end - 2 * prod(sides), end]}
        for (name, sides), end in zip(shapes.items(), ends, strict=True)
    }
    encoded = json.dumps({"__metadata__": {"format": "pt"}, **head}).encode()
    rng = np.random.default_rng(seed)
    with (path / "model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        for name, sides in shapes.items():
            file.write(_values(rng, name, sides).tobytes())
    return path


def _values(rng: np.random.Generator, name: str, sides: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """The upper halves of float32, which is what bfloat16 is."""
    if name.endswith("bias"):
        found = np.zeros(sides, np.float32)
    elif len(sides) == 1:
        spread = SPREAD / (_SCALE * sides[0] ** 0.5) if name == "model.norm.weight" else 1.0
        found = np.full(sides, spread, np.float32)
    else:
        found = rng.standard_normal(sides, np.float32) * np.float32(_SCALE)
    return (found.view(np.uint32) >> 16).astype(np.uint16)


def tensor_shapes(shape: Shape) -> dict[str, tuple[int, ...]]:
    """The tensors of such a model by name."""
    narrow = shape.hidden // shape.heads * shape.kv_heads
    found: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (shape.vocabulary, shape.hidden)}
    for i in range(shape.layers):
        layer = f"model.layers.{i}"
        for norm in ("input_layernorm", "post_attention_layernorm"):
            found[f"{layer}.{norm}.weight"] = (shape.hidden,)
        for name, rows in (("q", shape.hidden), ("k", narrow), ("v", narrow)):
            found[f"{layer}.self_attn.{name}_proj.weight"] = (rows, shape.hidden)
            found[f"{layer}.self_attn.{name}_proj.bias"] = (rows,)
        found[f"{layer}.self_attn.o_proj.weight"] = (shape.hidden, shape.hidden)
        found[f"{layer}.mlp.gate_proj.weight"] = (shape.inner, shape.hidden)
        found[f"{layer}.mlp.up_proj.weight"] = (shape.inner, shape.hidden)
        found[f"{layer}.mlp.down_proj.weight"] = (shape.hidden, shape.inner)
    return found | {"model.norm.weight": (shape.hidden,)}


def _config(shape: Shape) -> dict[str, Any]:
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.inner,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "hidden_act": "silu",
        "max_position_embeddings": 32_768,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1e6,
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
    }


def _tokenizer(found: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """This tokenizer.json with so many tokens; each new one is of two there are, put together."""
    rng = random.Random(0)
    known, merges = found["model"]["vocab"], found["model"]["merges"]
    texts = list(known)
    following = 1 + max(*known.values(), *(token["id"] for token in found["added_tokens"]))
    while following < shape.tokens:
        left, right = rng.choice(texts), rng.choice(texts)
        if (text := left + right) not in known and len(text) <= _LONGEST:
            known[text], following = following, following + 1
            texts.append(text)
            merges.append([left, right])
    return found


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False), "utf-8")
