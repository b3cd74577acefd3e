"""The backend `hf`: any folder of Hugging Face (safetensors) through transformers, on CUDA, MPS or the CPU.

Weights are bfloat16 on CUDA where the GPU itself computes with it, and float32 elsewhere, unless `dtype` says
otherwise; or 4-bit NF4 with `quantise = "nf4"` (bitsandbytes). Adapters are folders of peft. Nothing is fetched from a
hub.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import reason_tui_backends._offline  # noqa: F401 # isort: skip - before the libraries below
import torch
from reason_tui_backends._batch_policy import BatchPolicy
from reason_tui_backends._chat import Chat
from reason_tui_backends._chat_text import first_line
from reason_tui_backends._folder_forecast import Habits
from reason_tui_backends._folder_forecast import forecast as predict
from reason_tui_backends._heap import nothing_kept
from reason_tui_backends._memory import plan
from reason_tui_backends._model_folder import ModelFolder, open_folder, weight_files
from reason_tui_backends._options import refuse_others
from reason_tui_backends._tensor_limits import MPS_TENSOR_BYTES, fit
from reason_tui_backends._threads import usable_threads
from reason_tui_backends._torch_engine import TorchEngine
from safetensors import safe_open
from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig

from reason_tui.errors import BackendError, ConfigError, ModelDamagedError
from reason_tui.policy import Forecast, ModelSpec, PolicyInfo

READS = "folder"
_HABITS = Habits(own=24_000_000, idle=0, chunk_logits=False, written_scores=False, holes=0.5, sampling=40)
_CHUNKS = {"cpu": 128, "mps": 256, "cuda": 512}
_SHORT = {torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16"}


def load(spec: ModelSpec) -> BatchPolicy:
    """The policy of the folder at `spec.path`.

    Raises ModelNotFoundError, ModelDamagedError, ModelTooLargeError or ConfigError; BackendError where a package is
    missing that the folder's weights need.
    """
    folder, device, dtype, planned = _plan(spec)
    chat = Chat(spec.path)
    torch.set_num_threads(usable_threads(spec.threads))
    model = _load_model(folder, device, dtype, four_bit=spec.quantise == "nf4")
    width, chunk = _limits(planned, folder, device, dtype.itemsize)
    info = PolicyInfo(
        model=spec.name,
        backend="hf",
        context_length=planned.context_length,
        quantisation=_quantisation(spec, folder, dtype),
        device=str(device),
        memory_bytes=planned.total,
        width=width,
        adapter_format="peft",
        supports=frozenset({"logprobs", "siblings", "adapters"}),
    )
    ends = folder.end_tokens | ({chat.end_token} if chat.end_token is not None else set())
    return BatchPolicy(
        TorchEngine(model),
        chat,
        info,
        ends=frozenset(ends),
        width=width,
        chunk=chunk,
        serial=spec.serial,
        kept_bytes=planned.kept,
        device_bytes=_taken(device),
    )


def forecast(spec: ModelSpec) -> Forecast:
    """What `load` would take. Raises what it would, as far as that is known before."""
    return _plan(spec)[3]


def _plan(spec: ModelSpec) -> tuple[ModelFolder, torch.device, torch.dtype, Forecast]:
    refuse_others(spec, "hf", frozenset(("device", "dtype", "quantise", "serial")))
    folder = open_folder(spec.path)
    _check_quantisation(folder)
    device = choose_device(spec.device)
    dtype = _dtype(spec.dtype, device)
    four_bit, element = spec.quantise == "nf4", None if "quantization_config" in folder.config else dtype.itemsize
    context = min(spec.context_length, folder.context_length or spec.context_length)

    def guess(width: int, tokens: int) -> Forecast:
        chunk = _CHUNKS[device.type]
        return predict(
            folder, width=width, context=tokens, chunk=chunk, element=element, habits=_HABITS, four_bit=four_bit
        )

    fewer = None if four_bit or element is None else _fewer_bits(device, dtype)
    return folder, device, dtype, plan(spec, context, guess, _free(device), fewer)


def _fewer_bits(device: torch.device, dtype: torch.dtype) -> str | None:
    """How to load the same folder smaller."""
    if device.type != "mps" and find_spec("bitsandbytes") is not None:
        return 'load it in four bits (quantise = "nf4")'
    return 'load half the bytes (dtype = "bfloat16")' if dtype == torch.float32 else None


def _free(device: torch.device) -> int | None:
    """Bytes free on the device, None for main memory."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    return None


def _taken(device: torch.device) -> int:
    """Bytes of the device's own memory that hold tensors; 0 where they lie in this process's memory."""
    return int(torch.cuda.memory_allocated(device)) if device.type == "cuda" else 0


