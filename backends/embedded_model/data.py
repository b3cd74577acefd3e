"""The steps before training: held-out tasks, corpus, tokenizer, token ids."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from embedded_model.curriculum.corpus import examples
from embedded_model.curriculum.heldout import heldout
from embedded_model.steps import Folder, read_lines, write_lines, write_text
from embedded_model.tokenizer import completion_ids, load_tokenizer, prompt_ids, train_tokenizer

MAX_TOKENS = 512


@dataclass(frozen=True)
class DataConfig:
    """How much to make."""

    seed: int = 1
    examples: int = 150_000
    heldout_per_level: int = 100
    vocabulary: int = 1024


def make_data(folder: Folder, config: DataConfig) -> None:
    """Run every step that is not done."""
    if not folder.fingerprints.exists():
        tasks, held = heldout(config.seed, config.heldout_per_level)
        write_text(folder.heldout, "".join(f"{task.model_dump_json()}\n" for task in tasks))
        write_text(folder.fingerprints, json.dumps(held))
    if not folder.corpus.exists():
        held = json.loads(folder.fingerprints.read_text())
        write_lines(folder.corpus, (asdict(example) for example in examples(config.seed, config.examples, held)))
    if not folder.tokenizer.exists():
        train_tokenizer(folder, config.vocabulary)
    if not folder.encoded.exists():
        encode(folder)


def encode(folder: Folder) -> None:
    """The corpus as one array of ids, with the start of each example and of its completion."""
    _save(folder.encoded, *_encoded(folder, folder.corpus))


def encode_again(folder: Folder, copies: int) -> None:
    """The model's own failures, `copies` times, and after them the corpus (whose end is kept for validation)."""
    own, own_starts = _encoded(folder, folder.own_failures)
    rows, starts = _encoded(folder, folder.corpus)
    _save(folder.encoded_again, own * copies + rows, own_starts * copies + starts)


def _encoded(folder: Folder, path: Path) -> tuple[list[list[int]], list[int]]:
    tokenizer = load_tokenizer(folder.tokenizer)
    rows: list[list[int]] = []
    starts: list[int] = []
    for item in read_lines(path):
        prompt = prompt_ids(tokenizer, item["user"], item["prefix"])
        ids = prompt + completion_ids(tokenizer, item["reply"])
        if len(ids) <= MAX_TOKENS:
            rows.append(ids)
            starts.append(len(prompt))
    return rows, starts


def _save(path: Path, rows: list[list[int]], starts: list[int]) -> None:
    """Write the arrays in one step."""
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        ids=np.concatenate([np.asarray(row, dtype=np.uint16) for row in rows]),
        lengths=np.asarray([len(row) for row in rows], dtype=np.int32),
        starts=np.asarray(starts, dtype=np.int32),
    )
    part.replace(path)
