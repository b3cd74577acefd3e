"""llama.cpp's server inside this process: loading it, asking it, ending it.

Completions go in by a function call and come back through a callback on a thread of ours; only the chat template,
the tokenizer and the list of models need the private socket. Three habits of the engine shape this file:

* Flash attention on a CPU is slower for small batches, and its sums depend on where in the cache a sequence lies, so
  that one seed gave different texts. It is off there.
* A server destroyed before its loop began never ends: one token is sampled at load, which also warms it up.
* The callback is the only way to cancel, and is called per token and per batch of prompt (`return_progress`).
"""

from __future__ import annotations

import os
import queue
import threading
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from reason_tui_backends._gguf_checks import adapter_refused, model_refused
from reason_tui_backends._gguf_devices import Device, accelerator, prompt_batch
from reason_tui_backends._private_socket import PrivateSocket
from reason_tui_backends._threads import usable_threads

from reason_tui.chat_templates import template_date
from reason_tui.policy import ModelSpec

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read once, when the library below is loaded

import xllamacpp

Event = dict[str, Any]
_SILENT = -1
_POLL_SECONDS = 0.02
_CACHE_TYPES = {
    "auto": xllamacpp.ggml_type.GGML_TYPE_F16,
    "float16": xllamacpp.ggml_type.GGML_TYPE_F16,
    "float32": xllamacpp.ggml_type.GGML_TYPE_F32,
    "bfloat16": xllamacpp.ggml_type.GGML_TYPE_BF16,
}
_STRANGER_SECONDS = 5
_TODAY = {"date_string": template_date("%d %b %Y"), "datetime": template_date("%b %d %Y")}
"""What the server would tell the template of the day it is."""


class Stream:
    """The events of one completion request, sampled on a thread of its own."""

    def __init__(self, server: xllamacpp.Server, body: Event) -> None:
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(server, body), name="llama-stream", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Event | None]:
        """Events as they come, None whenever there was none for a moment; ends with the request."""
        while True:
            try:
                event = self._events.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                yield None
                continue
            if event is None:
                return
            yield event

    def stop(self) -> None:
        """Ask the engine to stop at its next token or batch of the prompt."""
        self._stop.set()

    def join(self) -> None:
        """Wait until the engine is done with this request."""
        self._thread.join()

    def _run(self, server: xllamacpp.Server, body: Event) -> None:
        try:
            server.handle_completions(body, self._receive)
        except RuntimeError as error:  # what the binding makes of any C++ exception
            self._events.put({"error": {"message": str(error)}})
        finally:
            self._events.put(None)

    def _receive(self, event: Event) -> bool:
        self._events.put(event)
        return self._stop.is_set()


class LlamaServer:
    """One loaded model, with at most one adapter. At most one request at a time.

    Raises ModelDamagedError when llama.cpp refuses the file or the adapter. Ends with `close`, or when the interpreter
    does.
    """

    def __init__(
        self,
        spec: ModelSpec,
        *,
        pool: int,
        device: str,
        width: int | None = None,
        adapter: Path | None = None,
        template: str = "",
    ) -> None:
        """`width` slots, as many as `spec.parallel` where it is not given, share `pool` cells.

        `template` is used in the place of the model's own; empty for that one.
        """
        self._socket = PrivateSocket()
        params = _parameters(spec, pool, device, width or spec.parallel, adapter)
        params.chat_template = template
        params.hostnames = [str(self._socket.path)]
        params.api_keys = [self._socket.key]
        params.slot_save_path = f"{self._socket.folder}/"  # nothing is saved, but without it no slot can be erased
        holder: list[xllamacpp.Server] = []
        self._holder = holder
        self._streams: list[Stream] = []
        self._end = weakref.finalize(self, _end, holder, self._streams, self._socket)
        try:
            holder.append(xllamacpp.Server(params))
        except RuntimeError as error:
            self._end()
            if adapter is not None:
                raise adapter_refused(adapter, str(error)) from error
            raise model_refused(spec.path, str(error)) from error
        self.stream({"prompt": [0], "max_tokens": 1, "id_slot": 0}).join()

    @property
    def folder(self) -> Path:
        """Where the private socket lies."""
        return self._socket.folder

    def stream(self, body: Event) -> Stream:
        """Begin a completion request, after the one before it has ended."""
        self._finish()
        stream = Stream(self._holder[0], body)
        self._streams.append(stream)
        return stream

    def template(self, messages: list[dict[str, str]]) -> str:
        """The chat as the template writes it, up to where the assistant begins to speak."""
        body = {"messages": messages, "chat_template_kwargs": _TODAY}
        return str(self._socket.call("/apply-template", body)["prompt"])

    def tokenize(self, text: str) -> list[int]:
        """Token ids; special tokens written in `text` become themselves."""
        body = {"content": text, "add_special": True, "parse_special": True}
        return list(self._socket.call("/tokenize", body)["tokens"])

    def erase(self, slots: Iterable[int]) -> None:
        """Empty these slots' parts of the cache, after the request before has ended."""
        self._finish()
        for slot in slots:
            self._socket.call(f"/slots/{slot}?action=erase", {})

    def facts(self) -> dict[str, Any]:
        """What the engine says of the model: `ftype` (how its weights are stored) and `size` (their bytes)."""
        return dict(self._socket.call("/v1/models")["data"][0]["meta"])

    def _finish(self) -> None:
        while self._streams:
            self._streams.pop().join()

    def close(self) -> None:
        """Stop what runs, free the model, remove the socket. Calling it twice is harmless."""
        self._end()


def main_device() -> tuple[str, int]:
    """`cpu`, or the name of the first accelerator that this build of llama.cpp uses; and the bytes free on all."""
    found = xllamacpp.get_device_info()
    return accelerator(Device(int(d["type"]), str(d["name"]), int(d["memory_free"])) for d in found)


def _end(holder: list[xllamacpp.Server], streams: list[Stream], socket: PrivateSocket) -> None:
    for stream in streams:
        stream.stop()
        stream.join()
    streams.clear()
    holder.clear()  # the last reference: its destructor ends the server's threads
    socket.close()


def _parameters(spec: ModelSpec, pool: int, device: str, width: int, adapter: Path | None) -> xllamacpp.CommonParams:
    params = xllamacpp.CommonParams()
    params.model.path = str(spec.path)
    params.offline = True
    params.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE  # a mapped file stays, besides the weights in use
    params.n_ctx = pool
    params.n_parallel = width
    params.n_gpu_layers = 0 if device == "cpu" else -1 if spec.gpu_layers is None else spec.gpu_layers
    params.cache_type_k = params.cache_type_v = _CACHE_TYPES[spec.dtype]
    params.kv_unified = True  # siblings share the prompt's cells
    params.cache_ram_mib = 0
    params.fit_params = False
    params.warmup = False
    params.prefill_assistant = False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = usable_threads(spec.threads)
    params.n_threads_http = 4  # so that a stranger who holds a connection open holds nobody up,
    params.timeout_read = params.timeout_write = _STRANGER_SECONDS  # and not for long
    params.ui = params.endpoint_slots = False
    params.verbosity = _SILENT
    params.n_batch = max(prompt_batch(device), width)
    if device == "cpu":
        params.no_op_offload = True  # a GPU that is there would compute prompts all the same
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    if adapter is not None:
        lora = xllamacpp.CommonAdapterLoraInfo()
        lora.path, lora.scale = str(adapter), 1.0
        params.lora_adapters = [lora]
    return params
