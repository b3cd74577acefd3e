"""The policy protocol: all that search knows of a model, and all that a backend must do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

Capability = Literal["logprobs", "siblings", "adapters"]
FinishReason = Literal["stop", "length", "cancelled"]

TokenSink = Callable[[int, str], None]
"""Called with the sibling's index and the new text, from the policy's thread."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(_Record):
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str


class SampleRequest(_Record):
    """Ask for `n` siblings that continue `messages` + `prefix` (assistant text already written).

    `temperature` 0 is greedy. The request determines its samples, whatever was sampled before; with another
    `n`, an engine that evaluates siblings together may round otherwise. `max_tokens` counts new
    tokens of one sibling; a backend lowers it to what the context leaves.
    """

    messages: tuple[Message, ...]
    prefix: str = ""
    n: int = Field(default=1, ge=1)
    temperature: float = Field(default=0.8, ge=0.0)
    top_p: float = Field(default=0.95, gt=0.0, le=1.0)
    max_tokens: int = Field(default=512, ge=1)
    stop: tuple[str, ...] = ()
    seed: int = Field(default=0, ge=0)


class Usage(_Record):
    """Tokens of one completion. A prompt shared by siblings is charged once, to the first of them."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0

    @property
    def total(self) -> int:
        """Tokens that were computed: the prompt's that were not cached, and the new ones."""
        return self.prompt + self.completion


class Completion(_Record):
    """A raw reply: `text` follows the request's prefix; the stop string is not part of it.

    `mean_logprob` is in nats per token, None where the backend has none.
    """

    text: str
    usage: Usage = Usage()
    mean_logprob: float | None = None
    finish: FinishReason = "stop"


class Forecast(_Record):
    """What a model will take, in bytes, predicted before it is loaded.

    `caches` are the keys and values of the prompt and of `width` siblings that fill `context_length`; `buffers` what
    a computation needs besides. `kept` is what prompts of earlier nodes may take of what is left then. `room` is what
    may be taken: what is free, or less where a limit was set; 0 where neither is known.
    """

    weights: int
    caches: int
    buffers: int
    width: int
    context_length: int
    kept: int = 0
    room: int = 0

    @property
    def total(self) -> int:
        """What is taken whatever is asked of the model."""
        return self.weights + self.caches + self.buffers

    @property
    def fits(self) -> bool:
        """Whether there is room, as far as known."""
        return not self.room or self.total <= self.room


class PolicyInfo(_Record):
    """What a loaded model is.

    `memory_bytes` is what weights, caches and buffers take, as predicted; `width` how many siblings are sampled at a
    time at most (0: not known).
    """

    model: str
    backend: str
    context_length: int
    quantisation: str = ""
    device: str = "cpu"
    memory_bytes: int = 0
    width: int = 0
    adapter: str | None = None
    adapter_format: Literal["gguf", "peft", "mlx"] | None = None
    supports: frozenset[Capability] = frozenset()


class CancelToken:
    """Set once, from any thread; a backend looks at it at least every few tokens."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._acts: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """Ask for the sampling in progress to end."""
        with self._lock:
            self._event.set()
            for act in self._acts:
                act()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    @contextmanager
    def telling(self, act: Callable[[], None]) -> Iterator[None]:
        """Within it, `act` is called by whoever cancels, in their thread; at once where somebody has.

        For engines that can be interrupted in the middle of a computation. `act` must be quick and raise nothing.
        """
        with self._lock:
            self._acts.append(act)
            if self._event.is_set():
                act()
        try:
            yield
        finally:
            with self._lock:
                self._acts.remove(act)


class Policy(Protocol):
    """A model in its role. Synchronous; called from one thread."""

    info: PolicyInfo

    def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        """`request.n` completions, in the order of their index.

        Cancelled ones are returned with what they have and `finish="cancelled"`. Raises PromptTooLongError when
        no room for an answer is left, BackendError for anything else the model's engine says.
        """
        ...

    def count_tokens(self, messages: Sequence[Message], prefix: str = "") -> int:
        """Tokens of the prompt as the model sees it, chat template included."""
        ...

    def load_adapter(self, adapter: Path | None) -> None:
        """Use this adapter (in `info.adapter_format`) from now on, or none."""
        ...

    def close(self) -> None:
        """Free the model. Calling it twice is harmless."""
        ...


@runtime_checkable
class OnDevice(Protocol):
    """What a policy also is whose model takes memory that is not the process's own: an accelerator's."""

    device_bytes: int
    """As measured after loading."""


class ModelSpec(_Record):
    """What a backend is asked to load: a file or folder, and how.

    `parallel` is how many siblings are sampled at a time at most; fewer where memory is short. `serial` asks for one
    at a time, with the caches freed after each request. `memory_limit` is in bytes; without one, what is free counts.
    Backends that cannot do what `device`, `dtype`, `quantise`, `serial` or `gpu_layers` ask for raise ConfigError
    (see backends/README.md).
    """

    name: str
    path: Path
    context_length: int = 4096
    threads: int = 1
    parallel: int = Field(default=4, ge=1)
    seed: int = 0
    device: str = "auto"
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    quantise: Literal["none", "nf4"] = "none"
    serial: bool = False
    gpu_layers: int | None = Field(default=None, ge=0)
    memory_limit: int | None = Field(default=None, gt=0)
