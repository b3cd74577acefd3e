"""Can this machine train that model? Asked before anything is loaded.

With h, f, v, L, q, k the widths of residual stream, feed-forward and vocabulary, the layers, and the widths of queries
and keys; r the rank; t the tokens of a micro batch, in DPO of both its sides; b bytes a number (2 on CUDA, else 4):

    weights      b a parameter, 0.6 in NF4
    adapter      16 bytes a parameter: itself, its gradient and the two moments of AdamW, in single precision; 4 more
                 in DPO that goes on from an adapter, which is kept as the reference
    activations  b (8h + 2q + 2k + 4f) t a layer that is kept for its gradient: of all L, or with gradient
                 checkpointing of one, and b h t for the inputs of the others; three times a layer's more for the one
                 that is being computed: gradients, and what LoRA adds to each projection
    logits       32 v t: copies in single precision, of themselves, their gradient, and what loss, accuracy and
                 entropy make of them

The last two figures are measured, with TRL 1.16 on a CPU (benchmarks/learning_memory.py); on CUDA they are taken to be
the same.

The count of activations follows Korthikanti et al. 2022 (arXiv 2205.05198), section 4, for a gated feed-forward block
and attention that keeps no scores. The reference has no weights of its own, and its log-probabilities are computed
once, before the training: two numbers a lesson.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reason_tui.engine.living import resident
from reason_tui.errors import ConfigError, ModelDamagedError, TrainingError
from reason_tui.learning.pairs import Example, Lesson, Pair
from reason_tui.learning.training.ranks import per_device, world
from reason_tui.learning.training.settings import TrainSettings

_GIB = 1024**3
_NF4 = 0.6
_LOGITS = 32
_COMPUTED = 3
"""Layers' worth of activations that the one being computed takes beside its own."""
_WORTH_IT = _GIB // 4
"""Bytes from which an engine is worth being ended for a training."""
_TEMPLATE = 64
"""Tokens that a chat template adds, at most."""


class Need(NamedTuple):
    """Bytes of a training at its widest moment."""

    weights: int
    adapter: int
    activations: int
    logits: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self)

    def __str__(self) -> str:
        return ", ".join(f"{name} {size / _GIB:.1f}" for name, size in zip(self._fields, self, strict=True))


class _Shape(NamedTuple):
    """What the formulas ask of a model: see the module."""

    hidden: int
    inner: int
    layers: int
    queries: int
    keys: int
    vocabulary: int

    def adapter(self, rank: int) -> int:
        """Parameters of a LoRA of the seven projections."""
        h, f, q, k = self.hidden, self.inner, self.queries, self.keys
        return self.layers * rank * ((h + q) + 2 * (h + k) + (q + h) + 3 * (h + f))


def longest_of(lessons: Sequence[Lesson], settings: TrainSettings) -> int:
    """Tokens of the longest lesson at most: no tokenizer makes more of a text than it has bytes."""
    known = max((_bytes(lesson) for lesson in lessons), default=settings.max_length)
    reply = settings.reply_length if settings.method == "grpo" else 0
    return min(settings.max_length, known + reply + _TEMPLATE)


def _bytes(lesson: Lesson) -> int:
    texts = [*(message.content for message in lesson.messages), lesson.prefix]
    if isinstance(lesson, Pair):
        texts.append(max(lesson.chosen, lesson.rejected, key=len))
    elif isinstance(lesson, Example):
        texts.append(lesson.text)
    return sum(len(text.encode("utf-8", "replace")) for text in texts)


def need_of(base: Path, settings: TrainSettings, longest: int, *, cuda: bool = False, start: bool = False) -> Need:
    """What training the model folder takes with lessons of `longest` tokens. Raises ModelDamagedError."""
    config = _config(base)
    shape = _shape(base, config)
    number = 2 if cuda else 4
    stored = sum(file.stat().st_size for file in base.glob("*.safetensors"))
    parameters = stored / (4 if config.get("torch_dtype", config.get("dtype")) == "float32" else 2)
    tokens = per_device(settings) * longest * (2 if settings.method == "dpo" else 1)
    kept = number * tokens * (8 * shape.hidden + 2 * shape.queries + 2 * shape.keys + 4 * shape.inner)
    inputs = number * tokens * shape.hidden * shape.layers
    return Need(
        weights=int(parameters * (_NF4 if settings.quantise == "nf4" else number)),
        adapter=shape.adapter(settings.rank) * (20 if start and settings.method == "dpo" else 16),
        activations=kept * (_COMPUTED + 1) + inputs if settings.checkpoints else kept * (_COMPUTED + shape.layers),
        logits=_LOGITS * tokens * shape.vocabulary,
    )


