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
SECOND_SEED = 1000


@dataclass(frozen=True)
class DataConfig:
    """How much to make."""

    seed: int = 1
    examples: int = 150_000
    examples_again: int = 48_000
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


def make_second_data(folder: Folder, config: DataConfig, copies: int, validation: int) -> None:
    """What the second half of the training reads: a fresh corpus, the model's own failures, the same validation.

    The fresh corpus draws constants from a wide range. With few of them a model remembers which ones go with an
    operation and does not copy them from the prompt.
    """
    if not folder.corpus_again.exists():
        held = json.loads(folder.fingerprints.read_text())
        made = examples(config.seed + SECOND_SEED, config.examples_again, held, wide=True)
        write_lines(folder.corpus_again, (asdict(example) for example in made))
    if not folder.encoded_again.exists():
        own, own_starts = _encoded(folder, folder.own_failures)
        rows, starts = _encoded(folder, folder.corpus_again)
        last, last_starts = _last(folder.encoded, validation)
        _save(folder.encoded_again, own * copies + rows + last, own_starts * copies + starts + last_starts)


def _last(path: Path, count: int) -> tuple[list[list[int]], list[int]]:
    """The last `count` examples of an encoded corpus."""
    with np.load(path) as arrays:
        ids, lengths, starts = arrays["ids"], arrays["lengths"], arrays["starts"]
    ends = np.cumsum(lengths)
    rows = [ids[end - length : end].tolist() for end, length in zip(ends[-count:], lengths[-count:], strict=True)]
    return rows, starts[-count:].tolist()


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
