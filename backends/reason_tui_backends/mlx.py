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
from reason_tui_backends._mlx_engine import MlxEngine
from reason_tui_backends._model_folder import ModelFolder, open_folder
from reason_tui_backends._options import refuse_others

from mlx_lm.utils import load_model  # isort: skip - after _chat, which takes the hub away

from reason_tui.errors import ModelDamagedError
from reason_tui.policy import ModelSpec, PolicyInfo

READS = "folder"
_CHUNKS = {"cpu": 64, "gpu": 256}
_SHORT = {mx.float32: "f32", mx.float16: "f16", mx.bfloat16: "bf16"}
_DTYPES = {"float32": mx.float32, "float16": mx.float16, "bfloat16": mx.bfloat16}


def load(spec: ModelSpec) -> BatchPolicy:
    """The policy of the folder at `spec.path`. Raises ModelNotFoundError, ModelDamagedError or ConfigError."""
    refuse_others(spec, "mlx", frozenset(("dtype", "serial")))
    folder = open_folder(spec.path)
    chat = Chat(spec.path)
    device = "gpu" if mx.default_device() == mx.Device(mx.gpu, 0) else "cpu"
    model, bits = _load_model(folder)
    wanted = "float32" if spec.dtype == "auto" and device == "cpu" else spec.dtype
    if wanted != "auto":
        model.set_dtype(_DTYPES[wanted])
        mx.eval(model.parameters())
    if spec.serial:
        mx.set_cache_limit(0)
    context = min(spec.context_length, folder.context_length or spec.context_length)
    weights = [array for _, array in tree_flatten(model.parameters())]
    dtype = next(array.dtype for array in weights if array.dtype in _SHORT)
    width = 1 if spec.serial else spec.parallel
    info = PolicyInfo(
        model=spec.name,
        backend="mlx",
        context_length=context,
        quantisation=f"{bits} bit" if bits else _SHORT[dtype],
        device=device,
        memory_bytes=sum(array.nbytes for array in weights)
        + folder.shape.cache_bytes((width + 1) * context, dtype.size),
        adapter_format="mlx",
        supports=frozenset({"logprobs", "siblings", "adapters"}),
    )
    ends = folder.end_tokens | ({chat.end_token} if chat.end_token is not None else set())
    engine = MlxEngine(model, serial=spec.serial)
    return BatchPolicy(engine, chat, info, ends=frozenset(ends), width=width, chunk=_CHUNKS[device], serial=spec.serial)


def _load_model(folder: ModelFolder) -> tuple[Any, int]:
    """The model in evaluation mode, and the bits of its quantised weights (0: they are not)."""
    try:
        model, config = load_model(folder.path)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise ModelDamagedError(
            f"mlx-lm cannot load {folder.path}.",
            why=(str(error).strip().splitlines() or [type(error).__name__])[0],
            hint="Copy or download it again; or the architecture is unknown, or memory too small for it.",
        ) from error
    quantised = config.get("quantization") or {}
    return model.eval(), int(quantised.get("bits", 0))
