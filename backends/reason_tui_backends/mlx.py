"""The backend `mlx`: folders of Hugging Face or of mlx-lm (quantised ones too), on Apple's GPUs, or on a CPU.

Weights stay as they are stored on a GPU; on a CPU, where MLX computes half precision slowly, they become float32.
`serial` samples one sibling at a time and gives memory back after each. Adapters are folders of mlx-lm.
"""

from __future__ import annotations

from typing import Any

import mlx.core as mx
from mlx.utils import tree_flatten
from reason_tui_backends._batch_policy import BatchPolicy
from reason_tui_backends._chat import Chat
from reason_tui_backends._folder_forecast import Habits
from reason_tui_backends._folder_forecast import forecast as predict
from reason_tui_backends._memory import plan
from reason_tui_backends._mlx_engine import MlxEngine
from reason_tui_backends._model_folder import ModelFolder, open_folder
from reason_tui_backends._options import refuse_others

from mlx_lm.utils import load_model  # isort: skip - after _chat, which takes the hub away

from reason_tui.errors import ConfigError, ModelDamagedError
from reason_tui.policy import Forecast, ModelSpec, PolicyInfo
from reason_tui.text import one_line

READS = "folder"
_IDLE = 1 << 25
"""Bytes that MLX may hold of memory that nothing uses, for later: what a step allocates again and again.

By itself that is more than a Mac has, and it grows, as keys and values need larger pieces again and again.
"""

_CHUNKS = {"cpu": 64, "gpu": 256}
_SHORT = {mx.float32: "f32", mx.float16: "f16", mx.bfloat16: "bf16"}
_DTYPES = {"float32": mx.float32, "float16": mx.float16, "bfloat16": mx.bfloat16}


def load(spec: ModelSpec) -> BatchPolicy:
    """The policy of the folder at `spec.path`.

    Raises ModelNotFoundError, ModelDamagedError, ModelTooLargeError or ConfigError.
    """
    folder, device, planned = _plan(spec)
    chat = Chat(spec.path)
    mx.set_cache_limit(_idle_bytes(spec))
    model, bits = _load_model(folder, _wanted(spec, device))
    dtype = next(array.dtype for _, array in tree_flatten(model.parameters()) if array.dtype in _SHORT)
    info = PolicyInfo(
        model=spec.name,
        backend="mlx",
        context_length=planned.context_length,
        quantisation=f"{bits} bit" if bits else _SHORT[dtype],
        device=device,
        memory_bytes=planned.total,
        width=planned.width,
        adapter_format="mlx",
        supports=frozenset({"logprobs", "siblings", "adapters"}),
    )
    ends = folder.end_tokens | ({chat.end_token} if chat.end_token is not None else set())
    return BatchPolicy(
        MlxEngine(model, serial=spec.serial),
        chat,
        info,
        ends=frozenset(ends),
        width=planned.width,
        chunk=_CHUNKS[device],
        serial=spec.serial,
        kept_bytes=planned.kept,
    )


def forecast(spec: ModelSpec) -> Forecast:
    """What `load` would take. Raises what it would, as far as that is known before."""
    return _plan(spec)[2]


def _plan(spec: ModelSpec) -> tuple[ModelFolder, str, Forecast]:
    refuse_others(spec, "mlx", frozenset(("device", "dtype", "serial")))
    folder = open_folder(spec.path)
    device = _choose_device(spec.device)
    wanted = _wanted(spec, device)
    element = None if wanted == "auto" else _DTYPES[wanted].size
    context = min(spec.context_length, folder.context_length or spec.context_length)

    def guess(width: int, tokens: int) -> Forecast:
        return predict(
            folder, width=width, context=tokens, chunk=_CHUNKS[device], element=element, habits=_habits(spec)
        )

    halved = 'load half the bytes (dtype = "bfloat16")' if element == mx.float32.size else None
    return folder, device, plan(spec, context, guess, _free(device), halved)


def _free(device: str) -> int | None:
    """Bytes free on a GPU with memory of its own, or what Metal recommends to take at most; None: main memory."""
    if device == "cpu":
        return None
    told = mx.device_info(mx.gpu)
    found = told.get("free_memory") or told.get("max_recommended_working_set_size")
    return int(found) if found else None


def _idle_bytes(spec: ModelSpec) -> int:
    return 0 if spec.serial else _IDLE


def _habits(spec: ModelSpec) -> Habits:
    return Habits(
        own=12_000_000, idle=_idle_bytes(spec), chunk_logits=True, written_scores=True, holes=0.0, sampling=32
    )


def _choose_device(wanted: str) -> str:
    """`gpu` where MLX has one, unless the CPU is asked for; MLX computes there from now on."""
    found = "gpu" if mx.metal.is_available() or mx.cuda.is_available() else "cpu"
    device = found if wanted == "auto" else wanted
    if device not in ("cpu", found):
        raise ConfigError(
            f"There is no device {wanted!r} here.",
            why=f"MLX finds {' and '.join(sorted({'cpu', found}))}.",
            hint="Use one of these, or `auto`.",
        )
    mx.set_default_device(mx.gpu if device == "gpu" else mx.cpu)
    return device


def _wanted(spec: ModelSpec, device: str) -> str:
    """The dtype of the weights; `auto` is as stored."""
    return "float32" if spec.dtype == "auto" and device == "cpu" else spec.dtype


def _load_model(folder: ModelFolder, wanted: str) -> tuple[Any, int]:
    """The model in evaluation mode, and the bits of its quantised weights (0: they are not).

    Each tensor is converted when it is read, the largest first, so that none of them is there in two forms beside all
    the others.
    """
    try:
        model, config = load_model(folder.path, lazy=True)
        if wanted != "auto":
            model.set_dtype(_DTYPES[wanted])
        for _, array in sorted(tree_flatten(model.parameters()), key=lambda named: -named[1].nbytes):
            mx.eval(array)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise ModelDamagedError(
            f"mlx-lm cannot load {folder.path}.",
            why=one_line(str(error), 200) or type(error).__name__,  # the names of tensors stand on later lines
            hint="Copy or download it again; or the architecture is unknown, or memory too small for it.",
        ) from error
    quantised = config.get("quantization") or {}
    return model.eval(), int(quantised.get("bits", 0))
