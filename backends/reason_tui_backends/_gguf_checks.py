"""What a GGUF file must be to be used here: a whole model that can chat, or an adapter for such a model."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from reason_tui_backends._gguf import Header, read_header

from reason_tui.errors import ConfigError, ModelDamagedError
from reason_tui.policy import ModelSpec

_GPU, _SHARED_GPU = 1, 2
"""ggml's numbers of these kinds (ggml-backend.h: enum ggml_backend_dev_type)."""


def open_model(path: Path) -> Header:
    """The head of the model at `path`.

    Raises ModelNotFoundError, and ModelDamagedError for a damaged file, an adapter, and a model that lacks its
    tokenizer or its chat template.
    """
    header = read_header(path)
    if header.is_adapter:
        raise ModelDamagedError(
            f"{path} is an adapter, not a model.", why="A LoRA needs its base.", hint="Load the base model."
        )
    if not header.architecture:
        raise ModelDamagedError(
            f"{path} does not say of which architecture it is.",
            why="Its metadata has no general.architecture.",
            hint="Convert or download it again.",
        )
    if "tokenizer.ggml.model" not in header.metadata:
        raise ModelDamagedError(
            f"{path} has no tokenizer.",
            why="Its metadata has no tokenizer.ggml.model.",
            hint="Convert it again, from a folder with its tokenizer.",
        )
    if not header.metadata.get("tokenizer.chat_template"):
        raise ModelDamagedError(
            f"{path} has no chat template.",
            why="Its metadata has no tokenizer.chat_template; base models have none.",
            hint="Use the instruct version of this model.",
        )
    return header


def check_adapter(adapter: Path, model: Header, name: str) -> None:
    """Raises ModelNotFoundError or ModelDamagedError where this cannot be an adapter for the model called `name`."""
    header = read_header(adapter)
    if header.is_adapter and header.architecture == model.architecture:
        return
    kind = f"an adapter for `{header.architecture}`" if header.is_adapter else "not an adapter"
    raise ModelDamagedError(
        f"{adapter} is {kind}.",
        why=f"{name} is a `{model.architecture}` model.",
        hint="Convert the adapter for this model.",
    )


def model_refused(path: Path, said: str) -> ModelDamagedError:
    """What to say where llama.cpp itself refuses a file that `open_model` let pass; `said` is its own reason."""
    return ModelDamagedError(
        f"llama.cpp cannot load {path}.",
        why=f"{said.rstrip('.')}. The file says that it is a `{read_header(path).architecture}` model, of which this "
        "llama.cpp may know nothing; or it is damaged, or does not fit the memory.",
        hint="Try another file, a smaller one, or a shorter context.",
    )


def adapter_refused(adapter: Path, said: str) -> ModelDamagedError:
    """What to say where llama.cpp itself refuses an adapter of the right architecture; `said` is its own reason."""
    return ModelDamagedError(
        f"{adapter} is no adapter for this model.",
        why=f"{said.rstrip('.')}. It is damaged, or was trained for a model of another size.",
        hint="Use an adapter that was trained for this model, or convert it again.",
    )


class Device(NamedTuple):
    """As ggml lists it: the number of its kind, its name, and the bytes free there."""

    kind: int
    name: str
    free: int


def accelerator(devices: Iterable[Device]) -> tuple[str, int]:
    """What llama.cpp uses of these: all GPUs with memory of their own, else the first that shares the main memory.

    The name of the first, or `cpu`, and the bytes free on all of them. A library for matrices (BLAS) is none.
    """
    found = list(devices)
    used = [each for each in found if each.kind == _GPU] or [each for each in found if each.kind == _SHARED_GPU][:1]
    return (used[0].name.lower(), sum(each.free for each in used)) if used else ("cpu", 0)


def gguf_device(spec: ModelSpec, found: str, free: int) -> tuple[str, int | None]:
    """Where the model goes, of the CPU and the accelerator that was `found`; and the bytes free there.

    None is main memory; 0 is unknown, as where some layers stay on the CPU. Raises ConfigError for a device that is
    not there.
    """
    if spec.device not in ("auto", "cpu", found, found.rstrip("0123456789")):  # `cuda` is `cuda0`
        raise ConfigError(
            f"There is no device {spec.device!r} here.",
            why=f"llama.cpp finds {' and '.join(sorted({'cpu', found}))}.",
            hint="Use one of these, or `auto`.",
        )
    if found == "cpu" or spec.device == "cpu" or spec.gpu_layers == 0:
        return "cpu", None
    return found, free if spec.gpu_layers is None else 0


def offloading(device: str) -> str | None:
    """What else to do where a model is too large for this device."""
    return None if device == "cpu" else "leave layers to the CPU (gpu_layers)"
