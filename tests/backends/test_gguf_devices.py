"""Where llama.cpp computes, of what it lists. Arithmetic: no machine with GPUs was at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from reason_tui_backends._gguf_devices import Device, accelerator, gguf_device, prompt_batch
from reason_tui_backends._llama_server import _parameters

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
        ([Device(1, "MTL0", 9_000), BLAS, CPU], ("mtl0", 9_000)),
        ([*CUDA, CPU], ("cuda0", 2_001)),  # layers are spread over both
        ([SHARED, CUDA[0], CPU], ("cuda0", 1_000)),
        ([SHARED, CPU], ("vulkan0", 4_000)),
    ],
)
def test_the_gpus_that_llama_cpp_would_use_are_found(listed: list[Device], used: tuple[str, int]):
    assert accelerator(listed) == used


@pytest.mark.parametrize(
    ("asked", "found"), [("auto", "cuda0"), ("cuda0", "cuda0"), ("cuda", "cuda0"), ("metal", "mtl0"), ("mtl0", "mtl0")]
)
def test_a_gpu_may_be_named_as_people_do(asked: str, found: str):
    assert gguf_device(spec(device=asked), found, 1_000) == (found, 1_000)


def test_another_gpu_than_there_is_is_refused_with_those_there_are():
    with pytest.raises(ConfigError) as caught:
        gguf_device(spec(device="metal"), "cuda0", 1_000)
    assert "cpu and cuda0" in caught.value.why


@pytest.mark.parametrize(
    ("device", "batch", "aside"), [("cpu", 128, True), ("mtl0", 128, False), ("cuda0", 512, False)]
)
def test_what_is_to_stay_on_the_cpu_is_computed_there_and_prompts_in_batches(device: str, batch: int, aside: bool):
    """A prompt can be cancelled between two batches only."""
    params = _parameters(spec(), 2048, device, 4, None)
    assert params.no_op_offload is aside
    assert params.n_batch == prompt_batch(device) == batch


def spec(**options: str) -> ModelSpec:
    return ModelSpec.model_validate({"name": "m", "path": Path("m.gguf"), **options})
