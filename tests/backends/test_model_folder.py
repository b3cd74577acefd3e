"""Folders that are no models are refused with a reason, before any engine sees them."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import pytest
from reason_tui_backends._model_folder import open_folder
from reason_tui_backends._safetensors import read_tensors
from support.hf_folders import write_json

from reason_tui.errors import BackendError, ModelDamagedError, ModelNotFoundError


@pytest.fixture
def folder(tiny_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_dir, tmp_path / "model"))


def refused(path: Path) -> BackendError:
    with pytest.raises(BackendError) as caught:
        open_folder(path)
    assert path.name in caught.value.what
    assert caught.value.why
    assert caught.value.hint
    return caught.value


def test_a_whole_folder_is_read(folder: Path):
    found = open_folder(folder)
    assert found.context_length == 2048
    assert found.end_tokens == {258}
    assert found.shape.cache_bytes(1, 2) == 3 * 2 * 128 * 2  # layers, keys and values, width, bytes
    weights = sum(tensor.size for tensor in found.tensors.values())
    assert weights < (folder / "model.safetensors").stat().st_size < weights + 10_000


def test_every_end_token_of_the_generation_config_ends_a_reply(folder: Path):
    write_json(folder / "generation_config.json", {"eos_token_id": [256, 257]})
    assert open_folder(folder).end_tokens == {256, 257, 258}


def test_weights_in_several_files_are_found_by_their_index(folder: Path):
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    names = dict.fromkeys(read_tensors(folder / "model-00001-of-00001.safetensors"), "model-00001-of-00001.safetensors")
    write_json(folder / "model.safetensors.index.json", {"weight_map": names})
    assert len(open_folder(folder).tensors) == len(names)
    write_json(folder / "model.safetensors.index.json", {"weight_map": {**names, "more": "model-2.safetensors"}})
    with pytest.raises(ModelNotFoundError) as caught:
        open_folder(folder)
    assert "model-2.safetensors" in caught.value.what


def test_no_folder_is_not_found(tmp_path: Path):
    assert isinstance(refused(tmp_path / "none"), ModelNotFoundError)


def test_a_gguf_file_is_sent_to_the_backend_that_reads_it(tiny: Path):
    error = refused(tiny)
    assert isinstance(error, ModelNotFoundError)
    assert "xllamacpp" in error.hint


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_part_is_named(folder: Path, name: str):
    (folder / name).unlink()
    error = refused(folder)
    assert isinstance(error, ModelDamagedError)
    assert name.removesuffix(".json") in error.why


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"{}", b'{"vocab_size": 3}', b"[" * 100_000])
def test_a_damaged_config_is_said_to_be(folder: Path, content: bytes):
    (folder / "config.json").write_bytes(content)
    assert "config.json" in refused(folder).why


@pytest.mark.parametrize("share", [0.0, 0.00001, 0.001, 0.5, 0.9999])
def test_a_truncated_download_is_damaged(folder: Path, share: float):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    with pytest.raises(ModelDamagedError) as caught:
        open_folder(folder)
    assert file.name in caught.value.what


@pytest.mark.parametrize(
    "head",
    [
        b"not json",
        b"[]",
        b'{"a": 1}',
        b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0]}}',
        b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 99999]}}',
        b"{}",
    ],
)
def test_a_head_that_is_none_is_damaged(folder: Path, head: bytes):
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head)
    with pytest.raises(ModelDamagedError):
        open_folder(folder)


def test_pickled_weights_are_refused(folder: Path):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "can run code" in refused(folder).why


def test_sizes_that_the_config_does_not_say_are_unknown_and_no_error(folder: Path):
    write_json(folder / "config.json", {"model_type": "odd", "num_hidden_layers": "many", "eos_token_id": None})
    found = open_folder(folder)
    assert (found.context_length, found.shape.layers, found.shape.cache_bytes(100, 2), found.end_tokens) == (
        0,
        0,
        0,
        frozenset(),
    )
