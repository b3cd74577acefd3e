"""What is particular to the backend `mlx`."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.hf_folders import random_mlx, tiny_folder, write_json
from support.needs import skip_without
from support.sampling import LONG, ask, spec, texts

from reason_tui.errors import ConfigError, ModelDamagedError
from reason_tui.models.loader import missing_packages
from reason_tui.policy import CancelToken, Policy

skip_without("mlx", not missing_packages("mlx"), "the extra `mlx` is not installed")

import mlx.core as mx  # noqa: E402
from mlx.utils import tree_flatten  # noqa: E402
from reason_tui_backends import _mlx_engine, mlx  # noqa: E402
from reason_tui_backends._model_folder import open_folder  # noqa: E402
from reason_tui_backends.mlx import forecast, load  # noqa: E402


@pytest.fixture
def policy(tiny_dir: Path) -> Iterator[Policy]:
    loaded = load(spec(tiny_dir))
    yield loaded
    loaded.close()


@pytest.fixture
def quantised(tmp_path: Path) -> Path:
    """The tiny model as `mlx_lm.convert -q` writes it: 4 bits, groups of 64."""
    from mlx_lm.convert import convert

    convert(str(tiny_folder(tmp_path / "plain")), str(tmp_path / "quantised"), quantize=True, q_bits=4)
    return tmp_path / "quantised"


def test_greedy_tokens_are_those_of_mlx_lm_itself(policy: Policy, tiny_dir: Path):
    from mlx_lm import generate
    from mlx_lm.utils import load as load_with_tokenizer

    model, tokenizer = load_with_tokenizer(str(tiny_dir))
    model.set_dtype(mx.float32)
    prompt = tokenizer.apply_chat_template([m.model_dump() for m in LONG], add_generation_prompt=True)
    expected = generate(model, tokenizer, prompt, max_tokens=30)
    assert texts(policy, ask(1, messages=LONG, temperature=0.0, max_tokens=30)) == [expected]
    assert policy.count_tokens(LONG) == len(prompt) > 64  # more than one chunk


def test_serial_sampling_gives_one_sibling_at_a_time_and_its_memory_back(tiny_dir: Path):
    policy = load(spec(tiny_dir, serial=True))
    before = mx.get_active_memory()
    order: list[int] = []
    completions = policy.sample(ask(3, messages=LONG), lambda sibling, text: order.append(sibling), CancelToken())
    assert completions[0].usage.cached == 0
    assert order == sorted(order)
    assert set(order) == {0, 1, 2}
    assert mx.get_cache_memory() == 0
    assert mx.get_active_memory() <= before
    policy.close()


def test_cancelling_in_the_middle_of_a_computation_ends_it(policy: Policy, monkeypatch: pytest.MonkeyPatch):
    """The first layer has been computed when the call is cancelled: the second is not."""
    cancel = CancelToken()
    computed: list[int] = []
    compute = mx.eval

    def cancelling(*arrays: object) -> None:
        compute(*arrays)
        computed.append(len(arrays))
        cancel.cancel()

    with monkeypatch.context() as patched:
        patched.setattr(_mlx_engine.mx, "eval", cancelling)
        replies = policy.sample(ask(messages=LONG), lambda *_: pytest.fail("a token"), cancel)
    assert len(computed) == 1
    assert [reply.finish for reply in replies] == ["cancelled"] * 4
    assert len(texts(policy, ask(messages=LONG))) == 4


def test_the_memory_that_is_said_is_that_of_the_weights_and_full_caches(tiny_dir: Path):
    policy = load(spec(tiny_dir, parallel=2))
    weights = sum(a.nbytes for _, a in tree_flatten(policy._model._model.parameters()))  # type: ignore[attr-defined]
    cache = 3 * 2 * 128 * 4  # layers, keys and values, width, bytes
    said = forecast(spec(tiny_dir, parallel=2))
    assert said.weights == weights
    assert said.caches == (2 + 1) * 1024 * cache
    assert policy.info.memory_bytes == said.total


@pytest.mark.parametrize(
    ("told", "free"),
    [
        ({"free_memory": 5, "total_memory": 9}, 5),
        ({"max_recommended_working_set_size": 7, "memory_size": 9}, 7),
        ({}, None),
    ],
)
def test_what_is_free_on_a_gpu_is_what_mlx_tells_of_it(told: dict[str, int], free: int | None, monkeypatch):
    """Of one by CUDA, and of one by Metal: neither was at hand."""
    monkeypatch.setattr(mx, "device_info", lambda device: told)
    assert mlx._free("gpu") == free
    assert mlx._free("cpu") is None


@pytest.mark.parametrize("serial", [False, True])
def test_memory_that_nothing_uses_is_held_only_as_far_as_was_predicted(tiny_dir: Path, serial: bool):
    """MLX's own choice is more than a Mac has."""
    load(spec(tiny_dir, serial=serial)).close()
    idle = mx.set_cache_limit(0)  # tells what it was
    one, none = (forecast(spec(tiny_dir, parallel=1, serial=serial)) for serial in (False, True))
    assert idle == (0 if serial else one.buffers - none.buffers)
    assert one.buffers > none.buffers


