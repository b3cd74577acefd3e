"""The rows of one llama_decode: a token each, where it stands, and which sequence it continues."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
from reason_tui_backends._llama_library import lib


class Rows:
    """Room for `size` rows, which numpy fills: a ctypes array takes a call of Python for each number."""

    def __init__(self, size: int) -> None:
        self._tokens, self._positions, self._sequences, counts = np.ones((4, size), np.int32)
        self._outputs = np.zeros(size, np.int8)
        number = ctypes.POINTER(ctypes.c_int32)
        places = (number * size)(*(_pointer(self._sequences[row:]) for row in range(size)))
        self._batch = lib.llama_batch(
            token=_pointer(self._tokens),
            pos=_pointer(self._positions),
            n_seq_id=_pointer(counts),
            seq_id=ctypes.cast(places, ctypes.POINTER(number)),
            logits=self._outputs.ctypes.data_as(ctypes.POINTER(ctypes.c_int8)),
        )
        self._kept = counts, places  # the library reads them; it owns nothing of a batch

    def fill(self, tokens: Sequence[int], positions: Sequence[int], sequences: Sequence[int], outputs: int) -> Any:
        """A llama_batch of these rows, the last `outputs` with logits. It is valid until the next call."""
        count = len(tokens)
        self._tokens[:count] = tokens
        self._positions[:count] = positions
        self._sequences[:count] = sequences
        self._outputs[: count - outputs] = 0
        self._outputs[count - outputs : count] = 1
        self._batch.n_tokens = count
        return self._batch


def _pointer(numbers: np.ndarray) -> Any:
    return numbers.ctypes.data_as(ctypes.POINTER(ctypes.c_int32))
