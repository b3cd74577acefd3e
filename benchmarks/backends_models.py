"""Models of exact shapes with random weights, made on the fly: as large and as slow as the real ones, and as dumb.

Random blocks of Q4_0 with a fixed scale, so that activations stay finite. The last norm spreads the logits; without it
nearly all tokens would be as likely, and every way of sampling would spend its time on sorting them. Needs numpy and
gguf.
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from shapes import SPREAD, Shape

_BLOCK, _BLOCK_BYTES = 32, 18
_SCALE = 0.004
_NIBBLES = 4.64
"""Root of the mean square of a random weight, in units of its block's scale."""

_SPACE = "\u0120"  # how GPT-2's tokenizer writes one
_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def random_model(path: Path, shape: Shape, seed: int = 0) -> Path:
    """A GGUF file of this shape, all matrices Q4_0."""
    rng = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "qwen2")
    _metadata(writer, shape)
    head = shape.hidden // shape.heads

    def matrix(name: str, columns: int, rows: int) -> None:
        blocks = rng.integers(0, 256, (rows, columns // _BLOCK, _BLOCK_BYTES), dtype=np.uint8)
        blocks[..., :2] = np.frombuffer(np.float16(_SCALE).tobytes(), np.uint8)
        writer.add_tensor(
            name,
            blocks.reshape(rows, -1),
            raw_dtype=gguf.GGMLQuantizationType.Q4_0,
            raw_shape=(rows, columns // _BLOCK * _BLOCK_BYTES),
        )

    def vector(name: str, size: int, value: float) -> None:
        writer.add_tensor(name, np.full(size, value, np.float32))

    matrix("token_embd.weight", shape.hidden, shape.vocabulary)
    vector("output_norm.weight", shape.hidden, SPREAD / (_NIBBLES * _SCALE * shape.hidden**0.5))
    for i in range(shape.layers):
        for name in ("attn_norm", "ffn_norm"):
            vector(f"blk.{i}.{name}.weight", shape.hidden, 1.0)
        for name, rows in (("q", shape.hidden), ("k", shape.kv_heads * head), ("v", shape.kv_heads * head)):
            matrix(f"blk.{i}.attn_{name}.weight", shape.hidden, rows)
            vector(f"blk.{i}.attn_{name}.bias", rows, 0.0)
        matrix(f"blk.{i}.attn_output.weight", shape.hidden, shape.hidden)
        matrix(f"blk.{i}.ffn_gate.weight", shape.hidden, shape.inner)
        matrix(f"blk.{i}.ffn_up.weight", shape.hidden, shape.inner)
        matrix(f"blk.{i}.ffn_down.weight", shape.inner, shape.hidden)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _metadata(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_block_count(shape.layers)
    writer.add_context_length(32_768)
    writer.add_embedding_length(shape.hidden)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_0)
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
