"""The backend `llama-cpp`: GGUF files at full speed, through the batches of llama.cpp's C functions.

A prompt is evaluated once and its cells are shared by all siblings; a step gives every sibling a token; when one ends
the next takes its place. Prompts of other nodes stay in memory as bytes (`_snapshots`), and what a new prompt has in
common with any of them is not evaluated again. `dtype` is that of keys and values. Adapters are GGUF LoRAs.
"""

from __future__ import annotations

from reason_tui_backends import _llama_library as library
from reason_tui_backends._batch_policy import BatchPolicy
from reason_tui_backends._gguf import Header
from reason_tui_backends._gguf_checks import open_model
from reason_tui_backends._gguf_devices import gguf_device, offloading, prompt_batch
from reason_tui_backends._gguf_forecast import forecast as predict
from reason_tui_backends._llama_chat import LlamaChat
from reason_tui_backends._llama_engine import LlamaEngine, Pool
from reason_tui_backends._memory import plan
from reason_tui_backends._options import refuse_others
from reason_tui_backends._threads import usable_threads

from reason_tui.policy import Forecast, ModelSpec, PolicyInfo


def load(spec: ModelSpec) -> BatchPolicy:
    """The policy of the GGUF file at `spec.path`.

    Raises ModelNotFoundError, ModelDamagedError, ModelTooLargeError or ConfigError.
    """
    header, device, planned = _plan(spec)
    context, width = planned.context_length, planned.width
    pool = Pool(context * width, width, prompt_batch(device))
    model = library.load_model(spec.path, 0 if device == library.CPU else spec.gpu_layers)
    chat, quantisation = LlamaChat(model, str(spec.path)), library.quantisation(model)
    engine = LlamaEngine(spec, header, model, pool, threads=usable_threads(spec.threads), device=device)
    info = PolicyInfo(
        model=spec.name,
        backend="llama-cpp",
        context_length=context,
        quantisation=quantisation,
        device=device,
        memory_bytes=planned.total,
        width=width,
        adapter_format="gguf",
        supports=frozenset({"logprobs", "siblings", "adapters"}),
    )
    return BatchPolicy(
        engine,
        chat,
        info,
        ends=chat.end_tokens,
        width=width,
        chunk=pool.chunk,
        serial=spec.serial,
        kept_bytes=planned.kept,
    )


def forecast(spec: ModelSpec) -> Forecast:
    """What `load` would take. Raises what it would, as far as that is known before."""
    return _plan(spec)[2]


def _plan(spec: ModelSpec) -> tuple[Header, str, Forecast]:
    refuse_others(spec, "llama-cpp", frozenset(("device", "dtype", "serial", "gpu_layers")))
    header = open_model(spec.path)
    device, free = gguf_device(spec, *library.main_device())
    context = min(spec.context_length, header.context_length or spec.context_length)

    def guess(width: int, tokens: int) -> Forecast:
        batch = max(prompt_batch(device), width)
        return predict(header, width=width, context=tokens, batch=batch, dtype=spec.dtype, device=device)

    return header, device, plan(spec, context, guess, free, offloading(device))
