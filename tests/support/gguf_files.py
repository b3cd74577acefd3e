"""Write small GGUF files without any library: a random Qwen2 over bytes, and LoRA adapters that fit a given model.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (version 3, little endian, alignment 32).
"""

from __future__ import annotations

import random
import struct
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ALIGNMENT = 32
F32, F16 = 0, 1
UINT16, UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY, UINT64 = 2, 4, 5, 6, 7, 8, 9, 10
NORMAL, CONTROL = 1, 3

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


@dataclass(frozen=True)
class Tensor:
    """`shape` is in GGUF order: the fastest-varying dimension first."""

    name: str
    shape: tuple[int, ...]
    data: array[float]
    kind: int = F32

    def encoded(self) -> bytes:
        """The data as it lies in the file."""
        data = self.data.tobytes() if self.kind == F32 else struct.pack(f"<{len(self.data)}e", *self.data)
        return data.ljust(_padded(len(data)), b"\0")


def write(path: Path, metadata: Mapping[str, Any], tensors: Sequence[Tensor]) -> Path:
    """One GGUF file; Python's own types choose the metadata's types (int -> uint32, float -> float32).

    A pair is a type and a value as it lies in the file.
    """
    head = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)))
    for key, value in metadata.items():
        kind, body = _value(value)
        head += _text(key) + struct.pack("<I", kind) + body
    body = bytearray()
    for tensor in tensors:
        head += _text(tensor.name) + struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
        head += struct.pack("<IQ", tensor.kind, len(body))
        body += tensor.encoded()
    path.write_bytes(bytes(head).ljust(_padded(len(head)), b"\0") + bytes(body))
    return path


def tiny_model(
    path: Path, *, width: int = 128, layers: int = 3, context: int = 2048, seed: int = 1, template: str = CHATML
) -> Path:
    """A Qwen2 with random half-precision weights over single bytes, and ChatML as its template."""
    tokens, tensors = tiny_tensors(width=width, layers=layers, seed=seed)
    metadata = _model_metadata(tokens, width, 2 * width, layers, context)
    return write(path, {**metadata, "tokenizer.chat_template": template}, tensors)


def tiny_parts(folder: Path, count: int = 3) -> list[Path]:
    """`tiny_model` in several files, as llama.cpp's gguf-split divides it."""
    tokens, tensors = tiny_tensors(width=128, layers=3, seed=1)
    model, paths = _model_metadata(tokens, 128, 256, 3, 2048), []
    for i in range(count):
        division = {
            "split.no": (UINT16, struct.pack("<H", i)),
            "split.count": (UINT16, struct.pack("<H", count)),
            "split.tensors.count": (INT32, struct.pack("<i", len(tensors))),
        }
        path = folder / f"tiny-{i + 1:05}-of-{count:05}.gguf"
        paths.append(write(path, {**({} if i else model), **division}, tensors[i::count]))
    return paths


def tiny_tensors(*, width: int, layers: int, seed: int) -> tuple[list[str], list[Tensor]]:
    """Vocabulary and weights of `tiny_model`.

    It babbles printable ASCII and never ends by itself: the first component of every embedding is large, and the
    output weights turn it into a bonus for printable characters and a malus for the rest.
    """
    rng = random.Random(seed)
    hidden = 2 * width
    tokens = [*_byte_alphabet(), *SPECIAL]

    def matrix(name: str, columns: int, rows: int, scale: float) -> Tensor:
        return Tensor(name, (columns, rows), array("f", (rng.gauss(0, scale) for _ in range(columns * rows))), F16)

    def vector(name: str, size: int, value: float) -> Tensor:
        return Tensor(name, (size,), array("f", [value] * size))

    embedding, output = (
        matrix("token_embd.weight", width, len(tokens), 0.5),
        matrix("output.weight", width, len(tokens), 0.3),
    )
    for token in range(len(tokens)):
        embedding.data[token * width] = 8.0
        output.data[token * width] = 4.0 if 32 <= token < 127 or token == ord("\n") else -4.0
    tensors = [embedding, output, vector("output_norm.weight", width, 1.0)]
    for i in range(layers):
        tensors += [vector(f"blk.{i}.{n}_norm.weight", width, 1.0) for n in ("attn", "ffn")]
        for n in ("attn_q", "attn_k", "attn_v"):
            tensors += [matrix(f"blk.{i}.{n}.weight", width, width, 0.2), vector(f"blk.{i}.{n}.bias", width, 0.0)]
        tensors += [matrix(f"blk.{i}.attn_output.weight", width, width, 0.1)]
        tensors += [matrix(f"blk.{i}.{n}.weight", width, hidden, 0.1) for n in ("ffn_gate", "ffn_up")]
        tensors += [matrix(f"blk.{i}.ffn_down.weight", hidden, width, 0.1)]
    return tokens, tensors


