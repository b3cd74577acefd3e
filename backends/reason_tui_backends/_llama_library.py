"""llama.cpp through the C functions of llama-cpp-python, with its log kept to ourselves.

The package's own class `Llama` points descriptors 1 and 2 of the whole process at /dev/null while it works; nothing
here uses it. What the library logs is kept, a few lines of it, to say why a file was refused.
"""

from __future__ import annotations

import ctypes
import os
from collections import deque
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read once, when the library below is loaded

from reason_tui_backends._gguf_checks import adapter_refused, model_refused
from reason_tui_backends._gguf_devices import Device, accelerator

from reason_tui.errors import BackendError, ModelDamagedError

try:
    from llama_cpp import llama_cpp
except (FileNotFoundError, RuntimeError) as error:  # what the package raises where its library is missing or broken
    raise BackendError(
        "llama-cpp-python is installed without llama.cpp.", why=str(error), hint="make llama-cpp builds it."
    ) from error

CPU = "cpu"
_ERROR = 4
_COMPLAINTS: deque[str] = deque(maxlen=8)

lib: Any = llama_cpp
"""The C functions, structures and constants of llama.h."""


@lib.llama_log_callback  # type: ignore[untyped-decorator,unused-ignore]
def _listen(level: int, text: bytes, _: Any) -> None:
    """Called from the library's threads."""
    if level == _ERROR:
        _COMPLAINTS.append(text.decode("utf-8", "replace").strip())


lib.llama_log_set(_listen, ctypes.c_void_p(0))
lib.llama_backend_init()


def load_model(path: Path, gpu_layers: int | None) -> Any:
    """The model of a GGUF file; `gpu_layers` of it on the accelerator, None is all of them.

    Raises ModelDamagedError where llama.cpp refuses the file.
    """
    params = lib.llama_model_default_params()
    params.load_mode = lib.LLAMA_LOAD_MODE_NONE  # mapped, a file stays in memory beside what is made of its weights
    params.n_gpu_layers = -1 if gpu_layers is None else gpu_layers
    _COMPLAINTS.clear()
    model = lib.llama_model_load_from_file(os.fsencode(path), params)
    if not model:
        raise refused(path)
    return model


def load_adapter(model: Any, path: Path) -> Any:
    """A LoRA for this model, to be freed before the model is. Raises ModelDamagedError."""
    _COMPLAINTS.clear()
    adapter = lib.llama_adapter_lora_init(model, os.fsencode(path))
    if not adapter:
        raise adapter_refused(path, _complaint())
    return adapter


def refused(path: Path) -> ModelDamagedError:
    """With what the library complained of since it was asked."""
    return model_refused(path, _complaint())


def _complaint() -> str:
    return next(iter(_COMPLAINTS), "It does not say why.")  # the first is the cause, the others what came of it


def quantisation(model: Any) -> str:
    """How most of the weights are stored, e.g. `Q4_K - Medium`."""
    name = lib.llama_ftype_name(lib.llama_model_ftype(model)) or b"unknown"
    return str(name.decode("utf-8", "replace")).removeprefix("(guessed) ").removeprefix("all ")


def main_device() -> tuple[str, int]:
    """`cpu`, or the name of the first accelerator that this build of llama.cpp uses; and the bytes free on all."""
    functions = lib._lib
    functions.ggml_backend_dev_get.restype = ctypes.c_void_p
    functions.ggml_backend_dev_name.restype = ctypes.c_char_p
    functions.ggml_backend_dev_count.restype = ctypes.c_size_t
    lib.llama_supports_gpu_offload()  # loads the backends
    devices = []
    for i in range(functions.ggml_backend_dev_count()):
        device = ctypes.c_void_p(functions.ggml_backend_dev_get(ctypes.c_size_t(i)))
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        functions.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
        name = functions.ggml_backend_dev_name(device).decode()
        devices.append(Device(functions.ggml_backend_dev_type(device), name, free.value))
    return accelerator(devices)
