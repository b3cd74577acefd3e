"""What the backends that read model folders have in common, beyond what every backend must do."""

from __future__ import annotations

import gc
import importlib
import re
import shutil
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from support.hf_folders import random_mlx, random_peft, tiny_folder
from support.needs import skip_without
from support.sampling import LONG, ask, check_return, check_silence, sample, spec, texts

from reason_tui.errors import BackendError, ModelDamagedError
from reason_tui.models.loader import missing_packages
from reason_tui.policy import CancelToken, ModelSpec, Policy

ADAPTERS = {"hf": random_peft, "mlx": random_mlx}
CHUNKS = {"hf": 128, "mlx": 64}
"""Tokens of a prompt that are evaluated together on a CPU."""


@pytest.fixture(params=sorted(ADAPTERS))
def name(request: pytest.FixtureRequest) -> str:
    """Each of them that is installed."""
    backend = str(request.param)
    skip_without(backend, not missing_packages(backend), f"the extra `{backend}` is not installed")
    return backend


@pytest.fixture
def load(name: str) -> Callable[[ModelSpec], Policy]:
    """Its loader."""
    module = importlib.import_module(f"reason_tui_backends.{name}")
    return cast("Callable[[ModelSpec], Policy]", module.load)


@pytest.fixture
def policy(load: Callable[[ModelSpec], Policy], tiny_dir: Path) -> Iterator[Policy]:
    """The tiny model."""
    loaded = load(spec(tiny_dir))
    yield loaded
    loaded.close()


def copied(tiny_dir: Path, tmp_path: Path) -> Path:
    """A model folder of one's own, called `odd`."""
    return Path(shutil.copytree(tiny_dir, tmp_path / "odd"))


def test_a_cut_prompt_gives_the_texts_of_a_new_one(name: str, load, policy: Policy, tiny_dir: Path):
    first = ask(messages=LONG, prefix="one ending")
    texts(policy, first)
    again = ask(messages=LONG, prefix="another")
    usage = sample(policy, again)[0].usage
    assert usage.cached % CHUNKS[name] == 0
    assert usage.cached > 0
    fresh = load(spec(tiny_dir))
    assert texts(policy, again) == texts(fresh, again)
    assert texts(policy, first) == texts(fresh, first)


def test_returning_to_a_node_evaluates_nothing_and_gives_the_same_texts(policy: Policy):
    check_return(policy)


def test_serial_sampling_gives_one_sibling_at_a_time_and_keeps_nothing(load, policy: Policy, tiny_dir: Path):
    serial = load(spec(tiny_dir, serial=True))
    order: list[int] = []
    for _ in range(2):
        replies = serial.sample(ask(3), lambda sibling, text: order.append(sibling), CancelToken())
        assert replies[0].usage.cached == 0
    assert order[: len(order) // 2] == sorted(order[: len(order) // 2])
    assert set(order) == {0, 1, 2}
    assert [reply.text for reply in replies] == texts(policy, ask(3))


@pytest.mark.parametrize("sizes", [{"width": 64}, {"layers": 4}])
def test_an_adapter_of_another_base_is_refused_and_the_one_there_is_stays(
    name: str, policy: Policy, tiny_dir: Path, tmp_path: Path, sizes: dict[str, int]
):
    policy.load_adapter(ADAPTERS[name](tmp_path / "mine", tiny_dir))
    adapted = texts(policy, ask())
    other = ADAPTERS[name](tmp_path / "other", tiny_folder(tmp_path / "base", **sizes))
    with pytest.raises(ModelDamagedError) as caught:
        policy.load_adapter(other)
    assert "other is no adapter for this model" in caught.value.what
    assert caught.value.why
    assert "trained for this model" in caught.value.hint
    assert texts(policy, ask()) == adapted


@pytest.mark.parametrize(
    ("part", "content", "reason"),
    [
        ("tokenizer.json", "{}", "tokenizer"),
        ("tokenizer_config.json", '{"tokenizer_class": "PreTrainedTokenizerFast"}', "chat template"),
        ("config.json", '{"model_type": "from-the-future"}', "from-the-future"),
    ],
)
def test_a_folder_that_its_library_cannot_use_is_refused(
    load, tiny_dir: Path, tmp_path: Path, part: str, content: str, reason: str
):
    folder = copied(tiny_dir, tmp_path)
    (folder / part).write_text(content)
    with pytest.raises(BackendError) as caught:
        load(spec(folder))
    assert "odd" in caught.value.what
    assert reason in str(caught.value)
    assert caught.value.why
    assert caught.value.hint


def test_weights_that_lack_a_tensor_are_refused_instead_of_being_made_up(load, tiny_dir: Path, tmp_path: Path):
    folder = copied(tiny_dir, tmp_path)
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes().replace(b"model.norm.weight", b"model.nurm.weight"))
    with pytest.raises(ModelDamagedError) as caught:
        load(spec(folder))
    assert re.search(r"model\.n[ou]rm\.weight", caught.value.why)  # one tells what is missing, one what it got instead


def test_closing_frees_the_model_at_once(load, tiny_dir: Path):
    """And not whenever Python looks for circles: the next model may need the memory."""
    policy = load(spec(tiny_dir))
    texts(policy, ask())
    model = weakref.ref(policy._model._model)
    gc.disable()
    try:
        policy.close()
        assert model() is None
    finally:
        gc.enable()


def test_a_process_of_its_own_prints_nothing_at_all(name: str, tiny_dir: Path, tmp_path: Path):
    check_silence(name, tiny_dir, ADAPTERS[name](tmp_path / "adapter", tiny_dir))
