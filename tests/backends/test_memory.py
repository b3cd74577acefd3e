"""What a model will take is known before it is loaded, and decides how many siblings are sampled at a time."""

from __future__ import annotations

import platform
from array import array
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reason_tui_backends import _memory
from reason_tui_backends._folder_forecast import Habits
from reason_tui_backends._folder_forecast import forecast as of_folder
from reason_tui_backends._gguf import read_header
from reason_tui_backends._gguf_forecast import forecast as of_gguf
from reason_tui_backends._memory import plan
from reason_tui_backends._model_folder import ModelFolder, open_folder
from reason_tui_backends.xllamacpp import forecast, load
from support.gguf_files import F16, Tensor, tiny_model, write

from reason_tui.cli.settings import engine_settings
from reason_tui.config import load_settings
from reason_tui.errors import ModelTooLargeError
from reason_tui.models.loader import forecast_memory, load_policy
from reason_tui.policy import Forecast, ModelSpec

Q4_0, Q6_K = 2, 14
HABITS = Habits(own=0, idle=0, chunk_logits=False, written_scores=False, holes=0.0, sampling=0)
SPEC = ModelSpec(name="big.gguf", path=Path("big.gguf"), parallel=8)


def predict(width: int, context: int) -> Forecast:
    """1,000 bytes of weights, and one byte for each token of each sibling."""
    return Forecast(weights=1000, caches=width * context, buffers=0, width=width, context_length=context)


@pytest.mark.parametrize(("free", "width"), [(100_000, 8), (33_768, 8), (33_767, 4), (17_383, 2), (5_096, 1)])
def test_the_width_is_halved_until_it_fits(free: int, width: int, caplog: pytest.LogCaptureFixture):
    planned = plan(SPEC, 4096, predict, free)
    assert (planned.width, planned.total) == (width, 1000 + width * 4096)
    assert planned.fits
    assert ("not for 8" in caplog.text) == (width < 8)


def test_what_does_not_fit_is_refused_with_a_context_that_would():
    with pytest.raises(ModelTooLargeError) as caught:
        plan(SPEC, 4096, predict, 2100)
    assert "big.gguf" in caught.value.what
    assert "weights" in caught.value.why
    assert "1024" in caught.value.hint


def test_what_fits_with_no_context_is_refused_with_other_advice():
    with pytest.raises(ModelTooLargeError) as caught:
        plan(SPEC, 4096, predict, 900)
    assert "smaller" in caught.value.hint
    assert "context_length" not in caught.value.hint


def test_advice_is_such_that_it_helps():
    """Where a limit was set, closing other programs changes nothing."""
    limited = SPEC.model_copy(update={"memory_limit": 900})
    for spec, free, said, unsaid in ((limited, 5_000, "memory_gb", "close"), (SPEC, 900, "close", "memory_gb")):
        with pytest.raises(ModelTooLargeError) as caught:
            plan(spec, 1024, predict, free, "leave layers to the CPU (gpu_layers)")
        assert said in caught.value.hint
        assert "gpu_layers" in caught.value.hint
        assert unsaid not in caught.value.hint
        assert caught.value.missing == (0 if spec is limited else 1000 + 1024 - 900)


def test_a_limit_counts_where_more_is_free_and_what_is_free_where_the_limit_is_higher():
    limited = SPEC.model_copy(update={"memory_limit": 6_000})
    assert plan(limited, 4096, predict, 100_000).width == 1
    assert plan(limited, 4096, predict, 5_100).room == 5_100


def test_where_nothing_is_known_of_the_memory_nothing_is_refused():
    assert plan(SPEC, 4096, predict, 0).width == 8


def test_serial_sampling_needs_the_caches_of_one():
    assert plan(SPEC.model_copy(update={"serial": True}), 4096, predict, 100_000).width == 1


def test_a_containers_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, text in {"memory.max": "5000", "memory.current": "3000", "memory.stat": "anon 2\nfile 1500\n"}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(_memory, "_CGROUP", tmp_path)
    assert _memory._in_group() == 3500
    (tmp_path / "memory.max").write_text("max\n")
    assert _memory._in_group() is None


