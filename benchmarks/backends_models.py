"""Models of exact shapes with random weights, made on the fly: as large and as slow as the real ones, and as dumb.

Random blocks with a fixed scale, so that activations stay finite. The last norm spreads the logits; without it nearly
all tokens would be as likely, and every way of sampling would spend its time on sorting them. Needs numpy and gguf.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize
from shapes import SPREAD, Shape

Mix: TypeAlias = Literal["q4_0", "q4_k_m"]
"""How a file stores its matrices: all alike, or as llama.cpp's Q4_K_M, which most published files are."""

_WEIGHT = 0.02
"""Root of the mean square of a matrix's numbers."""

_SCALES = {Type.Q4_0: (0,), Type.Q5_0: (0,), Type.Q8_0: (0,), Type.Q4_K: (0, 2), Type.Q6_K: (208,)}
"""Where in a block its scale (a float16) lies; behind that of Q4_K, the scale of what is taken off."""

_MIDDLE = 7.5
"""Of the numbers 0 to 15 of Q4_K, so that as much is taken off."""

_NO_WHOLE_BLOCKS = {Type.Q4_K: Type.Q5_0, Type.Q6_K: Type.Q8_0}
"""What llama.cpp stores rows in that are no multiple of 256 numbers."""

_SPACE = "\u0120"  # how GPT-2's tokenizer writes one
_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def random_model(path: Path, shape: Shape, mix: Mix = "q4_0", seed: int = 0) -> Path:
    """A GGUF file of this shape."""
    rng = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "qwen2")
    _metadata(writer, shape, mix)
    narrow = shape.hidden // shape.heads * shape.kv_heads

    def matrix(name: str, columns: int, rows: int, *, finer: bool = False) -> None:
        kind = _kind(mix, columns, finer=finer)
        numbers, size = gguf.GGML_QUANT_SIZES[kind]
        stored = (rows, columns // numbers * size)
        writer.add_tensor(name, _blocks(rng, kind, *stored), raw_dtype=kind, raw_shape=stored)

    def vector(name: str, size: int, value: float) -> None:
        writer.add_tensor(name, np.full(size, value, np.float32))

    matrix("token_embd.weight", shape.hidden, shape.vocabulary, finer=True)
    vector("output_norm.weight", shape.hidden, SPREAD / (_WEIGHT * shape.hidden**0.5))
    for i in range(shape.layers):
        finer = _is_finer(i, shape.layers)
        for name in ("attn_norm", "ffn_norm"):
            vector(f"blk.{i}.{name}.weight", shape.hidden, 1.0)
        for name, rows in (("q", shape.hidden), ("k", narrow), ("v", narrow)):
            matrix(f"blk.{i}.attn_{name}.weight", shape.hidden, rows, finer=finer and name == "v")
            vector(f"blk.{i}.attn_{name}.bias", rows, 0.0)
        matrix(f"blk.{i}.attn_output.weight", shape.hidden, shape.hidden)
        matrix(f"blk.{i}.ffn_gate.weight", shape.hidden, shape.inner)
        matrix(f"blk.{i}.ffn_up.weight", shape.hidden, shape.inner)
        matrix(f"blk.{i}.ffn_down.weight", shape.inner, shape.hidden, finer=finer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _kind(mix: Mix, columns: int, *, finer: bool) -> Type:
    if mix == "q4_0":
        return Type.Q4_0
    kind = Type.Q6_K if finer else Type.Q4_K
    return kind if columns % gguf.QK_K == 0 else _NO_WHOLE_BLOCKS[kind]


def _is_finer(layer: int, layers: int) -> bool:
    """Where Q4_K_M takes Q6_K: the first and the last eighth of the layers, and every third of the others."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


def _blocks(rng: np.random.Generator, kind: Type, rows: int, size: int) -> np.ndarray:
    """Random rows of `size` bytes, but for their blocks' scales."""
    blocks = rng.integers(0, 256, (rows, size), dtype=np.uint8)
    _scale(blocks, kind, 1e-3)
    found = dequantize(blocks[:64], kind)
    _scale(blocks, kind, 1e-3 * _WEIGHT / float(np.sqrt(np.mean(found**2))))
    return blocks


def _scale(rows: np.ndarray, kind: Type, scale: float) -> None:
    blocks = rows.reshape(len(rows), -1, gguf.GGML_QUANT_SIZES[kind][1])
    for at, value in zip(_SCALES[kind], (scale, scale * _MIDDLE), strict=False):
        blocks[..., at : at + 2] = np.frombuffer(np.float16(value).tobytes(), np.uint8)


def _metadata(writer: gguf.GGUFWriter, shape: Shape, mix: Mix) -> None:
    writer.add_block_count(shape.layers)
    writer.add_context_length(32_768)
    writer.add_embedding_length(shape.hidden)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    kinds = {"q4_0": gguf.LlamaFileType.MOSTLY_Q4_0, "q4_k_m": gguf.LlamaFileType.MOSTLY_Q4_K_M}
    writer.add_file_type(kinds[mix])
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    spare = iter(range(256, 512))
    letters = [chr(byte) if byte in plain else chr(next(spare)) for byte in range(256)]
    filler = [f"w{i}" for i in range(shape.vocabulary - len(letters) - len(_SPECIAL) - 1)]
    tokens = [*letters, f"{_SPACE}a", *filler, *_SPECIAL]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * (len(tokens) - len(_SPECIAL)) + [3] * len(_SPECIAL))
    writer.add_token_merges([f"{_SPACE} a"])  # an empty list would be left out, and a tokenizer without one is refused
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_add_bos_token(False)
    writer.add_chat_template(_TEMPLATE)
