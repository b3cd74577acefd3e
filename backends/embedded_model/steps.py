"""Where each step's result lies, and writing it so that a half-written file is never taken for done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Folder:
    """The files of one training run. Each step is skipped when its last file is there."""

    root: Path

    @property
    def heldout(self) -> Path:
        """Held-out tasks, a `GradedTask` a line."""
        return self.root / "heldout.jsonl"

    @property
    def fingerprints(self) -> Path:
        """The behaviours that no training task may show."""
        return self.root / "heldout_fingerprints.json"

    @property
    def corpus(self) -> Path:
        """Training examples, one a line."""
        return self.root / "corpus.jsonl"

    @property
    def tokenizer(self) -> Path:
        """The tokenizer in the format of the `tokenizers` library."""
        return self.root / "tokenizer.json"

    @property
    def encoded(self) -> Path:
        """The corpus as token ids."""
        return self.root / "encoded.npz"

    @property
    def own_failures(self) -> Path:
        """Repair examples made of what the half-trained model itself wrote."""
        return self.root / "own_failures.jsonl"

    @property
    def corpus_again(self) -> Path:
        """Training examples for the second half, one a line."""
        return self.root / "corpus_again.jsonl"

    @property
    def encoded_again(self) -> Path:
        """What the second half of the training reads, as token ids."""
        return self.root / "encoded_again.npz"

    @property
    def checkpoint(self) -> Path:
        """The newest state of the training: weights, optimizers, position."""
        return self.root / "checkpoint.pt"

    @property
    def trained(self) -> Path:
        """The weights at the end of the training."""
        return self.root / "trained.pt"

    @property
    def log(self) -> Path:
        """The loss curve, a JSON object a line."""
        return self.root / "loss.jsonl"

    @property
    def half_gguf(self) -> Path:
        """The half-trained model, for finding its failures."""
        return self.root / "half.gguf"

    @property
    def gguf(self) -> Path:
        """The model as llama.cpp runs it."""
        return self.model / "model.gguf"

    @property
    def figures(self) -> Path:
        """What the evaluation measured."""
        return self.root / "figures.json"

    @property
    def model(self) -> Path:
        """The exported files that go into `assets/embedded`."""
        return self.root / "embedded"


def write_text(path: Path, text: str) -> None:
    """Write a file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(text.encode())
    part.replace(path)


def write_lines(path: Path, items: Iterable[Any]) -> int:
    """Write JSON lines in one step; returns how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    count = 0
    with part.open("w", encoding="utf-8") as file:
        for item in items:
            file.write(json.dumps(item) + "\n")
            count += 1
    part.replace(path)
    return count


def read_lines(path: Path) -> Iterator[Any]:
    """The JSON lines of a file."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
