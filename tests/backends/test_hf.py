"""What is particular to the backend `hf`."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.hf_folders import random_peft, tiny_folder, write_json
from support.needs import skip_without
from support.sampling import LONG, QUESTION, ask, sample, spec, texts

from reason_tui.errors import BackendError, ConfigError, ModelDamagedError, ModelTooLargeError
from reason_tui.models.loader import missing_packages
from reason_tui.policy import CancelToken, Forecast, Policy

skip_without("hf", not missing_packages("hf"), "the extra `hf` is not installed")

import torch  # noqa: E402
from reason_tui_backends import _torch_engine, hf  # noqa: E402
from reason_tui_backends._model_folder import ModelFolder  # noqa: E402
from reason_tui_backends._tensor_limits import MPS_TENSOR_BYTES, largest_tensor  # noqa: E402
from reason_tui_backends.hf import choose_device, load  # noqa: E402


@pytest.fixture
def policy(tiny_dir: Path) -> Iterator[Policy]:
    loaded = load(spec(tiny_dir))
    yield loaded
    loaded.close()


def test_greedy_tokens_are_those_of_generate(policy: Policy, tiny_dir: Path):
    """transformers' own loop is the reference for the cache, the template and the end of the prompt."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_dir, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(tiny_dir, dtype=torch.float32, local_files_only=True)
    chat = [message.model_dump() for message in LONG]
    ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    found = model.generate(**ids, max_new_tokens=30, do_sample=False)[0, ids["input_ids"].shape[1] :]
    expected = tokenizer.decode(found, skip_special_tokens=True)
    assert texts(policy, ask(1, messages=LONG, temperature=0.0, max_tokens=30)) == [expected]
    assert policy.count_tokens(LONG) == ids["input_ids"].shape[1] > 128  # more than one chunk


def test_weights_are_read_and_not_mapped(tiny_dir: Path):
    """What is mapped stays resident beside what it is converted to, until the last tensor is there."""
    maps = Path("/proc/self/maps")
    skip_without("proc", maps.exists(), "no /proc/self/maps here")
    policy = load(spec(tiny_dir, dtype="float16"))  # as stored: a mapping would remain
    assert "model.safetensors" not in maps.read_text()
    assert all(texts(policy, ask(1, max_tokens=4)))
    policy.close()


