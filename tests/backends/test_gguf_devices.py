"""Where llama.cpp computes, of what it lists. Arithmetic: no machine with GPUs was at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from reason_tui_backends._gguf_checks import Device, accelerator, gguf_device
from reason_tui_backends._llama_server import _parameters, batch_size

from reason_tui.errors import ConfigError
from reason_tui.policy import ModelSpec

CPU, BLAS = Device(0, "CPU", 8_000), Device(3, "BLAS", 0)
CUDA = [Device(1, f"CUDA{i}", 1_000 + i) for i in range(2)]
SHARED = Device(2, "Vulkan0", 4_000)


@pytest.mark.parametrize(
    ("listed", "used"),
    [
        ([CPU], ("cpu", 0)),
        ([BLAS, CPU], ("cpu", 0)),  # a Mac of Intel
        ([Device(1, "Metal", 9_000), BLAS, CPU], ("metal", 9_000)),
        ([*CUDA, CPU], ("cuda0", 2_001)),  # layers are spread over both
        ([SHARED, CUDA[0], CPU], ("cuda0", 1_000)),
        ([SHARED, CPU], ("vulkan0", 4_000)),
    ],
)
def test_the_gpus_that_llama_cpp_would_use_are_found(listed: list[Device], used: tuple[str, int]):
    assert accelerator(listed) == used


@pytest.mark.parametrize("asked", ["auto", "cuda0", "cuda"])
def test_a_gpu_may_be_named_without_its_number(asked: str):
    assert gguf_device(spec(device=asked), "cuda0", 1_000) == ("cuda0", 1_000)


def test_another_gpu_than_there_is_is_refused_with_those_there_are():
    with pytest.raises(ConfigError) as caught:
        gguf_device(spec(device="metal"), "cuda0", 1_000)
    assert "cpu and cuda0" in caught.value.why


def test_what_is_to_stay_on_the_cpu_is_computed_there_and_in_small_batches_everywhere():
    """A prompt can be cancelled between two batches only."""
    for device, aside in (("cpu", True), ("cuda0", False)):
        params = _parameters(spec(), 2048, device, 4, None)
        assert params.no_op_offload is aside
        assert params.n_batch == batch_size(device, 4) <= 512


def spec(**options: str) -> ModelSpec:
    return ModelSpec.model_validate({"name": "m", "path": Path("m.gguf"), **options})
