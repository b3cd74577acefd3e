"""The base backend: any GGUF file through the `xllamacpp` wheel (llama.cpp).

The chat is written by the model's own template, the request's prefix is appended raw, and the whole is continued as a
plain completion. One request with `n` siblings evaluates its prompt once; more siblings than the engine has slots run
in waves. Sampling is temperature, then top-p, from the whole vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reason_tui_backends._gguf import Header
from reason_tui_backends._gguf_checks import check_adapter, open_model
from reason_tui_backends._gguf_devices import gguf_device, offloading, prompt_batch
from reason_tui_backends._gguf_forecast import forecast as predict
from reason_tui_backends._llama_server import LlamaServer, main_device
from reason_tui_backends._memory import plan
from reason_tui_backends._options import refuse_others
from reason_tui_backends._room import answer_room
from reason_tui_backends._sampling import Sampler

from reason_tui.chat_templates import same_day
from reason_tui.errors import BackendError, ModelDamagedError
from reason_tui.policy import (
    CancelToken,
    Completion,
    Forecast,
    Message,
    ModelSpec,
    PolicyInfo,
    SampleRequest,
    TokenSink,
)


def load(spec: ModelSpec) -> XllamacppPolicy:
    """The policy of the GGUF file at `spec.path`.

    Raises ModelNotFoundError, ModelDamagedError, ModelTooLargeError or ConfigError.
    """
    return XllamacppPolicy(spec, *_plan(spec))


def forecast(spec: ModelSpec) -> Forecast:
    """What `load` would take. Raises what it would, as far as that is known before."""
    return _plan(spec)[2]


def _plan(spec: ModelSpec) -> tuple[Header, str, Forecast]:
    refuse_others(spec, "xllamacpp", frozenset(("device", "dtype", "serial", "gpu_layers")))
    header = open_model(spec.path)
    device, free = gguf_device(spec, *main_device())
    context = min(spec.context_length, header.context_length or spec.context_length)

    def guess(width: int, tokens: int) -> Forecast:
        batch = max(prompt_batch(device), width)
        return predict(header, width=width, context=tokens, batch=batch, dtype=spec.dtype, device=device)

    return header, device, plan(spec, context, guess, free, offloading(device))


class XllamacppPolicy:
    """A `Policy` (see `reason_tui.policy`) over one llama.cpp server in this process."""

    info: PolicyInfo

    def __init__(self, spec: ModelSpec, header: Header, device: str, planned: Forecast) -> None:
        self._spec = spec
        self._header = header
        own = str(header.metadata["tokenizer.chat_template"])
        written = same_day(own)
        self._template = "" if written == own else written
        self._device = device
        self._planned = planned
        self._context = planned.context_length
        self._adapter: Path | None = None
        self._stamp: tuple[int, int] | None = None
        self._adapter_on = False
        self._server: LlamaServer | None = None
        self._start(None)
        self.info = self._describe()

    def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        """`request.n` completions, in the order of their index. See `Policy.sample`."""
        prompt = self._tokens(request.messages, request.prefix)
        room = answer_room(len(prompt), self._context)
        scale = float(self._adapter_on) if self._adapter else None
        limit = min(request.max_tokens, room)
        try:
            return self._sampler.sample(prompt, request, limit, adapter=scale, on_token=on_token, cancel=cancel)
        finally:
            if self._spec.serial:
                self._sampler.forget()

    def count_tokens(self, messages: Sequence[Message], prefix: str = "") -> int:
        """Tokens of the prompt as the model sees it."""
        return len(self._tokens(messages, prefix))

    def load_adapter(self, adapter: Path | None) -> None:
        """Use this GGUF LoRA from now on, or none. Only another file than the last one needs a reload.

        Raises ModelNotFoundError or ModelDamagedError; the policy then is as it was.
        """
        self._alive()
        if adapter is not None and (adapter != self._adapter or _stamp(adapter) != self._stamp):
            check_adapter(adapter, self._header, self._spec.name)
            self._reload(adapter)
        self._adapter_on = adapter is not None
        self.info = self.info.model_copy(update={"adapter": adapter and str(adapter)})

    def close(self) -> None:
        """Free the model."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _tokens(self, messages: Sequence[Message], prefix: str) -> list[int]:
        server = self._alive()
        return server.tokenize(server.template([m.model_dump() for m in messages]) + prefix)

    def _alive(self) -> LlamaServer:
        if self._server is None:
            raise BackendError("This model has been closed.", hint="Load it again.")
        return self._server

    def _start(self, adapter: Path | None) -> None:
        width = self._planned.width
        pool = self._context * width
        self._server = LlamaServer(
            self._spec, pool=pool, device=self._device, width=width, adapter=adapter, template=self._template
        )
        self._sampler = Sampler(self._server, width)

    def _reload(self, adapter: Path) -> None:
        """Start again with another adapter; the old server goes first, so that memory holds one model at a time."""
        self.close()
        try:
            self._start(adapter)
        except ModelDamagedError:
            self._start(self._adapter)
            raise
        self._adapter, self._stamp = adapter, _stamp(adapter)

    def _describe(self) -> PolicyInfo:
        facts = self._alive().facts()
        return PolicyInfo(
            model=self._spec.name,
            backend="xllamacpp",
            context_length=self._context,
            quantisation=str(facts["ftype"]).removeprefix("(guessed) ").removeprefix("all "),
            device=self._device,
            memory_bytes=self._planned.total,
            width=self._planned.width,
            adapter_format="gguf",
            supports=frozenset({"logprobs", "siblings", "adapters"}),
        )


def _stamp(path: Path) -> tuple[int, int] | None:
    """Changes when the file is written anew: its time of change and its size."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
