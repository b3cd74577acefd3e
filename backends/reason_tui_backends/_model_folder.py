"""A model as Hugging Face and MLX lay it out: a folder with config.json, safetensors files and a tokenizer.

Read with the standard library alone, before any engine sees the folder, because here the reason for refusing it is
still known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reason_tui_backends._safetensors import TensorInfo, read_tensors

from reason_tui.errors import ModelDamagedError, ModelNotFoundError

_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json")
_AGAIN = "Copy or download the folder again, all of its files."


@dataclass(frozen=True)
class Shape:
    """The sizes of a transformer that decide about memory; 0 where config.json does not say."""

    layers: int
    heads: int
    kv_heads: int
    head_size: int
    hidden: int
    intermediate: int
    vocabulary: int

    def cache_bytes(self, tokens: int, element: int) -> int:
        """Bytes of the keys and values of `tokens`, `element` bytes a number."""
        return 2 * tokens * self.layers * self.kv_heads * self.head_size * element


@dataclass(frozen=True)
class ModelFolder:
    """A folder that is whole as far as its own files say."""

    path: Path
    config: Mapping[str, Any]
    tensors: Mapping[str, TensorInfo]
    end_tokens: frozenset[int]

    @property
    def context_length(self) -> int:
        """Tokens the model was trained to see at once; 0 where config.json does not say."""
        return _number(self.config, "max_position_embeddings")

    @property
    def shape(self) -> Shape:
        """Sizes, with the usual defaults of config.json."""
        hidden, heads = _number(self.config, "hidden_size"), _number(self.config, "num_attention_heads")
        return Shape(
            layers=_number(self.config, "num_hidden_layers"),
            heads=heads,
            kv_heads=_number(self.config, "num_key_value_heads") or heads,
            head_size=_number(self.config, "head_dim") or (hidden // heads if heads else 0),
            hidden=hidden,
            intermediate=_number(self.config, "intermediate_size"),
            vocabulary=_number(self.config, "vocab_size"),
        )


def open_folder(path: Path) -> ModelFolder:
    """The folder at `path`.

    Raises ModelNotFoundError where there is none, ModelDamagedError where a part is missing or damaged.
    """
    if not path.is_dir():
        raise _no_folder(path)
    config = read_object(path / "config.json")
    if "model_type" not in config:
        raise _damaged(path, "Its config.json names no model_type.", "Name the folder of a language model.")
    if not any((path / name).is_file() for name in _TOKENIZERS):
        raise _damaged(path, f"It has no tokenizer: none of {', '.join(_TOKENIZERS)}.", _AGAIN)
    tensors: dict[str, TensorInfo] = {}
    for file in weight_files(path):
        tensors |= read_tensors(file)
    if not tensors:
        raise _damaged(path, "Its safetensors files hold no tensors.", _AGAIN)
    return ModelFolder(path, config, tensors, _end_tokens(path, config))


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in this file. Raises ModelDamagedError."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise _damaged(path.parent, f"It has no {path.name}.", _AGAIN) from error
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path.parent, f"{path.name} cannot be read: {error}.", _AGAIN) from error
    if not isinstance(found, dict):
        raise _damaged(path.parent, f"{path.name} holds no object.", _AGAIN)
    return found


def weight_files(path: Path) -> list[Path]:
    """The safetensors files of the folder at `path`. Raises ModelDamagedError where there are none."""
    index = path / "model.safetensors.index.json"
    if index.is_file():
        names = read_object(index).get("weight_map")
        if not isinstance(names, dict) or not names:
            raise _damaged(path, f"{index.name} has no weight_map.", _AGAIN)
        return [path / str(name) for name in sorted(set(names.values()))]
    if files := sorted(path.glob("model*.safetensors")):
        return files
    if any(path.glob("*.bin")) or any(path.glob("*.pt")):
        raise _damaged(
            path, "Its weights are pickles (.bin), which can run code.", "Use the safetensors files of this model."
        )
    raise _damaged(path, "It has no model.safetensors.", _AGAIN)


def _end_tokens(path: Path, config: Mapping[str, Any]) -> frozenset[int]:
    """All tokens that end a reply: those of generation_config.json and those of config.json."""
    generation = path / "generation_config.json"
    sources = [config, read_object(generation)] if generation.is_file() else [config]
    found: set[int] = set()
    for source in sources:
        value = source.get("eos_token_id")
        found |= {token for token in (value if isinstance(value, list) else [value]) if isinstance(token, int)}
    return frozenset(found)


def _number(config: Mapping[str, Any], name: str) -> int:
    value = config.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _no_folder(path: Path) -> ModelNotFoundError:
    if path.is_file():
        return ModelNotFoundError(
            f"{path} is a file.",
            why="This backend reads folders with config.json and safetensors files.",
            hint="Name such a folder, or use the backend `xllamacpp` for a GGUF file.",
        )
    return ModelNotFoundError(
        f"There is no model at {path}.", why="No such folder.", hint="Check the path, or use the model `embedded`."
    )


def _damaged(path: Path, why: str, hint: str) -> ModelDamagedError:
    return ModelDamagedError(f"The folder {path} is damaged or incomplete.", why=why, hint=hint)
