"""Where each step's result lies, and writing it so that a half-written file is never taken for done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PHASES = (0.4, 0.6, 0.8, 1.0)
"""Where each phase of the training ends, as a share of the whole."""


@dataclass(frozen=True)
class Folder:
    """The files of one training run. Each step is skipped when its last file is there."""

    root: Path

    @property
    def heldout(self) -> Path:
        """Held-out tasks, a `GradedTask` a line."""
        return self.root / "heldout.jsonl"

    @property
    def tuning(self) -> Path:
        """Tasks that settings may be chosen on, a `GradedTask` a line; held out too."""
        return self.root / "tuning.jsonl"

    @property
    def reserved(self) -> Path:
        """Tasks of the reserved families, a `GradedTask` a line; `group` is family and split."""
        return self.root / "reserved.jsonl"

    @property
    def fingerprints(self) -> Path:
        """The behaviours that no training task may show."""
        return self.root / "heldout_fingerprints.json"

    def corpus(self, phase: int) -> Path:
        """Training examples of one phase, one a line."""
        return self.root / f"corpus_{phase}.jsonl"

    @property
    def apart(self) -> Path:
        """Examples for the validation loss, one a line."""
        return self.root / "corpus_apart.jsonl"

    @property
    def tokenizer(self) -> Path:
        """The tokenizer in the format of the `tokenizers` library."""
        return self.root / "tokenizer.json"

    def encoded(self, phase: int) -> Path:
        """What one phase reads, as token ids."""
        return self.root / f"encoded_{phase}.npz"

    @property
    def validation(self) -> Path:
        """The examples for the validation loss, as token ids."""
        return self.root / "encoded_apart.npz"

    def own_failures(self, phase: int) -> Path:
        """Repair examples made of what the model itself wrote before `phase`."""
        return self.root / f"own_failures_{phase}.jsonl"

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
    def unfinished_gguf(self) -> Path:
        """The model as it is during the training, for finding its failures."""
        return self.root / "unfinished.gguf"

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