def test_weights_and_caches_of_a_gguf_file_are_counted(tiny: Path):
    found = of_gguf(read_header(tiny), width=2, context=512, batch=128, dtype="float16", device="cpu")
    assert found.weights == tiny.stat().st_size
    assert found.caches == 2 * 512 * 3 * 2 * 128 * 2  # cells, layers, keys and values, width, bytes
    assert found.buffers > 2 * 512 * 128 * 4 * 4  # the scores of four heads
    twice = of_gguf(read_header(tiny), width=2, context=512, batch=128, dtype="float32", device="cpu")
    assert twice.caches == 2 * found.caches


def test_scores_count_once_more_where_they_are_converted_for_a_cpu(tiny: Path):
    sizes = {"width": 2, "context": 512, "batch": 128}
    half, full = (of_gguf(read_header(tiny), dtype=dtype, device="cpu", **sizes) for dtype in ("auto", "float32"))
    on_gpu = of_gguf(read_header(tiny), dtype="auto", device="cuda0", **sizes)
    assert half.buffers - full.buffers == 2 * 512 * 128 * 4 * 2  # cells, batch, heads, bytes
    assert on_gpu.buffers == full.buffers


def test_the_tables_of_a_large_tokenizer_are_counted(tmp_path: Path):
    def buffers(tokens: int, merges: int) -> int:
        lists = {"tokens": ["t"] * tokens, "merges": ["a b"] * merges}
        metadata = {"general.architecture": "qwen2", **{f"tokenizer.ggml.{name}": lists[name] for name in lists}}
        header = read_header(write(tmp_path / f"{tokens}-{merges}.gguf", metadata, []))
        return of_gguf(header, width=1, context=512, batch=128, dtype="auto", device="cpu").buffers

    assert buffers(2000, 1000) - buffers(1000, 1000) > 1000 * 100
    assert buffers(1000, 2000) - buffers(1000, 1000) > 1000 * 100


@pytest.mark.parametrize(
    ("kind", "machine", "device", "twice"),
    [
        (Q4_0, "x86_64", "cpu", True),
        (Q6_K, "x86_64", "cpu", False),
        (Q6_K, "arm64", "cpu", True),
        (F16, "x86_64", "cpu", False),
        (F16, "arm64", "cpu", False),
        (F16, "arm64", "mtl0", True),
    ],
)
@pytest.mark.parametrize("more", [(), ("output.weight",)], ids=["tied", "untied"])
def test_an_embedding_that_is_the_output_too_counts_twice_where_it_is_kept_twice(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: int,
    machine: str,
    device: str,
    twice: bool,
    more: tuple[str, ...],
):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    names = ("token_embd.weight", "blk.0.attn_q.weight", *more)
    tensors = [Tensor(name, (256, 4), array("f", [0.0] * 1024), kind) for name in names]  # 2048 bytes each here
    path = write(tmp_path / "m.gguf", {"general.architecture": "qwen2"}, tensors)
    found = of_gguf(read_header(path), width=1, context=512, batch=128, dtype="float16", device=device)
    assert found.weights == path.stat().st_size + (2048 if twice and not more else 0)


def test_weights_of_a_folder_are_counted_as_they_will_be_loaded(tiny_dir: Path):
    folder = open_folder(tiny_dir)
    sizes: dict[str, Any] = {"width": 2, "context": 512, "chunk": 64, "habits": HABITS}
    stored = of_folder(folder, element=None, **sizes)
    assert stored.weights == sum(tensor.size for tensor in folder.tensors.values())
    full, four_bit = of_folder(folder, element=4, **sizes), of_folder(folder, element=4, four_bit=True, **sizes)
    assert full.weights > stored.weights > four_bit.weights
    assert full.caches == 3 * 512 * 3 * 2 * 128 * 4  # the prompt and two siblings


