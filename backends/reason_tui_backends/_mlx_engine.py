"""One mlx-lm model, as the engine of `_batch`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlx.core as mx
from mlx.utils import tree_map
from mlx_lm.models.cache import KVCache, can_trim_prompt_cache, make_prompt_cache, trim_prompt_cache
from reason_tui_backends._batch import CancelledError, Choice, OutOfMemoryError
from reason_tui_backends._mlx_adapters import put_adapter, strip_adapter
from reason_tui_backends._snapshots import Snapshot

from reason_tui.policy import CancelToken


class MlxEngine:
    """`model` is a model of mlx-lm. `serial` gives memory back whenever siblings end.

    Any thread may load the model or an adapter, and another one sample: MLX's streams belong to threads, and on a GPU
    what one thread left to be computed is an error in another ("There is no Stream in current thread"). So nothing is
    left, not even the frequencies of rotary embeddings (Llama 3), which are no parameters.
    """

    def __init__(self, model: Any, *, serial: bool) -> None:
        self._model = model
        mx.eval(model)
        self._serial = serial
        self._prompt: list[Any] = make_prompt_cache(model)
        self._length = 0
        self._prompt_logits: mx.array | None = None
        self._rows: list[Any] = []
        self._logits: mx.array | None = None

    can_join = False

    @property
    def can_keep(self) -> bool:
        """Whether the cache can be cut: recurrent and full rotating ones cannot."""
        return bool(can_trim_prompt_cache(self._prompt))

    @property
    def can_save(self) -> bool:
        """Whether the cache is of plain keys and values, which can be cut into pieces and put together again."""
        return all(type(cache) is KVCache for cache in self._prompt)

    def extend(self, tokens: Sequence[int], cancel: CancelToken) -> None:
        """Evaluate these tokens behind the prompt so far.

        Layer by layer, so that it can be cancelled in its middle. The logits stay unevaluated, so that all but the last
        chunk's are never computed.
        """
        with _memory(self.release):
            self._prompt_logits = self._model(mx.array([list(tokens)]), cache=self._prompt)[:, -1]
            for cache in self._prompt:
                if cancel.cancelled:
                    raise CancelledError
                mx.eval(cache.state)
        self._length += len(tokens)

    def keep(self, length: int) -> None:
        """Cut the prompt to its first `length` tokens."""
        self._prompt_logits = None
        if length == 0:
            self._prompt = make_prompt_cache(self._model)
            if self._serial:
                mx.clear_cache()
        else:
            trim_prompt_cache(self._prompt, self._length - length)
        self._length = length

    def save(self, begin: int, *, complete: bool) -> Snapshot:
        """The prompt from its token `begin` on."""
        logits = self._prompt_logits if complete else None
        with _memory(self.release):
            pairs = [[mx.contiguous(x[..., begin:, :]) for x in cache.keys_and_values()] for cache in self._prompt]
            mx.eval(pairs, *([] if logits is None else [logits]))
        size = sum(x.nbytes for pair in pairs for x in pair) + (0 if logits is None else logits.nbytes)
        return Snapshot(self._length - begin, (pairs, logits), size, complete)

    def append(self, saved: Snapshot) -> None:
        """Put what was saved behind the prompt so far."""
        pairs, self._prompt_logits = saved.state
        with _memory(self.release):
            for cache, (keys, values) in zip(self._prompt, pairs, strict=True):
                cache.update_and_fetch(keys, values)
            mx.eval([cache.state for cache in self._prompt])
        self._length += saved.tokens

    def fork(self, rows: int) -> None:
        """Begin a batch of siblings at the prompt's end."""
        assert self._prompt_logits is not None
        with _memory(self.release):
            self._rows = [_mapped(cache, lambda x: mx.repeat(x, rows, axis=0)) for cache in self._prompt]
            self._logits = mx.repeat(self._prompt_logits.astype(mx.float32), rows, axis=0)
            mx.eval(self._logits, [cache.state for cache in self._rows])

    def choose(self, temperature: float, top_p: float, draws: Sequence[float]) -> list[Choice]:
        """The next token of every row."""
        assert self._logits is not None
        logits = self._logits
        with _memory(self.release):
            tokens = mx.argmax(logits, axis=-1) if temperature == 0 else nucleus(logits, temperature, top_p, draws)
            chosen = mx.take_along_axis(logits, tokens[:, None], axis=-1)[:, 0]
            logprobs = chosen - mx.logsumexp(logits, axis=-1)
            mx.eval(tokens, logprobs)
        return [Choice(int(t), float(p)) for t, p in zip(tokens.tolist(), logprobs.tolist(), strict=True)]

    def select(self, rows: Sequence[int]) -> None:
        """Keep these rows of the batch only."""
        at = mx.array(list(rows))
        with _memory(self.release):
            self._rows = [_mapped(cache, lambda x: mx.take(x, at, axis=0)) for cache in self._rows]

    def step(self, tokens: Sequence[int], cancel: CancelToken) -> None:
        """Evaluate one token of each row."""
        with _memory(self.release):
            found = self._model(mx.array([[token] for token in tokens]), cache=self._rows)
            self._logits = found[:, -1].astype(mx.float32)
            mx.eval(self._logits, [cache.state for cache in self._rows])

    def release(self) -> None:
        """Forget the batch of siblings."""
        self._rows, self._logits = [], None
        if self._serial:
            mx.clear_cache()

    def load_adapter(self, adapter: Path | None) -> None:
        """Take the adapter there is off, and put this one on. A damaged one leaves the model as it was."""
        if adapter is None:
            strip_adapter(self._model)
        else:
            put_adapter(self._model, adapter)
        mx.eval(self._model)

    def close(self) -> None:
        """Free the model, and give its memory back to the device."""
        self._model = self._prompt_logits = None
        self._prompt = []
        self.release()
        mx.clear_cache()


def nucleus(logits: mx.array, temperature: float, top_p: float, draws: Sequence[float]) -> mx.array:
    """One token of each row, from the likeliest that add up to `top_p` at this temperature.

    A draw in [0, 1) falls on a token of the likeliest first, with their probabilities side by side.
    """
    probabilities = mx.softmax((logits - mx.max(logits, axis=-1, keepdims=True)) / temperature, axis=-1)
    tokens = mx.argsort(-probabilities, axis=-1)
    likely = mx.take_along_axis(probabilities, tokens, axis=-1)
    before = mx.cumsum(likely, axis=-1) - likely
    kept = mx.where(before >= top_p, 0.0, likely)
    sums = mx.cumsum(kept, axis=-1)
    falls = mx.array(list(draws))[:, None] * sums[:, -1:]
    at = mx.minimum(mx.sum(sums <= falls, axis=-1), mx.sum(kept > 0, axis=-1) - 1)
    return mx.take_along_axis(tokens, at[:, None], axis=-1)[:, 0]


def _mapped(cache: Any, change: Callable[[mx.array], mx.array]) -> Any:
    """A copy of one layer's cache with `change` made to its arrays, whose first axis are the rows."""
    new = copy.copy(cache)
    new.state = tree_map(lambda x: change(x) if isinstance(x, mx.array) and x.ndim else x, cache.state)
    return new


@contextmanager
def _memory(release: Callable[[], None]) -> Iterator[None]:
    """What MLX says where memory does not suffice becomes OutOfMemoryError; on Metal it may end the process first."""
    try:
        yield
    except RuntimeError as error:
        text = str(error).lower()
        if "malloc" not in text and "allocate" not in text and "memory" not in text:
            raise
        release()
        mx.clear_cache()
        raise OutOfMemoryError(str(error)) from None
