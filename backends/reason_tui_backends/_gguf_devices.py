"""Where llama.cpp computes, and how much of a prompt at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from reason_tui.errors import ConfigError
from reason_tui.policy import ModelSpec

_GPU, _SHARED_GPU = 1, 2
"""ggml's numbers of these kinds (ggml-backend.h: enum ggml_backend_dev_type)."""

_METAL = "mtl"
_ALSO = {_METAL: "metal"}
"""What people call them, by ggml's names without a number."""


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
    kind = found.rstrip("0123456789")  # `cuda` is `cuda0`
    if spec.device not in ("auto", "cpu", found, kind, _ALSO.get(kind)):
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


def prompt_batch(device: str) -> int:
    """Tokens of a prompt to compute together: what a cancel may have to wait for.

    Only on a CPU can llama.cpp give up in the middle of them (llama.h: abort_callback), but there sums over few are as
    quick. Apple's GPUs need seconds for 512 tokens of 8 billion parameters: an M4 computes 225 a second.
    """
    return 128 if device == "cpu" or device.startswith(_METAL) else 512