def test_the_mean_log_probability_is_that_of_a_single_pass_over_the_whole(policy: Policy, tiny_dir: Path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_dir, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(tiny_dir, dtype=torch.float32, local_files_only=True)
    reply = sample(policy, ask(4, temperature=0.7))[2]
    text = tokenizer.apply_chat_template([m.model_dump() for m in QUESTION], add_generation_prompt=True, tokenize=False)
    prompt = tokenizer(text)["input_ids"]
    whole = torch.tensor([prompt + tokenizer(reply.text)["input_ids"]])
    assert whole.shape[1] - len(prompt) == reply.usage.completion
    with torch.inference_mode():
        logits = model(whole).logits[0, len(prompt) - 1 : -1]
    expected = logits.log_softmax(-1).gather(-1, whole[0, len(prompt) :, None]).mean()
    assert reply.mean_logprob == pytest.approx(float(expected), abs=1e-4)


def test_cancelling_in_the_middle_of_a_computation_ends_it(policy: Policy, monkeypatch: pytest.MonkeyPatch):
    """The first layer has been computed when the call is cancelled: the second is not."""
    cancel = CancelToken()
    computed: list[int] = []
    layers = list(_torch_engine._decoder_layers(policy._model._model))  # type: ignore[attr-defined]

    def done(i: int) -> None:
        computed.append(i)
        cancel.cancel()

    for i, layer in enumerate(layers):
        layer.register_forward_hook(lambda *_, i=i: done(i))
    replies = policy.sample(ask(messages=LONG), lambda *_: pytest.fail("a token"), cancel)
    assert computed == [0]
    assert [reply.finish for reply in replies] == ["cancelled"] * 4
    assert len(texts(policy, ask())) == 4


def test_out_of_memory_halves_the_width_says_so_and_goes_on(policy: Policy, tiny_dir: Path, caplog, monkeypatch):
    expected = texts(policy, ask())
    model = policy._model._model  # type: ignore[attr-defined]
    forward = model.forward
    calls = []

    def scarce(input_ids: torch.Tensor, **more: Any) -> Any:
        calls.append(len(input_ids))
        if len(input_ids) > 2 and len(calls) > 10:
            raise torch.OutOfMemoryError("CUDA out of memory (pretended)")
        return forward(input_ids=input_ids, **more)

    monkeypatch.setattr(model, "forward", scarce)
    heard: dict[int, str] = {}
    replies = policy.sample(ask(), lambda i, text: heard.update({i: heard.get(i, "") + text}), CancelToken())
    assert [reply.text for reply in replies] == expected == [heard[i] for i in range(4)]
    assert "2 at a time" in caplog.text
    assert set(calls) >= {4, 2}


def test_on_mps_batch_and_prefill_are_split_where_a_tensor_would_be_too_large(tmp_path: Path):
    """Qwen2.5 1.5B with all of its context; how they are split is tested in test_tensor_limits."""
    sizes = {"hidden_size": 1536, "intermediate_size": 8960, "vocab_size": 151_936, "num_hidden_layers": 28}
    heads = {"num_attention_heads": 12, "num_key_value_heads": 2}
    folder = ModelFolder(tmp_path, {**sizes, **heads}, {}, frozenset())
    planned = Forecast(weights=0, caches=0, buffers=0, width=8, context_length=131_072)
    assert hf._limits(planned, folder, torch.device("cpu"), 4) == (8, 128)
    width, chunk = hf._limits(planned, folder, torch.device("mps"), 4)
    assert (width, chunk) == (4, 256)
    shape = folder.shape
    for rows, tokens in ((width, 1), (1, chunk)):
        assert largest_tensor(shape, width=rows, chunk=tokens, context=131_072, element=4) <= MPS_TENSOR_BYTES


def test_four_bit_weights_take_less_memory_and_still_answer(tmp_path: Path):
    skip_without("hf", not missing_packages("hf") and sys.platform == "linux", "bitsandbytes is for Linux here")
    folder = tiny_folder(tmp_path / "wide", width=256)
    plain, small = load(spec(folder)), load(spec(folder, quantise="nf4"))
    assert small.info.quantisation == "nf4"
    assert small.info.memory_bytes < plain.info.memory_bytes
    assert all(texts(small, ask()))
    before = texts(small, ask(1, temperature=0.0))
    small.load_adapter(random_peft(tmp_path / "adapter", folder))
    assert texts(small, ask(1, temperature=0.0)) != before
    small.load_adapter(None)
    assert texts(small, ask(1, temperature=0.0)) == before


def test_adapters_come_and_go_without_loading_the_base_again(policy: Policy, tiny_dir: Path, tmp_path: Path):
    model = policy._model._model  # type: ignore[attr-defined]
    weights = {name: tensor.data_ptr() for name, tensor in model.state_dict().items()}
    for seed in (1, 2):
        policy.load_adapter(random_peft(tmp_path / str(seed), tiny_dir, seed=seed))
        assert len(model.state_dict()) > len(weights)
    policy.load_adapter(None)
    assert {name: tensor.data_ptr() for name, tensor in model.state_dict().items()} == weights


def test_an_adapter_that_peft_itself_refuses_leaves_the_one_there_is(policy: Policy, tiny_dir: Path, tmp_path: Path):
    policy.load_adapter(random_peft(tmp_path / "mine", tiny_dir))
    adapted = texts(policy, ask())
    other = random_peft(tmp_path / "other", tiny_dir)
    write_json(other / "adapter_config.json", {"peft_type": "LORA", "r": 4, "target_modules": ["no_such_module"]})
    with pytest.raises(ModelDamagedError):
        policy.load_adapter(other)
    assert texts(policy, ask()) == adapted


def test_what_a_model_takes_of_the_gpu_is_measured(tmp_path: Path):
    skip_without("cuda", torch.cuda.is_available(), "no GPU of NVIDIA here")
    loaded = load(spec(tiny_folder(tmp_path / "wide", width=256), device="cuda"))
    weights = sum(tensor.nbytes for tensor in loaded._model._model.parameters())  # type: ignore[attr-defined]
    assert weights <= loaded.device_bytes < 2 * weights + (1 << 26)
    loaded.close()


@pytest.mark.parametrize(("major", "dtype"), [(7, torch.float32), (8, torch.bfloat16)])
def test_gpus_that_only_emulate_bfloat16_are_spared_it(major: int, dtype: torch.dtype, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(major=major))
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation)
    assert hf._dtype("auto", torch.device("cuda")) == dtype