@pytest.mark.parametrize(
    ("habit", "more"),
    [
        ({"own": 5_000_000}, 5_000_000),
        ({"idle": 3_000_000}, 3_000_000),
        ({"holes": 0.5}, 512 * 3 * 2 * 128 * 4 // 2),  # of the prompt's cache, and not of the siblings'
        ({"chunk_logits": True}, (2048 - 1) * 259 * 4),
        ({"written_scores": True}, 3 * 4 * 2048 * 512 * 4),  # heads, chunk, context, bytes
    ],
)
def test_what_a_library_takes_besides_depends_on_how_it_computes(tiny_dir: Path, habit: dict[str, Any], more: int):
    folder = open_folder(tiny_dir)
    assert folder.shape.vocabulary == 259
    plain, found = (_buffers(folder, replace(HABITS, **changed)) for changed in ({}, habit))
    assert found - plain == more


def test_keys_and_values_count_once_more_where_several_heads_share_them(tiny_dir: Path):
    folder = open_folder(tiny_dir)
    shared = replace(folder, config={**folder.config, "num_key_value_heads": 2})
    written = replace(HABITS, written_scores=True)
    assert _buffers(shared, HABITS) - _buffers(folder, HABITS) == 2 * 128 * 512 * 4  # keys and values of all heads
    assert _buffers(shared, written) == _buffers(folder, written)


def test_the_tokenizer_of_a_folder_and_the_sorted_logits_of_all_siblings_are_counted(tiny_dir: Path):
    folder = open_folder(tiny_dir)
    large = replace(folder, config={**folder.config, "vocab_size": 100_259})
    assert _buffers(large, HABITS) - _buffers(folder, HABITS) > 100_000 * 900
    sampling = replace(HABITS, sampling=40)
    assert _buffers(large, sampling, width=8) - _buffers(large, sampling, width=4) == 4 * 100_259 * 40


def test_a_matrix_of_four_bits_is_unpacked_to_be_computed_with(tiny_dir: Path):
    folder = open_folder(tiny_dir)
    packed = _buffers(folder, HABITS, four_bit=True) - _buffers(folder, HABITS)
    assert packed == 256 * 128 * 4


def _buffers(folder: ModelFolder, habits: Habits, *, width: int = 1, four_bit: bool = False) -> int:
    sizes = {"width": width, "context": 512, "chunk": 2048, "element": 4}
    return of_folder(folder, habits=habits, four_bit=four_bit, **sizes).buffers


def test_a_model_is_loaded_as_wide_as_was_planned(tmp_path: Path):
    model = tiny_model(tmp_path / "m.gguf")
    whole = forecast(ModelSpec(name="m", path=model, parallel=8, context_length=512))
    tight = ModelSpec(name="m", path=model, parallel=8, context_length=512, memory_limit=whole.total - 1)
    policy = load(tight)
    assert policy.info.width == 4
    assert policy.info.memory_bytes == forecast(tight).total < whole.total
    policy.close()


def test_the_loader_tells_what_a_model_would_take_and_refuses_what_does_not_fit(tiny: Path):
    told = forecast_memory(str(tiny), "xllamacpp", context_length=512)
    assert told is not None
    assert told.width == 4
    with pytest.raises(ModelTooLargeError):
        load_policy(str(tiny), "xllamacpp", context_length=512, memory_limit=1000)


def test_the_budget_of_a_preset_reaches_the_plan(tiny: Path, tiny_dir: Path):
    options = {name: _options(name) for name in ("macbook-16gb", "cpu", "cuda-4bit")}
    budgeted, free = (forecast_memory(str(tiny), "xllamacpp", **options[name]) for name in ("macbook-16gb", "cpu"))
    assert budgeted is not None and free is not None
    assert 0 < budgeted.room <= 7_000_000_000
    assert (budgeted.width, free.width) == (4, 4)
    gpu = ModelSpec(name="big", path=tiny_dir, **options["cuda-4bit"])
    assert (gpu.device, gpu.dtype, gpu.quantise, gpu.parallel) == ("cuda", "auto", "nf4", 8)


def _options(preset: str) -> dict[str, Any]:
    """Those of a ModelSpec."""
    options = engine_settings(load_settings({"preset": preset}).settings).model_options()
    return {name: value for name, value in options.items() if name in ModelSpec.model_fields}
