"""One llama.cpp context, as the engine of `_batch`: the prompt is sequence 0, siblings are the sequences behind it.

All sequences share one pool of cells, so that forking a sibling copies nothing. llama.cpp's sums depend, in their last
bits, on the order in which cells lie; here the prompt always lies in the first cells and siblings behind it, wherever
its cells came from, so that a request determines its samples. For the same reason no other prompt stays in the pool:
it is kept outside, as bytes (`_snapshots`), from where 600 tokens come back in milliseconds. Besides, attention looks
at every cell in use, so a step would pay for each prompt that stays.

Flash attention is off on a CPU: for small batches it is slower there.
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from reason_tui_backends import _llama_library as library
from reason_tui_backends._batch import CancelledError, Choice, OutOfMemoryError
from reason_tui_backends._gguf import Header
from reason_tui_backends._gguf_checks import check_adapter
from reason_tui_backends._llama_library import lib
from reason_tui_backends._llama_rows import Rows
from reason_tui_backends._nucleus import choose_each
from reason_tui_backends._snapshots import Snapshot

from reason_tui.errors import BackendError
from reason_tui.policy import CancelToken, ModelSpec

_PROMPT = 0
_DONE, _NO_CELLS, _ABORTED = 0, 1, 2
_FLASH = {"cpu": 0}
_AUTO = -1
CACHE_TYPES = {"auto": 1, "float32": 0, "float16": 1, "bfloat16": 30}
"""ggml's numbers of the types of keys and values, by ModelSpec.dtype."""

# The library asks a C function between two operations of its graph whether to give up. `strlen` of a byte that
# anyone may set is such a function, and keeps Python, and its lock, out of the computation.
_STRLEN = ctypes.cast(ctypes.CDLL(None).strlen, lib.ggml_abort_callback)


class Pool(NamedTuple):
    """`cells` for all tokens of the prompt and of `width` siblings; `chunk` tokens of a prompt at a time."""

    cells: int
    width: int
    chunk: int