def check_memory(
    base: Path, settings: TrainSettings, lessons: Sequence[Lesson], *, start: bool = False, total: int | None = None
) -> None:
    """Raises TrainingError, with advice, where the training does not fit the memory there is.

    `total` bytes; None: the machine's, without what engines of the app and of `solve` have, which do not queue behind a
    training. Raises ConfigError where a device is asked for that is not there.
    """
    cuda = _on_cuda(settings)
    taken = 0 if cuda or total is not None else resident() // world()
    have = (_memory(cuda) if total is None else total) - taken
    longest = longest_of(lessons, settings)
    need = need_of(base, settings, longest, cuda=cuda, start=start)
    if need.total > have:
        raise TrainingError(
            f"Training {base.name} needs {need.total / _GIB:.1f} GiB, and there are {have / _GIB:.1f} GiB.",
            why=f"In GiB: {need}.",
            hint=_leave(taken) + _advice(base, settings, longest, have, cuda=cuda, start=start),
        )


def _leave(taken: int) -> str:
    """Where engines have memory that the training could have."""
    if taken < _WORTH_IT:
        return ""
    return f"A model is loaded besides and has {taken / _GIB:.1f} GiB: leave the app, or load a smaller one there. "


def _advice(base: Path, settings: TrainSettings, longest: int, have: int, *, cuda: bool, start: bool) -> str:
    """The smallest change that would do."""
    for size in range(per_device(settings), 0, -1):
        tried = settings.model_copy(update={"micro_batch": size, "checkpoints": True})
        if need_of(base, tried, longest, cuda=cuda, start=start).total <= have:
            back = "" if settings.checkpoints else ", without --no-checkpointing"
            return f"It fits with --micro-batch {size}{back}: the result is the same, it takes longer."
        if need_of(base, tried, longest // 2, cuda=cuda, start=start).total <= have and size == 1:
            return f"It fits with --micro-batch 1 --max-length {longest // 2}, which leaves longer lessons out."
    smaller = "" if settings.quantise == "nf4" else " (CUDA: --quantise nf4 takes about a seventh for the weights)"
    return f"Train a smaller model, or on another machine: reason-tui learn bundle{smaller}."


def _on_cuda(settings: TrainSettings) -> bool:
    if settings.device not in ("auto", "cuda"):
        return False
    import torch

    found = bool(torch.cuda.is_available())
    if settings.device == "cuda" and not found:
        raise ConfigError("There is no CUDA here for --device cuda.", hint="Leave it away, or: --device cpu")
    return found


def _memory(cuda: bool) -> int:
    """What there is for one process."""
    if cuda:
        import torch

        return int(torch.cuda.mem_get_info()[0])
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // world()


def _config(base: Path) -> dict[str, Any]:
    try:
        found = json.loads((base / "config.json").read_bytes())
    except (OSError, ValueError) as error:
        raise ModelDamagedError(f"{base / 'config.json'} cannot be read.", why=f"{error}.") from error
    return found if isinstance(found, dict) else {}


def _shape(base: Path, config: dict[str, Any]) -> _Shape:
    try:
        heads, hidden = int(config["num_attention_heads"]), int(config["hidden_size"])
        head = int(config.get("head_dim") or hidden // heads)
        return _Shape(
            hidden=hidden,
            inner=int(config["intermediate_size"]),
            layers=int(config["num_hidden_layers"]),
            queries=heads * head,
            keys=int(config.get("num_key_value_heads") or heads) * head,
            vocabulary=int(config["vocab_size"]),
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        what = f"{base / 'config.json'} does not say how large the model is."
        raise ModelDamagedError(what, why=f"{error}.") from error
