"""What a GGUF model will take in llama.cpp."""

from __future__ import annotations

from reason_tui_backends._gguf import Header

from reason_tui.policy import Forecast

_F16, _F32 = 2, 4


def forecast(header: Header, *, width: int, context: int, batch: int, dtype: str) -> Forecast:
    """`batch` tokens are computed at a time; `dtype` is that of keys and values, as in a ModelSpec.

    The pool of cells is allocated at once. The largest buffers are the scores of one layer's attention and their mask,
    over all cells and for a whole batch (without flash attention); then activations and logits. For eight siblings with
    2,048 tokens each of the shape of Qwen2.5-Coder 1.5B in Q4_0 that makes 1,606 MB; llama.cpp's log says that it
    allocates 1,591, and with every cell in use the process took 1,692 more than before (`benchmarks/backends.py`).
    """
    cells, (hidden, inner) = width * context, header.widths
    element = _F32 if dtype == "float32" else _F16
    scores = cells * batch * (header.heads + 1) * _F32
    activations = batch * (2 * inner + 4 * hidden) * _F32
    logits = 2 * (width + 2) * header.vocabulary * _F32
    return Forecast(
        weights=header.file_bytes + header.tied_bytes,
        caches=cells * header.cache_bytes_per_token * element // _F16,
        buffers=scores + activations + logits,
        width=width,
        context_length=context,
    )