def choose_device(wanted: str) -> torch.device:
    """`auto` is CUDA, else MPS, else the CPU. Raises ConfigError for a device that is not there."""
    found = [name for name, there in _devices().items() if there]
    if wanted == "auto":
        return torch.device(found[0])
    try:
        device = torch.device(wanted)
    except RuntimeError:
        device = None
    if device is None or device.type not in found or (device.index or 0) >= max(1, torch.cuda.device_count()):
        raise ConfigError(
            f"There is no device {wanted!r} here.",
            why=f"PyTorch {torch.__version__} finds {', '.join(found)}.",
            hint="Use one of these, or `auto`.",
        )
    return device


def _devices() -> dict[str, bool]:
    return {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}


def _dtype(wanted: str, device: torch.device) -> torch.dtype:
    if wanted == "auto":
        return torch.bfloat16 if device.type == "cuda" and _computes_bfloat16(device) else torch.float32
    found = getattr(torch, wanted)
    assert isinstance(found, torch.dtype)
    return found


def _computes_bfloat16(device: torch.device) -> bool:
    """Whether the GPU itself does; PyTorch says of older ones, too, that they support it, and emulates it."""
    return bool(torch.version.hip) or torch.cuda.get_device_properties(device).major >= 8


def _check_quantisation(folder: ModelFolder) -> None:
    """Raises ModelDamagedError for weights that are packed as only MLX reads them."""
    stored = folder.config.get("quantization_config")
    if isinstance(stored, dict) and "quant_method" not in stored and {"group_size", "bits"} <= stored.keys():
        raise ModelDamagedError(
            f"{folder.path} is quantised for MLX.",
            why="Its config.json has the groups and bits of mlx-lm, which PyTorch cannot read.",
            hint="Use the backend `mlx`, or the folder that this one was made from (with quantise, if it is large).",
        )


def _quantisation(spec: ModelSpec, folder: ModelFolder, dtype: torch.dtype) -> str:
    stored = folder.config.get("quantization_config")  # a folder may be quantised already
    if isinstance(stored, dict):
        return str(stored.get("quant_method", "quantised"))
    return spec.quantise if spec.quantise != "none" else _SHORT[dtype]


def _limits(planned: Forecast, folder: ModelFolder, device: torch.device, element: int) -> tuple[int, int]:
    width, chunk, context = planned.width, _CHUNKS[device.type], planned.context_length
    if device.type != "mps":
        return width, chunk
    return fit(folder.shape, width=width, chunk=chunk, context=context, element=element, limit=MPS_TENSOR_BYTES)


def _load_model(folder: ModelFolder, device: torch.device, dtype: torch.dtype, *, four_bit: bool) -> Any:
    options: dict[str, Any] = {}
    if four_bit:
        if find_spec("bitsandbytes") is None:
            raise ConfigError(
                "4-bit weights need the package 'bitsandbytes'.",
                why="It is not installed; the extra `hf` brings it on Linux.",
                hint="Leave `quantise` out, or install it.",
            )
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
    try:
        with nothing_kept():
            model, report = _loader(folder, device)(
                dtype=dtype,
                device_map={"": device},
                local_files_only=True,
                output_loading_info=True,
                **options,
            )
    except ImportError as error:  # what quantised weights of other kinds need (GPTQ, AWQ, …)
        raise BackendError(
            f"{folder.path} needs a package that is not installed.",
            why=first_line(error),
            hint="Install it, or use this model's folder without quantisation, or a GGUF file of it.",
        ) from error
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise _refused(folder, first_line(error)) from error
    if missing := sorted(report["missing_keys"]):
        raise _refused(folder, f"{len(missing)} tensors are missing, such as {missing[0]}.")
    return model.eval()


def _loader(folder: ModelFolder, device: torch.device) -> Callable[..., Any]:
    """`from_pretrained` of this folder.

    To a CPU, tensors are read one by one: of files that are mapped, as transformers maps them there, all that was read
    stays resident beside the converted weights until the last of them is there.
    """
    if device.type != "cpu" or "quantization_config" in folder.config:
        return partial(AutoModelForCausalLM.from_pretrained, folder.path, use_safetensors=True)
    config = AutoConfig.from_pretrained(folder.path, local_files_only=True)
    with torch.device("meta"):
        kind = type(AutoModelForCausalLM.from_config(config))
    files = [safe_open(file, framework="pt", device="cpu", backend="pread") for file in weight_files(folder.path)]
    tensors = {name: file.get_slice(name) for file in files for name in file.offset_keys()}
    return partial(kind.from_pretrained, None, config=config, state_dict=tensors)


def _refused(folder: ModelFolder, why: str) -> ModelDamagedError:
    return ModelDamagedError(
        f"transformers cannot load {folder.path}.",
        why=why,
        hint="Copy or download it again; or the architecture is unknown, or memory too small for it.",
    )
