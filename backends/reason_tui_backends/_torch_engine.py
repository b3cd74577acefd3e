"""One transformers model in PyTorch, as the engine of `_batch`."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import reason_tui_backends._offline  # noqa: F401 # isort: skip - before the libraries below
import torch
from reason_tui_backends._batch import CancelledError, Choice, OutOfMemoryError
from reason_tui_backends._peft import put_adapter, strip_adapter
from reason_tui_backends._snapshots import Snapshot
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from reason_tui.policy import CancelToken

_HEAD = 256
"""Tokens that are sorted at first: nearly always these hold more than top_p of the probability."""

_NO_MEMORY = ("out of memory", "can't allocate memory", "failed to allocate", "alloc_failed")
"""What the plain RuntimeErrors say that come of the allocators of the CPU and of MPS, and of CUDA's own libraries
(CUBLAS_STATUS_ALLOC_FAILED), which allocate beside PyTorch."""


class TorchEngine:
    """`model` is any causal language model of transformers, in evaluation mode."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._watch = _Watch()
        self._prompt = DynamicCache(config=model.config)
        self._prompt_logits: torch.Tensor | None = None
        self._rows: DynamicCache | None = None
        self._logits: torch.Tensor | None = None
        for layer in _decoder_layers(model):
            layer.register_forward_pre_hook(self._watch)

    can_join = False

    @property
    def can_keep(self) -> bool:
        """Whether the cache can be cut: recurrent and sliding layers cannot."""
        layers = self._prompt.layers
        return bool(layers) and all(layer.is_croppable and not layer.is_sliding for layer in layers)

    @property
    def can_save(self) -> bool:
        """Whether the cache is of plain keys and values, which can be cut into pieces and put together again."""
        return self.can_keep and all(type(layer) is DynamicLayer for layer in self._prompt.layers)

    def extend(self, tokens: Sequence[int], cancel: CancelToken) -> None:
        """Evaluate these tokens behind the prompt so far."""
        self._prompt_logits = self._forward([list(tokens)], self._prompt, cancel)

    def keep(self, length: int) -> None:
        """Cut the prompt to its first `length` tokens."""
        self._prompt_logits = None
        if length == 0:
            self._prompt = DynamicCache(config=self._model.config)
        elif (more := self._prompt.get_seq_length() - length) > 0:
            self._prompt.crop(-more)

    def save(self, begin: int, *, complete: bool) -> Snapshot:
        """The prompt from its token `begin` on."""
        logits = self._prompt_logits if complete else None
        with self._memory():
            pairs = [(x.keys[:, :, begin:].clone(), x.values[:, :, begin:].clone()) for x in self._prompt.layers]
        tensors = [tensor for pair in pairs for tensor in pair] + ([] if logits is None else [logits])
        size = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        return Snapshot(self._prompt.get_seq_length() - begin, (pairs, logits), size, complete)

    def append(self, saved: Snapshot) -> None:
        """Put what was saved behind the prompt so far."""
        pairs, self._prompt_logits = saved.state
        with self._memory():
            for i, (keys, values) in enumerate(pairs):
                self._prompt.update(keys, values, i)

    def fork(self, rows: int) -> None:
        """Begin a batch of siblings at the prompt's end."""
        assert self._prompt_logits is not None
        with self._memory():
            cache = copy.copy(self._prompt)
            cache.layers = [copy.copy(layer) for layer in self._prompt.layers]
            cache.batch_repeat_interleave(rows)
            self._rows, self._logits = cache, self._prompt_logits.expand(rows, -1)

    def choose(self, temperature: float, top_p: float, draws: Sequence[float]) -> list[Choice]:
        """The next token of every row."""
        assert self._logits is not None
        with self._memory():
            logits = self._logits
            tokens = logits.argmax(-1) if temperature == 0 else nucleus(logits, temperature, top_p, draws)
            logprobs = logits.log_softmax(-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
        return [Choice(int(t), float(p)) for t, p in zip(tokens.tolist(), logprobs.tolist(), strict=True)]

    def select(self, rows: Sequence[int]) -> None:
        """Keep these rows of the batch only."""
        assert self._rows is not None
        with self._memory():
            self._rows.batch_select_indices(torch.tensor(list(rows), device=self._model.device))

    def step(self, tokens: Sequence[int], cancel: CancelToken) -> None:
        """Evaluate one token of each row."""
        assert self._rows is not None
        self._logits = self._forward([[token] for token in tokens], self._rows, cancel)

    def release(self) -> None:
        """Forget the batch of siblings."""
        self._rows = self._logits = None

    def load_adapter(self, adapter: Path | None) -> None:
        """Take the adapter there is off, and put this one on. A damaged one leaves the model as it was."""
        if adapter is None:
            strip_adapter(self._model)
        else:
            put_adapter(self._model, adapter)

    def close(self) -> None:
        """Free the model, and give its memory back to the device."""
        self._model = self._prompt_logits = None
        self._prompt = DynamicCache()
        self.release()
        free_caches()

    def _forward(self, tokens: list[list[int]], cache: DynamicCache, cancel: CancelToken) -> torch.Tensor:
        """Logits (float32) behind the last token of each row."""
        self._watch.cancel = cancel
        with self._memory():
            ids = torch.tensor(tokens, device=self._model.device)
            found = self._model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
            return torch.Tensor.float(found.logits[:, -1])

    @contextmanager
    def _memory(self) -> Iterator[None]:
        """For everything that computes: without gradients, and with an error of our own where memory ends."""
        try:
            with torch.inference_mode():
                yield
        except RuntimeError as error:
            if not _is_memory(error):
                raise
            self.release()
            free_caches()
            raise OutOfMemoryError(str(error)) from None  # its traceback would keep the tensors alive


class _Watch:
    """Before each layer: ends the computation whose call was cancelled.

    Layers that knew the engine, which knows the model, would keep all of it after it was closed, until Python looks
    for circles.
    """

    def __init__(self) -> None:
        self.cancel = CancelToken()

    def __call__(self, *_: object) -> None:
        if self.cancel.cancelled:
            raise CancelledError


def nucleus(logits: torch.Tensor, temperature: float, top_p: float, draws: Sequence[float]) -> torch.Tensor:
    """One token of each row, from the likeliest that add up to `top_p` at this temperature.

    A draw in [0, 1) falls on a token of the likeliest first, with their probabilities side by side.
    """
    peak = logits.amax(-1, keepdim=True)
    probabilities = ((logits - peak) / temperature).softmax(-1)
    likely, tokens = probabilities.topk(min(_HEAD, probabilities.shape[-1]))
    if bool((likely.sum(-1) < top_p).any()):
        likely, tokens = probabilities.sort(dim=-1, descending=True, stable=True)
    before = likely.cumsum(-1) - likely
    kept = likely.masked_fill(before >= top_p, 0.0)
    sums = kept.cumsum(-1)
    falls = torch.tensor(list(draws), device=logits.device, dtype=sums.dtype).unsqueeze(-1) * sums[:, -1:]
    at = (sums <= falls).sum(-1, keepdim=True).minimum((kept > 0).sum(-1, keepdim=True) - 1)
    return tokens.gather(-1, at).squeeze(-1)


def free_caches() -> None:
    """Give memory that PyTorch holds for later back to the device."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


def _is_memory(error: RuntimeError) -> bool:
    if isinstance(error, torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return any(said in text for said in _NO_MEMORY)


def _decoder_layers(model: Any) -> Iterator[torch.nn.Module]:
    """The layers one after another, in the lists in which transformers models keep them."""
    for module in model.modules():
        if isinstance(module, torch.nn.ModuleList):
            yield from module
            return
