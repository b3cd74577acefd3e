"""What a GGUF model will take in llama.cpp."""

from __future__ import annotations

from reason_tui_backends._ggml_types import rearranged
from reason_tui_backends._gguf import Header

from reason_tui.policy import Forecast

_F16, _F32 = 2, 4
_TOKEN, _MERGE = 150, 105
"""Bytes of a token and of a merge in the tokenizer's tables: strings of 32 bytes in vectors and hash maps
(llama-vocab.cpp: id_to_token, token_to_id, cache_token_to_piece, bpe_ranks), with the allocator's own."""

_LIBRARY = 9_000_000
"""What the library, its graph and the bindings take besides, whatever the model: with the embedded model next to
nothing else is left to explain (`benchmarks/backends.py --model embedded`)."""


def forecast(header: Header, *, width: int, context: int, batch: int, dtype: str, device: str) -> Forecast:
    """`batch` tokens are computed at a time; `dtype` is that of keys and values, as in a ModelSpec.

    The pool of cells is allocated at once. The largest buffers are the scores of one layer's attention and their mask,
    over all cells and for a whole batch (without flash attention); on a CPU the scores once more, in the type of the
    values they are multiplied with (ggml's work buffer: a product wants both of its sides in one type); then
    activations and logits. `benchmarks/backends.py` compares it with what a process takes, every cell in use.
    """
    cells, (hidden, inner) = width * context, header.widths
    element = _F32 if dtype == "float32" else _F16
    scores = cells * batch * (header.heads + 1) * _F32
    converted = cells * batch * header.heads * _F16 if device == "cpu" and element == _F16 else 0
    activations = batch * (2 * inner + 4 * hidden) * _F32
    logits = 2 * (width + 2) * header.vocabulary * _F32
    tables = header.vocabulary * _TOKEN + header.merges * _MERGE
    return Forecast(
        weights=header.file_bytes + _second_copy(header, device),
        caches=cells * header.cache_bytes_per_token * element // _F16,
        buffers=scores + converted + activations + logits + tables + _LIBRARY,
        width=width,
        context_length=context,
    )


def _second_copy(header: Header, device: str) -> int:
    """Of an embedding that is the output's matrix, too: tokens are looked up in one, and the other is multiplied with.

    They are one on a CPU that multiplies with it as it is stored. Beside a GPU the first stays in main memory, which
    many a GPU shares.
    """
    if header.tied is None or (device == "cpu" and not rearranged(header.tied.kind)):
        return 0
    return header.tied.size
