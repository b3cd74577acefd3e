"""Files that are not models are refused with a reason, and never take the process down."""

from __future__ import annotations

import importlib
import shutil
import struct
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import pytest
from reason_tui_backends._ggml_types import tensor_bytes
from reason_tui_backends._gguf import read_header
from support.gguf_files import random_lora, tiny_model, tiny_parts, write
from support.needs import skip_without

from reason_tui.errors import BackendError, ModelDamagedError, ModelNotFoundError
from reason_tui.models.catalogue import embedded_model, known_models
from reason_tui.models.loader import missing_packages
from reason_tui.policy import ModelSpec, Policy

Load = Callable[[ModelSpec], Policy]


@pytest.fixture(params=["xllamacpp", "llama-cpp"])
def load(request: pytest.FixtureRequest) -> Load:
    """The backends that read GGUF files."""
    name = str(request.param)
    skip_without(name, not missing_packages(name), f"the extra `{name}` is not installed")
    module = importlib.import_module(f"reason_tui_backends.{name.replace('-', '_')}")
    return cast("Load", module.load)


def refused(load: Load, path: Path) -> BackendError:
    with pytest.raises(BackendError) as caught:
        load(ModelSpec(name=path.name, path=path))
    assert path.name in caught.value.what
    assert caught.value.why
    assert caught.value.hint
    return caught.value


def test_a_missing_file_is_not_found(load: Load, tmp_path: Path):
    assert isinstance(refused(load, tmp_path / "none.gguf"), ModelNotFoundError)


def test_a_folder_is_not_found(load: Load, tmp_path: Path):
    assert isinstance(refused(load, tmp_path), ModelNotFoundError)


@pytest.mark.parametrize("content", [b"", b"G", b"GGUF", b"PK\x03\x04 a zip", b"{}" * 500, b"GGUF" + b"\xff" * 4000])
def test_what_is_not_gguf_is_damaged(load: Load, tmp_path: Path, content: bytes):
    path = tmp_path / "odd.gguf"
    path.write_bytes(content)
    assert isinstance(refused(load, path), ModelDamagedError)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.02, 0.5, 0.95, 0.9999])
def test_a_truncated_download_is_damaged(load: Load, tiny: Path, tmp_path: Path, share: float):
    path = tmp_path / "cut.gguf"
    path.write_bytes(tiny.read_bytes()[: int(share * tiny.stat().st_size)])
    assert isinstance(refused(load, path), ModelDamagedError)


def test_a_model_in_several_files_is_loaded_by_its_first(load: Load, tmp_path: Path):
    first, *others = tiny_parts(tmp_path)
    policy = load(ModelSpec(name="tiny", path=first))
    assert policy.count_tokens((), "abc") > 0
    policy.close()
    assert read_header(first).file_bytes == sum(part.stat().st_size for part in (first, *others))


def test_a_part_of_a_model_says_what_else_is_needed(load: Load, tmp_path: Path):
    first, second, third = tiny_parts(tmp_path)
    error = refused(load, second)
    assert "part 2 of 3" in error.what
    assert "-00001-of-00003.gguf" in error.hint
    third.unlink()
    with pytest.raises(ModelNotFoundError) as caught:
        load(ModelSpec(name="tiny", path=first))
    assert "Part 3 of 3" in caught.value.what
    assert third.name in caught.value.why
    renamed = first.rename(tmp_path / "renamed.gguf")
    assert "another name" in refused(load, renamed).what


def test_a_cut_part_of_a_model_is_damaged(load: Load, tmp_path: Path):
    first, second, _ = tiny_parts(tmp_path)
    second.write_bytes(second.read_bytes()[:-5000])
    with pytest.raises(ModelDamagedError) as caught:
        load(ModelSpec(name="tiny", path=first))
    assert second.name in caught.value.what


def test_an_adapter_is_not_a_model(load: Load, tiny: Path, tmp_path: Path):
    assert "adapter" in refused(load, random_lora(tmp_path / "lora.gguf", tiny)).what


def test_a_head_with_nothing_but_an_architecture_is_damaged(load: Load, tmp_path: Path):
    path = write(tmp_path / "new.gguf", {"general.architecture": "from-the-future"}, [])
    assert isinstance(refused(load, path), ModelDamagedError)


def test_an_architecture_that_llama_cpp_does_not_know_is_named(load: Load, tiny: Path, tmp_path: Path):
    path = tmp_path / "new.gguf"
    path.write_bytes(tiny.read_bytes().replace(b"qwen2", b"qwenX"))
    error = refused(load, path)
    assert isinstance(error, ModelDamagedError)
    assert "`qwenX`" in error.why


