"""The backend `llama-cpp`: GGUF files at full speed, through the batches of llama.cpp's C functions.

A prompt is evaluated once and its cells are shared by all siblings; a step gives every sibling a token; when one ends
the next takes its place. Prompts of other nodes stay in memory as bytes (`_snapshots`), and what a new prompt has in
common with any of them is not evaluated again. Adapters are GGUF LoRAs.
"""

from __future__ import annotations

from reason_tui_backends import _llama_library as library
from reason_tui_backends._batch_policy import BatchPolicy
from reason_tui_backends._gguf_checks import open_model
from reason_tui_backends._llama_chat import LlamaChat
from reason_tui_backends._llama_engine import LlamaEngine, Pool
from reason_tui_backends._options import refuse_others
from reason_tui_backends._threads import usable_threads

from reason_tui.policy import ModelSpec, PolicyInfo

_CHUNKS = {"cpu": 128}
_LONG_CHUNK = 512


def load(spec: ModelSpec) -> BatchPolicy:
    """The policy of the GGUF file at `spec.path`. Raises ModelNotFoundError, ModelDamagedError or ConfigError."""
    refuse_others(spec, "llama-cpp", frozenset(("device", "dtype", "serial")))
    header = open_model(spec.path)
    device = library.main_device()
    context = min(spec.context_length, header.context_length or spec.context_length)
    width = 1 if spec.serial else spec.parallel
    pool = Pool(context * width, width, _CHUNKS.get(device, _LONG_CHUNK))
    model = library.load_model(spec.path, None)
    size = int(library.lib.llama_model_size(model))
    quantisation = library.quantisation(model)
    chat = LlamaChat(model, str(spec.path))
    engine = LlamaEngine(spec, header, model, pool, threads=usable_threads(spec.threads), device=device)
    info = PolicyInfo(
        model=spec.name,
        backend="llama-cpp",
        context_length=context,
        quantisation=quantisation,
        device=device,
        memory_bytes=size + pool.cells * header.cache_bytes_per_token,
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
    )
