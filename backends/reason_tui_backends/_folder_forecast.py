"""What a model folder will take in PyTorch or MLX."""

from __future__ import annotations

from reason_tui_backends._model_folder import ModelFolder
from reason_tui_backends._safetensors import TensorInfo

from reason_tui.policy import Forecast

_F32 = 4
_FLOATS = frozenset(("F64", "F32", "F16", "BF16"))
_NF4_BYTES = 0.5 + 1 / 64
"""Of one weight: four bits, and one byte (quantised once more) for each 64 of them."""


def forecast(
    folder: ModelFolder, *, width: int, context: int, chunk: int, element: int | None, four_bit: bool = False
) -> Forecast:
    """`element` bytes a number once loaded (None: as stored).

    Caches are those of the prompt and of full siblings. Buffers are the logits and what is made of them for sampling,
    one layer's keys and values repeated for its heads, and the activations of a chunk: an estimate.
    """
    shape = folder.shape
    size = element or _stored(folder)
    weights = sum(_bytes(name, tensor, element, four_bit) for name, tensor in folder.tensors.items())
    repeated = 2 * width * shape.heads * context * shape.head_size * size
    logits = 4 * width * shape.vocabulary * _F32
    activations = chunk * (3 * shape.intermediate + 6 * shape.hidden) * _F32
    return Forecast(
        weights=weights,
        caches=shape.cache_bytes((width + 1) * context, size),
        buffers=repeated + logits + activations,
        width=width,
        context_length=context,
    )


def _stored(folder: ModelFolder) -> int:
    """Bytes of a number of the largest tensor that holds numbers of a floating point."""
    floats = [tensor for tensor in folder.tensors.values() if tensor.dtype in _FLOATS]
    largest = max(floats, key=lambda tensor: tensor.size, default=None)
    return _F32 if largest is None else {"F64": 8, "F32": 4}.get(largest.dtype, 2)


def _bytes(name: str, tensor: TensorInfo, element: int | None, four_bit: bool) -> int:
    if element is None or tensor.dtype not in _FLOATS:
        return tensor.size
    count = 1
    for side in tensor.shape:
        count *= side
    linear = len(tensor.shape) == 2 and "embed" not in name and not name.startswith("lm_head")
    return int(count * _NF4_BYTES) if four_bit and linear else count * element