@pytest.mark.parametrize(
    ("key", "missing"),
    [("tokenizer.ggml.model", "tokenizer"), ("tokenizer.chat_template", "chat template"), ("general.architecture", "")],
)
def test_a_model_that_lacks_what_a_chat_needs_is_refused_with_its_name(
    load: Load, tiny: Path, tmp_path: Path, key: str, missing: str
):
    path = tmp_path / "part.gguf"
    path.write_bytes(tiny.read_bytes().replace(key.encode(), key[:-1].encode() + b"?"))
    assert missing in refused(load, path).what


@pytest.mark.parametrize("key", ["general.architecture", "tokenizer.ggml.tokens", "tokenizer.chat_template"])
@pytest.mark.parametrize("length", [1 << 40, 1 << 62, 1 << 63, (1 << 64) - 1])
def test_a_header_that_lies_about_its_lengths_is_damaged(load: Load, tiny: Path, tmp_path: Path, key: str, length: int):
    path = tmp_path / "lies.gguf"
    content = bytearray(tiny.read_bytes())
    at = content.index(key.encode()) + len(key) + 4  # behind the value's type
    if key == "tokenizer.ggml.tokens":
        at += 12  # behind the items' type and count
    content[at : at + 8] = struct.pack("<Q", length)
    path.write_bytes(bytes(content))
    assert isinstance(refused(load, path), ModelDamagedError)


@pytest.mark.parametrize("missing", [1, 5000, 500_000])
def test_a_file_that_ends_before_its_last_tensor_does_is_said_to(load: Load, tiny: Path, tmp_path: Path, missing: int):
    path, whole = tmp_path / "cut.gguf", tiny.read_bytes().rstrip(b"\0")
    path.write_bytes(whole[:-missing])
    assert f"has {len(whole) - missing} bytes, and its last tensor ends at byte" in refused(load, path).why


def test_the_sizes_of_tensors_are_those_of_the_format():
    """As the package of the format has them."""
    skip_without("train", find_spec("gguf"), "the package gguf comes with the extra `train`")
    from gguf.constants import GGML_QUANT_SIZES

    for kind, (block, size) in GGML_QUANT_SIZES.items():
        assert tensor_bytes(int(kind), 3 * block) in (3 * size, 1)
    assert tensor_bytes(14, 256 * 8) == 8 * 210
    assert tensor_bytes(9999, 256) == 1


def test_an_adapter_for_another_architecture_is_refused(load: Load, tiny: Path, tmp_path: Path):
    metadata = {"general.architecture": "llama", "general.type": "adapter", "adapter.type": "lora"}
    adapter = write(tmp_path / "lora.gguf", metadata, [])
    policy = load(ModelSpec(name="tiny", path=tiny))
    with pytest.raises(ModelDamagedError) as caught:
        policy.load_adapter(adapter)
    policy.close()
    assert "lora.gguf" in caught.value.what
    assert "`llama`" in caught.value.what
    assert "`qwen2`" in caught.value.why
    assert caught.value.hint


def test_an_adapter_of_another_size_is_refused_and_the_model_still_answers(load: Load, tiny: Path, tmp_path: Path):
    adapter = random_lora(tmp_path / "lora.gguf", tiny_model(tmp_path / "wide.gguf", width=64))
    policy = load(ModelSpec(name="tiny", path=tiny))
    with pytest.raises(ModelDamagedError) as caught:
        policy.load_adapter(adapter)
    assert "lora.gguf is no adapter for this model" in caught.value.what
    assert "another size" in caught.value.why
    assert "trained for this model" in caught.value.hint
    assert policy.info.adapter is None
    assert policy.count_tokens((), "abc") > 0
    policy.close()


def test_the_head_of_a_whole_file_is_read(tiny: Path):
    header = read_header(tiny)
    assert (header.architecture, header.context_length, header.is_adapter) == ("qwen2", 2048, False)
    assert header.cache_bytes_per_token == 3 * 2 * 128 * 2  # layers, keys and values, width, bytes


def test_the_head_of_the_embedded_model_is_read():
    skip_without("embedded-model", known_models(), "assets/embedded has no model")
    header = read_header(embedded_model())
    assert header.context_length > 0
    assert header.cache_bytes_per_token > 0


def test_a_path_with_spaces_and_umlauts_is_fine(load: Load, tiny: Path, tmp_path: Path):
    path = Path(shutil.copy(tiny, tmp_path / "mein schönes modell.gguf"))
    load(ModelSpec(name="m", path=path)).close()
