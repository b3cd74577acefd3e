"""What a training takes, by the formula in `training.memory`, and what is said where there is less."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.lessons import examples, pairs

from reason_tui.errors import ModelDamagedError, TrainingError
from reason_tui.learning.training import TrainSettings, memory
from reason_tui.learning.training.memory import check_memory, longest_of, need_of

SFT = TrainSettings(method="sft", device="cpu")
DPO = SFT.model_copy(update={"method": "dpo"})
QWEN = {
    "hidden_size": 1536,
    "intermediate_size": 8960,
    "num_hidden_layers": 28,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "vocab_size": 151936,
    "torch_dtype": "bfloat16",
}
"""Qwen2.5-Coder 1.5B."""
WEIGHTS = 3_087_467_144
GIB = 1024**3


@pytest.fixture
def qwen(tmp_path: Path) -> Path:
    """A folder of that size, with nothing in it."""
    (tmp_path / "qwen").mkdir()
    (tmp_path / "qwen" / "config.json").write_text(json.dumps(QWEN))
    with (tmp_path / "qwen" / "model.safetensors").open("wb") as file:
        file.truncate(WEIGHTS)
    return tmp_path / "qwen"


def test_the_adapter_has_the_parameters_that_peft_counts(qwen: Path):
    """36,929,536 trainable parameters at rank 32 on seven projections of Qwen2.5 1.5B."""
    need = need_of(qwen, SFT, 1024)
    assert need.adapter == 16 * 36_929_536
    assert need_of(qwen, DPO, 1024, start=True).adapter == 20 * 36_929_536
    assert need.weights == 2 * WEIGHTS


def test_what_is_computed_grows_with_the_micro_batch_and_both_sides_of_a_pair(qwen: Path):
    one, four = (need_of(qwen, SFT.model_copy(update={"micro_batch": size}), 1024) for size in (1, 4))
    assert (four.logits, four.activations) == (4 * one.logits, 4 * one.activations)
    assert need_of(qwen, DPO, 1024).logits == 2 * need_of(qwen, SFT, 1024).logits
    assert (four.weights, four.adapter) == (one.weights, one.adapter)
    assert need_of(qwen, SFT, 512).logits == four.logits // 2


def test_gradient_checkpointing_and_cuda_and_nf4_take_less(qwen: Path):
    kept = need_of(qwen, SFT.model_copy(update={"checkpoints": False}), 1024)
    assert kept.activations > 5 * need_of(qwen, SFT, 1024).activations
    assert need_of(qwen, SFT, 1024, cuda=True).weights == WEIGHTS
    four_bit = need_of(qwen, SFT.model_copy(update={"quantise": "nf4"}), 1024, cuda=True)
    assert four_bit.weights < WEIGHTS / 3


def test_short_lessons_are_not_taken_for_long_ones():
    assert longest_of(examples(4), SFT) < 128
    assert longest_of(pairs(4), DPO) < 128
    assert longest_of([], SFT) == 1024
    assert longest_of(examples(4), SFT.model_copy(update={"max_length": 20})) == 20


def test_what_cannot_fit_is_refused_with_the_option_that_makes_it_fit(qwen: Path):
    long = [one.model_copy(update={"text": "x = 1\n" * 2000}) for one in examples(4)]
    need = need_of(qwen, SFT, 1024)
    check_memory(qwen, SFT, long, total=need.total)
    with pytest.raises(TrainingError, match="needs") as refused:
        check_memory(qwen, SFT, long, total=need.total - 1)
    assert "--micro-batch 3" in refused.value.hint
    for part in ("weights", "adapter", "activations", "logits"):
        assert part in refused.value.why
    with pytest.raises(TrainingError) as refused:
        one = need_of(qwen, SFT.model_copy(update={"micro_batch": 1}), 1024).total
        check_memory(qwen, SFT, long, total=one - 1)
    assert "--max-length 512" in refused.value.hint
    with pytest.raises(TrainingError) as refused:
        check_memory(qwen, SFT, long, total=GIB)
    assert "learn bundle" in refused.value.hint
    check_memory(qwen, SFT, examples(4), total=need.total - need.logits // 2)


def test_the_memory_of_a_loaded_model_is_not_there_for_a_training(qwen: Path, monkeypatch):
    long = [one.model_copy(update={"text": "x = 1\n" * 2000}) for one in examples(4)]
    need = need_of(qwen, SFT, 1024)
    monkeypatch.setattr(memory, "_memory", lambda cuda: need.total + GIB)
    monkeypatch.setattr(memory, "resident", lambda: GIB)
    check_memory(qwen, SFT, long)
    monkeypatch.setattr(memory, "resident", lambda: 2 * GIB)
    with pytest.raises(TrainingError) as refused:
        check_memory(qwen, SFT, long)
    assert "has 2.0 GiB: leave the app" in refused.value.hint and "--micro-batch 3" in refused.value.hint


def test_a_folder_that_does_not_say_how_large_it_is_is_named(qwen: Path):
    (qwen / "config.json").write_text("{}")
    with pytest.raises(ModelDamagedError, match="how large"):
        need_of(qwen, SFT, 1024)
