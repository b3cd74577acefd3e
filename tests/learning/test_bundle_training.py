"""Lessons to another machine, trained there for real, adapters back."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.lessons import Told, examples, pairs

from reason_tui.learning import Store
from reason_tui.learning.adapters.importing import take_back
from reason_tui.learning.adapters.manifest import Base, base_of
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.bundled import train_packed
from reason_tui.learning.bundles import pack
from reason_tui.learning.training import TrainSettings

TINY = TrainSettings(method="sft", batch=4, rank=4, lora_alpha=8, patience=0, steps=2, report_to=("a-tracker",))


@pytest.mark.usefixtures("train_extra")
def test_what_was_packed_here_is_trained_there_and_comes_back_in_every_form(tmp_path: Path, base: Path):
    here, there = Shelf(tmp_path / "here"), Shelf(tmp_path / "there")
    store = Store(tmp_path / "here")
    store.bring_in([*examples(24), *(pair.model_copy(update={"id": f"p{pair.id}"}) for pair in pairs(24))])
    stages = (TINY, TINY.model_copy(update={"method": "dpo"}))
    pack(tmp_path / "b.zip", str(base), stages, store=store, shelf=here)
    with Told(tmp_path / "there") as (job, _):
        trained = train_packed(
            tmp_path / "b.zip", tmp_path / "back.zip", str(base), {"device": "cpu"}, shelf=there, job=job
        )
    elsewhere = base.rename(tmp_path / "the same model")
    cloned, preferred = take_back(tmp_path / "back.zip", str(elsewhere), here)
    assert (cloned.method, preferred.method, preferred.start) == ("sft", "dpo", cloned.name)
    assert preferred.data_sha256 == trained[1].data_sha256
    assert preferred.base == Base(name=str(base), sha256=base_of(str(elsewhere)).sha256)
    assert preferred.settings is not None
    assert preferred.settings.report_to == (), "an archive tells nobody's tracker"
    for name in ("peft/adapter_model.safetensors", "gguf/adapter.gguf", "mlx/adapters.safetensors", "curves.jsonl"):
        assert (here.place(preferred.name) / name).read_bytes() == (there.place(preferred.name) / name).read_bytes()