@pytest.mark.parametrize(
    ("said", "memory"),
    [
        ("MPS backend out of memory (MPS allocated: 9.00 GB, other allocations: 1.00 GB, max allowed: 10.00 GB)", True),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", True),
        ("[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory", True),
        ("mat1 and mat2 shapes cannot be multiplied (1x2 and 3x4)", False),
    ],
)
def test_lack_of_memory_is_told_from_other_failures(said: str, memory: bool):
    assert _torch_engine._is_memory(RuntimeError(said)) is memory


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"quant_method": "gptq", "bits": 4, "group_size": 128}, "needs a package"),
        ({"bits": 4, "group_size": 64}, "quantised for MLX"),
    ],
)
def test_a_folder_quantised_for_something_else_says_what_to_do(
    tiny_dir: Path, tmp_path: Path, stored: dict[str, Any], said: str
):
    folder = Path(shutil.copytree(tiny_dir, tmp_path / "packed"))
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", {**config, "quantization_config": stored})
    with pytest.raises(BackendError) as caught:
        load(spec(folder))
    assert said in caught.value.what
    assert caught.value.why
    assert caught.value.hint


def test_of_several_templates_the_default_is_used(tiny_dir: Path, tmp_path: Path):
    """As transformers stores them since it has names for them."""
    folder = Path(shutil.copytree(tiny_dir, tmp_path / "several"))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    own = config["chat_template"]
    named = [{"name": "tool_use", "template": "tools"}, {"name": "default", "template": own}]
    write_json(folder / "tokenizer_config.json", {**config, "chat_template": named})
    one, other = load(spec(tiny_dir)), load(spec(folder))
    assert one.count_tokens(LONG) == other.count_tokens(LONG)


@pytest.mark.parametrize(("installed", "said"), [(object(), "nf4"), (None, "bfloat16")])
def test_what_does_not_fit_may_in_fewer_bits(installed: object, said: str, tiny_dir: Path, monkeypatch):
    monkeypatch.setattr(hf, "find_spec", lambda package: installed)
    with pytest.raises(ModelTooLargeError) as caught:
        load(spec(tiny_dir, memory_limit=100_000))
    assert said in caught.value.hint


def test_what_has_four_bits_already_is_not_told_to_have_fewer(tiny_dir: Path):
    with pytest.raises(ModelTooLargeError) as caught:
        load(spec(tiny_dir, memory_limit=100_000, quantise="nf4"))
    assert "nf4" not in caught.value.hint
    assert "bfloat16" not in caught.value.hint


@pytest.mark.parametrize("name", ["quantum", "cuda:77"])
def test_a_device_that_is_not_there_is_named(name: str):
    with pytest.raises(ConfigError) as caught:
        choose_device(name)
    assert name in caught.value.what
    assert "cpu" in caught.value.why


def test_a_template_that_refuses_the_messages_is_explained(tiny_dir: Path, tmp_path: Path):
    folder = Path(shutil.copytree(tiny_dir, tmp_path / "strict"))
    write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": "{{ raise_exception('no system role') }}"},
    )
    policy = load(spec(folder))
    with pytest.raises(BackendError) as caught:
        sample(policy, ask())
    assert "no system role" in caught.value.why


def test_a_template_that_says_nothing_is_an_error_and_no_crash(tiny_dir: Path, tmp_path: Path):
    folder = Path(shutil.copytree(tiny_dir, tmp_path / "silent"))
    write_json(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": "{# nothing #}"},
    )
    with pytest.raises(BackendError) as caught:
        sample(load(spec(folder)), ask())
    assert "empty" in caught.value.what


def test_four_bit_weights_without_bitsandbytes_are_refused_with_advice(tiny_dir: Path, monkeypatch):
    monkeypatch.setattr(hf, "find_spec", lambda package: None)
    with pytest.raises(ConfigError) as caught:
        load(spec(tiny_dir, quantise="nf4"))
    assert "bitsandbytes" in caught.value.what


def test_no_more_threads_than_leave_a_core_free(tiny_dir: Path):
    load(spec(tiny_dir, threads=1000)).close()
    assert torch.get_num_threads() <= max(1, (os.cpu_count() or 1) - 1)
