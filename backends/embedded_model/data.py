"""The steps before training: held-out tasks, corpora, tokenizer, token ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from embedded_model.curriculum.corpus import examples
from embedded_model.curriculum.heldout import held_out
from embedded_model.curriculum.reserved import reserved_tasks
from embedded_model.steps import PHASES, Folder, read_lines, write_lines, write_text
from embedded_model.tokenizer import completion_ids, load_tokenizer, prompt_ids, train_tokenizer

MAX_TOKENS = 512
SHORT = {"draft": 224, "reason": 240, "math": 128, "repair": 240, "fix": 240, "tests": 240, "critique": 240}
"""Before the last phase only examples of at most so many tokens are read, by kind. Most of an example's tokens are its
prompt's, which teach little: of short examples the same time reads more, and what they teach (what words mean, how
operations are joined) holds for long ones, which the last phase adds."""
WHOLE = dict.fromkeys(SHORT, MAX_TOKENS)
APART = 99
"""The corpus of the validation loss has a seed of its own, as if it were a phase of this number."""


@dataclass(frozen=True)
class DataConfig:
    """How much to make. `examples` has a number for each phase of the training."""

    seed: int = 1
    examples: tuple[int, ...] = (80_000, 30_000, 30_000, 30_000)
    apart: int = 400
    heldout_per_level: int = 334
    tuning_per_level: int = 100
    reserved_per_split: tuple[int, int] = (300, 200)
    vocabulary: int = 1024
    processes: int = 2


def make_tasks(folder: Folder, config: DataConfig) -> None:
    """Everything that is held out, before any training example is made."""
    if folder.fingerprints.exists():
        return
    tasks, tuning, held = held_out(config.seed, config.heldout_per_level, config.tuning_per_level)
    reserved, kept = reserved_tasks(config.seed, *config.reserved_per_split, frozenset(held))
    for path, made in ((folder.heldout, tasks), (folder.tuning, tuning), (folder.reserved, reserved)):
        write_text(path, "".join(f"{task.model_dump_json()}\n" for task in made))
    write_text(folder.fingerprints, json.dumps(held + kept))


def make_corpus(folder: Folder, config: DataConfig, phase: int) -> None:
    """The fresh examples of one phase; with those of the first phase the tokenizer and the validation examples too."""
    make_tasks(folder, config)
    held = json.loads(folder.fingerprints.read_text(encoding="utf-8"))
    if phase == 0 and not folder.apart.exists():
        _write_examples(folder.apart, config, APART, config.apart, held)
    if not folder.corpus(phase).exists():
        _write_examples(folder.corpus(phase), config, phase, config.examples[phase], held)
    if not folder.tokenizer.exists():
        train_tokenizer(folder, config.vocabulary)


def encode(folder: Folder, phase: int, copies: int) -> None:
    """The corpora and the model's own failures up to this phase, as arrays of ids.

    A phase reads again what earlier ones read, which saves making as much anew.
    Before the last phase only what is `SHORT`, and own failures once; then everything, and `copies` of them.
    """
    if not folder.validation.exists():
        save(folder.validation, *encoded(folder, folder.apart, WHOLE))
    if folder.encoded(phase).exists():
        return
    last = phase == len(PHASES) - 1
    limits = WHOLE if last else SHORT
    rows: list[list[int]] = []
    starts: list[int] = []
    for earlier in range(phase + 1):
        fresh, fresh_starts = encoded(folder, folder.corpus(earlier), limits)
        rows, starts = rows + fresh, starts + fresh_starts
        if earlier:
            own, own_starts = encoded(folder, folder.own_failures(earlier), limits)
            times = copies if last else 1
            rows, starts = rows + own * times, starts + own_starts * times
    save(folder.encoded(phase), rows, starts)


def _write_examples(path: Path, config: DataConfig, phase: int, count: int, held: list[str]) -> None:
    made = examples(config.seed * 100 + phase, count, held, config.processes)
    write_lines(path, (asdict(example) for example in made))


def encoded(folder: Folder, path: Path, limits: Mapping[str, int]) -> tuple[list[list[int]], list[int]]:
    """The examples of a file as ids, and where each one's completion begins; `limits`: the most tokens, by kind."""
    tokenizer = load_tokenizer(folder.tokenizer)
    rows: list[list[int]] = []
    starts: list[int] = []
    for item in read_lines(path):
        prompt = prompt_ids(tokenizer, item["user"], item["prefix"])
        ids = prompt + completion_ids(tokenizer, item["reply"])
        if len(ids) <= limits[item["kind"]]:
            rows.append(ids)
            starts.append(len(prompt))
    return rows, starts


def save(path: Path, rows: list[list[int]], starts: list[int]) -> None:
    """Write the arrays of encoded examples in one step."""
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        ids=np.concatenate([np.asarray(row, dtype=np.uint16) for row in rows]),
        lengths=np.asarray([len(row) for row in rows], dtype=np.int32),
        starts=np.asarray(starts, dtype=np.int32),
    )
    part.replace(path)
