"""A trained adapter says the same in transformers, llama.cpp and MLX, put on or merged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.disks import full
from support.hf_folders import random_peft
from support.layouts import has_embedded
from support.lessons import Told, examples
from support.needs import skip_without

from reason_tui.errors import ModelDamagedError, StateError
from reason_tui.learning.adapters.forms import form_of, put_on
from reason_tui.learning.adapters.manifest import Manifest, base_folder
from reason_tui.learning.adapters.shelf import PEFT, Shelf
from reason_tui.learning.heldout import shipped_tasks
from reason_tui.learning.training import TrainSettings
from reason_tui.learning.training.train import train
from reason_tui.models.catalogue import EMBEDDED
from reason_tui.models.loader import backend_names, load_policy
from reason_tui.policy import CancelToken, Policy, SampleRequest
from reason_tui.prompts import draft

STRONG = TrainSettings(
    method="sft", batch=4, rank=8, lora_alpha=16, learning_rate=3e-2, device="cpu", patience=0, steps=24, epochs=9
)
BACKENDS = ("hf", "xllamacpp", "mlx")
PROMPTS = 12


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, train_extra: None) -> Shelf:
    skip_without("embedded-model", has_embedded("folder") and has_embedded("gguf"), "no model in both forms")
    return Shelf(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def trained(shelf: Shelf) -> Manifest:
    """An adapter of the embedded model that changes what it says."""
    with Told(shelf.folder.parent) as (job, _):
        return train("strong", EMBEDDED, examples(24), STRONG, shelf=shelf, job=job)


@pytest.fixture(scope="module")
def requests() -> list[SampleRequest]:
    prompts = [draft(graded.task) for graded in shipped_tasks("heldout")[:: len(shipped_tasks("heldout")) // PROMPTS]]
    return [
        SampleRequest(messages=p.messages, prefix=p.prefix, stop=p.stop, temperature=0.0, max_tokens=60)
        for p in prompts[:PROMPTS]
    ]


def said(policy: Policy, requests: list[SampleRequest]) -> list[str]:
    return [policy.sample(request, lambda *_: None, CancelToken())[0].text for request in requests]


@pytest.fixture(params=BACKENDS)
def policy(request: pytest.FixtureRequest, shelf: Shelf) -> Iterator[Policy]:
    skip_without(request.param, request.param in backend_names(), f"the extra `{request.param}` is not installed")
    loaded = load_policy(EMBEDDED, request.param, context_length=1024)
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def reference(shelf: Shelf, trained: Manifest, requests: list[SampleRequest]) -> dict[str, list[str]]:
    """What transformers says: without the adapter, with it, and with it merged."""
    from reason_tui.learning.adapters.merging import merge

    skip_without("hf", "hf" in backend_names(), "the extra `hf` is not installed")
    merged = merge(shelf.place(trained.name) / PEFT, base_folder(EMBEDDED), shelf.folder / "merged")
    found = {}
    for name, model, adapter in (
        ("base", EMBEDDED, None),
        ("adapted", EMBEDDED, trained),
        ("merged", str(merged), None),
    ):
        policy = load_policy(model, "hf", context_length=1024)
        put_on(policy, shelf, adapter, EMBEDDED)
        found[name] = said(policy, requests)
        policy.close()
    return found


def alike(one: list[str], other: list[str]) -> int:
    return sum(a == b for a, b in zip(one, other, strict=True))


def test_every_backend_says_what_transformers_says(
    policy: Policy, shelf: Shelf, trained: Manifest, requests: list[SampleRequest], reference: dict[str, list[str]]
):
    """Half precision may part two programs where tokens are nearly equally likely."""
    assert alike(reference["adapted"], reference["base"]) <= PROMPTS // 2, "the adapter changes what is said"
    put_on(policy, shelf, trained, EMBEDDED)
    assert alike(said(policy, requests), reference["adapted"]) >= PROMPTS - 2
    put_on(policy, shelf, None, EMBEDDED)
    assert alike(said(policy, requests), reference["base"]) >= PROMPTS - 2


def test_merged_weights_say_what_the_adapter_says(reference: dict[str, list[str]]):
    assert alike(reference["merged"], reference["adapted"]) >= PROMPTS - 2


def test_training_sees_the_tokens_of_inference(shelf: Shelf, requests: list[SampleRequest]):
    skip_without("hf", "hf" in backend_names(), "the extra `hf` is not installed")
    from reason_tui.learning.training.tokens import ChatTokens

    chat = ChatTokens(base_folder(EMBEDDED))
    policy = load_policy(EMBEDDED, "hf", context_length=1024)
    for request in requests:
        ours = chat.prompt(request.messages, request.prefix)
        assert ours == policy._chat.tokens(request.messages, request.prefix)  # type: ignore[attr-defined]
        assert len(ours) == policy.count_tokens(request.messages, request.prefix)
    end = policy._chat.end_token  # type: ignore[attr-defined]
    assert chat.reply("    return 1\n```")[-1] == end
    policy.close()


@pytest.mark.usefixtures("train_extra")
def test_a_full_disk_leaves_no_half_of_a_merged_or_converted_model(tmp_path: Path, base: Path):
    from reason_tui.learning.adapters.convert_mlx import write_mlx
    from reason_tui.learning.adapters.merging import merge

    adapter = random_peft(tmp_path / "peft", base)
    with full(1000), pytest.raises(StateError, match="cannot be written"):
        merge(adapter, base, tmp_path / "merged")
    with full(1000), pytest.raises(OSError):
        write_mlx(adapter, base, tmp_path / "mlx")
    assert not (tmp_path / "mlx").exists()
    assert sorted(path.name for path in tmp_path.glob("merged*")) == []
    assert merge(adapter, base, tmp_path / "merged").is_dir()


def test_a_damaged_adapter_is_not_converted(shelf: Shelf, trained: Manifest, tmp_path: Path):
    bad = trained.model_copy(update={"name": "bad"})
    (shelf.place("bad") / PEFT).mkdir(parents=True)
    for file in (shelf.place(trained.name) / PEFT).iterdir():
        (shelf.place("bad") / PEFT / file.name).write_bytes(file.read_bytes())
    config = shelf.place("bad") / PEFT / "adapter_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"use_dora": True}))
    shelf.keep(bad)
    with pytest.raises(ModelDamagedError, match="cannot be converted"):
        form_of(shelf, bad, "gguf")
    shelf.remove("bad")