def test_weights_are_never_there_in_two_forms_beside_each_other(tmp_path: Path):
    """But for the largest of them: on a CPU the stored half precision becomes float32."""
    folder = tiny_folder(tmp_path / "deep", layers=8)
    tensors = open_folder(folder).tensors.values()
    load(spec(folder)).close()
    mx.reset_peak_memory()
    before = mx.get_active_memory()
    policy = load(spec(folder))
    loaded, largest = mx.get_active_memory() - before, max(tensor.size for tensor in tensors)
    assert mx.get_peak_memory() - before <= loaded + largest
    assert loaded > 1.5 * sum(tensor.size for tensor in tensors)
    policy.close()


def test_nothing_of_a_model_is_left_to_the_thread_that_samples(tmp_path: Path):
    """On a GPU it could not be computed there. Llama 3 keeps arrays that are no parameters."""
    folder = tiny_folder(tmp_path / "llama-3")
    scaling = {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
    scaling["original_max_position_embeddings"] = 1024
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**config, "rope_scaling": scaling})
    policy = load(spec(folder))
    assert left(policy) == []
    policy.load_adapter(random_mlx(tmp_path / "adapter", folder))
    assert left(policy) == []
    policy.load_adapter(None)
    assert all(texts(policy, ask()))


def left(policy: Policy) -> list[str]:
    """The arrays of the model that are not computed yet: only these have a graph behind them."""
    found = []
    for name, array in tree_flatten(dict(policy._model._model)):  # type: ignore[attr-defined]
        graph = io.StringIO()
        if isinstance(array, mx.array):
            mx.export_to_dot(graph, array)
        if "->" in graph.getvalue():
            found.append(name)
    return found


def test_a_quantised_folder_is_run_as_it_is(quantised: Path, tiny_dir: Path):
    small, plain = load(spec(quantised)), load(spec(tiny_dir))
    assert small.info.quantisation == "4 bit"
    assert small.info.memory_bytes < plain.info.memory_bytes
    assert all(texts(small, ask()))
    assert texts(small, ask()) == texts(small, ask())


def test_an_adapter_on_quantised_weights_comes_and_goes(quantised: Path, tiny_dir: Path, tmp_path: Path):
    policy = load(spec(quantised))
    plain = texts(policy, ask())
    policy.load_adapter(random_mlx(tmp_path / "adapter", tiny_dir))
    assert texts(policy, ask()) != plain
    policy.load_adapter(None)
    assert texts(policy, ask()) == plain


def test_an_adapter_that_replaces_all_weights_is_refused(policy: Policy, tiny_dir: Path, tmp_path: Path):
    adapter = random_mlx(tmp_path / "full", tiny_dir)
    write_json(adapter / "adapter_config.json", {"fine_tune_type": "full"})
    with pytest.raises(ModelDamagedError) as caught:
        policy.load_adapter(adapter)
    assert "full" in caught.value.why


@pytest.mark.parametrize("options", [{"quantise": "nf4"}, {"device": "cuda"}])
def test_an_option_that_mlx_does_not_have_is_refused(tiny_dir: Path, options: dict[str, str]):
    with pytest.raises(ConfigError) as caught:
        load(spec(tiny_dir, **options))
    assert next(iter(options)) in caught.value.what