class LlamaEngine:
    """Owns the model from now on. Raises ModelDamagedError where there is no memory for the pool."""

    def __init__(self, spec: ModelSpec, header: Header, model: Any, pool: Pool, *, threads: int, device: str) -> None:
        self._name, self._header = spec.name, header
        self._model = model
        self._adapter: Any = None
        self._spare = pool.width + 1
        self._flag = ctypes.create_string_buffer(2)
        batch = max(pool.chunk, pool.width)
        params = lib.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = pool.cells, batch, batch
        params.n_seq_max = params.n_outputs_max = pool.width + 2
        params.n_threads = params.n_threads_batch = threads
        params.kv_unified = params.no_perf = True
        params.flash_attn_type = _FLASH.get(device, _AUTO)
        params.type_k = params.type_v = CACHE_TYPES[spec.dtype]
        params.op_offload = device != library.CPU  # a GPU that is there would compute prompts all the same
        params.abort_callback, params.abort_callback_data = _STRLEN, ctypes.addressof(self._flag)
        self._context = lib.llama_init_from_model(model, params)
        if not self._context:
            lib.llama_model_free(model)
            raise library.refused(spec.path)
        self._memory = lib.llama_get_memory(self._context)
        self._vocabulary = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
        self._rows = Rows(batch)
        self._logits = self._table = self._no_logits = np.empty((0, self._vocabulary), np.float32)
        self._most_outputs, self._table_at = int(params.n_outputs_max), 0
        self._end = weakref.finalize(self, _free, self._context, model)
        self._end.atexit = False  # a thread may be computing
        self._length = 0
        self._prompt_logits: np.ndarray | None = None
        self._lengths: dict[int, int] = {}
        """The siblings, in the order of the batch's rows: sequence, and tokens it has."""
        self.can_join = True
        self.can_keep = self.can_save = not (lib.llama_model_is_recurrent(model) or lib.llama_model_is_hybrid(model))

    # The prompt.

    def extend(self, tokens: Sequence[int], cancel: CancelToken) -> None:
        """Evaluate these tokens behind the prompt so far."""
        end = self._length + len(tokens)
        self._prompt_logits = self._decode(tokens, range(self._length, end), [_PROMPT], cancel, outputs=1)[0].copy()
        self._length = end

    def keep(self, length: int) -> None:
        """Cut the prompt to its first `length` tokens."""
        self._prompt_logits = None
        self._length = length
        if length == 0:
            lib.llama_memory_clear(self._memory, False)
        else:
            lib.llama_memory_seq_rm(self._memory, _PROMPT, length, -1)

    def save(self, begin: int, *, complete: bool) -> Snapshot:
        """The prompt from its token `begin` on."""
        logits = self._prompt_logits if complete else None
        lib.llama_memory_seq_cp(self._memory, _PROMPT, self._spare, begin, -1)
        size = lib.llama_state_seq_get_size(self._context, self._spare)
        state = (ctypes.c_uint8 * size)()
        lib.llama_state_seq_get_data(self._context, state, size, self._spare)
        lib.llama_memory_seq_rm(self._memory, self._spare, -1, -1)
        size += 0 if logits is None else logits.nbytes
        return Snapshot(self._length - begin, (state, logits), size, complete)

    def append(self, saved: Snapshot) -> None:
        """Put what was saved behind the prompt so far. Raises OutOfMemoryError."""
        state, self._prompt_logits = saved.state
        if not lib.llama_state_seq_set_data(self._context, state, len(state), self._spare):
            raise OutOfMemoryError
        lib.llama_memory_seq_cp(self._memory, self._spare, _PROMPT, -1, -1)
        lib.llama_memory_seq_rm(self._memory, self._spare, -1, -1)
        self._length += saved.tokens

    # The siblings.

    def fork(self, rows: int) -> None:
        """Let siblings begin at the prompt's end, as rows behind those there are."""
        assert self._prompt_logits is not None
        free = (sequence for sequence in range(1, self._spare) if sequence not in self._lengths)
        for sequence in list(islice(free, rows)):
            lib.llama_memory_seq_cp(self._memory, _PROMPT, sequence, -1, -1)
            self._lengths[sequence] = self._length
        self._logits = np.vstack([self._logits, *[self._prompt_logits] * rows])

    def choose(self, temperature: float, top_p: float, draws: Sequence[float]) -> list[Choice]:
        """The next token of every row."""
        return choose_each(self._logits, temperature, top_p, draws)

    def select(self, rows: Sequence[int]) -> None:
        """Keep these rows of the batch only."""
        sequences = list(self._lengths)
        kept = {sequences[row]: self._lengths[sequences[row]] for row in rows}
        for sequence in sequences:
            if sequence not in kept:
                lib.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        self._lengths, self._logits = kept, self._logits[list(rows)]

    def step(self, tokens: Sequence[int], cancel: CancelToken) -> None:
        """Evaluate one token of each row."""
        lengths = self._lengths
        self._logits = self._decode(tokens, list(lengths.values()), list(lengths), cancel, outputs=len(tokens))
        for sequence in lengths:
            lengths[sequence] += 1

    def release(self) -> None:
        """Forget the batch of siblings."""
        self._logits = self._no_logits
        while self._lengths:
            lib.llama_memory_seq_rm(self._memory, self._lengths.popitem()[0], -1, -1)

    # The model.

    def load_adapter(self, adapter: Path | None) -> None:
        """Use this adapter in the place of the one there is, or none. A damaged one leaves the model as it was."""
        if adapter is not None:
            check_adapter(adapter, self._header, self._name)
        new = None if adapter is None else library.load_adapter(self._model, adapter)
        chosen = (lib.llama_adapter_lora_p_ctypes * 1)(new) if new else None
        scale = (ctypes.c_float * 1)(1.0)
        lib.llama_set_adapters_lora(self._context, chosen, 1 if new else 0, scale)
        if self._adapter is not None:
            lib.llama_adapter_lora_free(self._adapter)
        self._adapter = new

    def close(self) -> None:
        """Free the model."""
        self._end()

    def _decode(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        sequences: Sequence[int],
        cancel: CancelToken,
        *,
        outputs: int,
    ) -> np.ndarray:
        """Evaluate these tokens; the logits of the last `outputs` of them, a row each, valid until the next call."""
        batch = self._rows.fill(tokens, positions, sequences, outputs)
        with cancel.telling(self._abort):
            found = lib.llama_decode(self._context, batch)
        self._flag[0] = b"\0"
        if found == _DONE:
            return self._outputs(outputs)
        if found == _ABORTED:
            raise CancelledError
        if found == _NO_CELLS:
            raise OutOfMemoryError
        raise BackendError("llama.cpp failed while it computed.", why=f"llama_decode: {found}", hint="Load it again.")

    def _outputs(self, rows: int) -> np.ndarray:
        """The logits of the last `rows` of the batch, in their order (llama.h: llama_get_logits), a row each."""
        pointer = lib.llama_get_logits(self._context)
        if (address := ctypes.addressof(pointer.contents)) != self._table_at:
            self._table = np.ctypeslib.as_array(pointer, shape=(self._most_outputs, self._vocabulary))
            self._table_at = address
        return self._table[:rows]

    def _abort(self) -> None:
        """End the computation that goes on, from whichever thread."""
        self._flag[0] = b"\1"


def _free(context: Any, model: Any) -> None:
    lib.llama_free(context)
    lib.llama_model_free(model)  # and its adapters