def random_lora(path: Path, model: Path, *, scale: float = 1.0, seed: int = 2) -> Path:
    """A rank-4 adapter on the feed-forward outputs of `model`: big enough to change whatever it says."""
    rng, rank = random.Random(seed), 4

    def matrix(name: str, columns: int, rows: int) -> Tensor:
        return Tensor(name, (columns, rows), array("f", (rng.gauss(0, scale) for _ in range(columns * rows))))

    architecture, shapes = read_shapes(model)
    tensors = []
    for name, (columns, rows) in ((n, s) for n, s in shapes.items() if n.endswith("ffn_down.weight")):
        tensors += [matrix(f"{name}.lora_a", columns, rank), matrix(f"{name}.lora_b", rank, rows)]
    metadata = {
        "general.architecture": architecture,
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": 8.0,
    }
    return write(path, metadata, tensors)


def read_shapes(path: Path) -> tuple[str, dict[str, tuple[int, ...]]]:
    """The architecture and the tensors' shapes of a GGUF file."""
    reader = _Reader(path.read_bytes())
    tensors, entries = struct.unpack("<QQ", reader.take(24)[8:])
    metadata = {reader.text(): reader.value() for _ in range(entries)}
    shapes = {}
    for _ in range(tensors):
        name = reader.text()
        dimensions = reader.number("<I")
        shapes[name] = struct.unpack(f"<{dimensions}Q", reader.take(8 * dimensions))
        reader.take(12)
    return metadata["general.architecture"], shapes


_LAYOUTS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?", UINT64: "<Q"}


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, layout: str) -> Any:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def text(self) -> str:
        return self.take(self.number("<Q")).decode()

    def value(self, kind: int | None = None) -> Any:
        kind = self.number("<I") if kind is None else kind
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            item, count = self.number("<I"), self.number("<Q")
            return [self.value(item) for _ in range(count)]
        return self.number(_LAYOUTS[kind])


def _model_metadata(tokens: list[str], width: int, hidden: int, layers: int, context: int) -> dict[str, Any]:
    end = len(tokens) - 1
    return {
        "general.architecture": "qwen2",
        "general.name": "tiny random bytes",
        "qwen2.block_count": layers,
        "qwen2.context_length": context,
        "qwen2.embedding_length": width,
        "qwen2.feed_forward_length": hidden,
        "qwen2.attention.head_count": 4,
        "qwen2.attention.head_count_kv": 4,
        "qwen2.attention.layer_norm_rms_epsilon": 1e-6,
        "qwen2.rope.freq_base": 10000.0,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [NORMAL] * (len(tokens) - len(SPECIAL)) + [CONTROL] * len(SPECIAL),
        "tokenizer.ggml.merges": [],
        "tokenizer.ggml.eos_token_id": end,
        "tokenizer.ggml.padding_token_id": end - 2,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": CHATML,
    }


def _byte_alphabet() -> list[str]:
    """The printable stand-ins for the 256 bytes that GPT-2's tokenizer uses."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    spare = iter(range(256, 512))
    return [chr(b) if b in plain else chr(next(spare)) for b in range(256)]


def _value(value: Any) -> tuple[int, bytes]:
    match value:
        case bool():
            return BOOL, struct.pack("<?", value)
        case int():
            return UINT32, struct.pack("<I", value)
        case float():
            return FLOAT32, struct.pack("<f", value)
        case str():
            return STRING, _text(value)
        case (int(kind), bytes(body)):
            return kind, body
        case _:
            return ARRAY, _array(value)


def _array(items: Iterable[str | int]) -> bytes:
    values = list(items)
    if values and isinstance(values[0], int):
        return struct.pack(f"<IQ{len(values)}i", INT32, len(values), *values)
    return struct.pack("<IQ", STRING, len(values)) + b"".join(_text(str(v)) for v in values)


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
