"""How wide a batch and how long a chunk of the prompt may be where a single tensor may not exceed a size.

On Apple's GPUs (MPS) PyTorch refuses tensors of more than 4 GiB, whatever the memory. The arithmetic below follows
from the shapes of a decoder; it was tested as arithmetic, and has not been tried on a Mac.
"""

from __future__ import annotations

from reason_tui_backends._model_folder import Shape

MPS_TENSOR_BYTES = 1 << 32
_F32 = 4
_SMALLEST_CHUNK = 16


def largest_tensor(shape: Shape, *, width: int, chunk: int, context: int, element: int) -> int:
    """Bytes of the largest tensor when a chunk of a prompt is evaluated, or a step of `width` siblings made.

    `element` is the size of a number of weights and caches; attention scores and logits are counted in float32.
    """
    prefill = (
        shape.heads * chunk * context * _F32,  # attention scores, where they are written out
        chunk * max(shape.intermediate, shape.hidden) * element,
        shape.vocabulary * _F32,  # logits are made for the last token only
    )
    step = (
        width * shape.kv_heads * context * shape.head_size * element,  # keys of one layer
        width * shape.heads * context * shape.head_size * element,  # the same, repeated for grouped queries
        width * shape.heads * context * _F32,
        width * shape.vocabulary * _F32,
    )
    return max(*prefill, *step)


def fit(shape: Shape, *, width: int, chunk: int, context: int, element: int, limit: int) -> tuple[int, int]:
    """The width and the chunk, halved until no tensor exceeds `limit` bytes, as far as that is possible."""
    while width > 1 and _size(shape, width, 1, context, element) > limit:
        width //= 2
    while chunk > _SMALLEST_CHUNK and _size(shape, 1, chunk, context, element) > limit:
        chunk //= 2
    return width, chunk


def _size(shape: Shape, width: int, chunk: int, context: int, element: int) -> int:
    return largest_tensor(shape, width=width, chunk=chunk, context=context, element=element)
