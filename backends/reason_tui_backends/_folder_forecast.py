"""What a model folder will take in PyTorch or MLX. `benchmarks/folder_memory.py` compares it with measurements."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from reason_tui_backends._model_folder import ModelFolder, Shape
from reason_tui_backends._safetensors import TensorInfo

from reason_tui.policy import Forecast

_F32 = 4
_FLOATS = frozenset(("F64", "F32", "F16", "BF16"))
_NF4_BYTES = 0.5 + 1 / 64
"""Of one weight: four bits, and one byte (quantised once more) for each 64 of them."""

_TOKEN = 1000
"""Bytes of a token, and of the merge it is made by, in the tables of the tokenizer (Rust's and Python's): measured with
tokenizers of 32,000 and of 152,000 tokens."""


@dataclass(frozen=True)
class Habits:
    """How a library computes, as far as memory is concerned.

    `own`: bytes that it takes whatever the model (code that is read when it is first used, workspaces of its threads).
    `idle`: bytes of freed buffers that it holds for later. `chunk_logits`: whether logits are made of a whole chunk of
    the prompt and not of its last token only. `written_scores`: whether attention scores are written out, and keys and
    values are not repeated for grouped queries; else it is the other way round. `holes`: the share of the prompt's
    cache by which the heap grows beside it, as each longer cache needs a larger place. `sampling`: bytes for each
    logit of a row, which is sorted at worst.
    """

    own: int
    idle: int
    chunk_logits: bool
    written_scores: bool
    holes: float
    sampling: int


def forecast(
    folder: ModelFolder,
    *,
    width: int,
    context: int,
    chunk: int,
    element: int | None,
    habits: Habits,
    four_bit: bool = False,
) -> Forecast:
    """`element` bytes a number once loaded (None: as stored).

    Caches are those of the prompt and of full siblings. Buffers are those of a chunk of the prompt or of a step of all
    siblings, whichever are larger, and what library and tokenizer take.
    """
    shape = folder.shape
    size = element or _stored(folder)
    weights = {name: _bytes(name, tensor, element, four_bit) for name, tensor in folder.tensors.items()}
    caches = shape.cache_bytes((width + 1) * context, size)
    holes = int(habits.holes * shape.cache_bytes(context, size))
    computed = max(_chunk(shape, habits, chunk, context, size), _step(shape, habits, width, context, size))
    if four_bit:  # a matrix of four bits is unpacked to be multiplied with
        matrices = (prod(tensor.shape) for name, tensor in folder.tensors.items() if _linear(name, tensor))
        computed += size * max(matrices, default=0)
    return Forecast(
        weights=sum(weights.values()),
        caches=caches,
        buffers=computed + holes + habits.idle + habits.own + shape.vocabulary * _TOKEN,
        width=width,
        context_length=context,
    )


def _chunk(shape: Shape, habits: Habits, chunk: int, context: int, size: int) -> int:
    """Activations of one layer, attention of all tokens before, and logits."""
    activations = chunk * (3 * shape.intermediate + 6 * shape.hidden) * _F32
    logits = (chunk if habits.chunk_logits else 1) * shape.vocabulary * _F32
    return activations + logits + _attention(shape, habits, 1, chunk, context, size)


def _step(shape: Shape, habits: Habits, width: int, context: int, size: int) -> int:
    """Logits and what sampling makes of them; or one layer's cache, once more while a token is put behind it."""
    logits = width * shape.vocabulary * habits.sampling
    grown = 0 if not shape.layers else shape.cache_bytes(width * context, size) // shape.layers
    return max(logits, grown + _attention(shape, habits, width, 1, context, size))


def _attention(shape: Shape, habits: Habits, rows: int, tokens: int, context: int, size: int) -> int:
    if habits.written_scores:  # with mask and softmax beside them
        return 3 * rows * shape.heads * tokens * context * _F32
    repeated = shape.heads != shape.kv_heads
    return 2 * rows * shape.heads * context * shape.head_size * size if repeated else 0


def _stored(folder: ModelFolder) -> int:
    """Bytes of a number of the largest tensor that holds numbers of a floating point."""
    floats = [tensor for tensor in folder.tensors.values() if tensor.dtype in _FLOATS]
    largest = max(floats, key=lambda tensor: tensor.size, default=None)
    return _F32 if largest is None else {"F64": 8, "F32": 4}.get(largest.dtype, 2)


def _bytes(name: str, tensor: TensorInfo, element: int | None, four_bit: bool) -> int:
    if element is None or tensor.dtype not in _FLOATS:
        return tensor.size
    count = prod(tensor.shape)
    return int(count * _NF4_BYTES) if four_bit and _linear(name, tensor) else count * element


def _linear(name: str, tensor: TensorInfo) -> bool:
    return len(tensor.shape) == 2 and "embed" not in name and not name.startswith("lm_head")
