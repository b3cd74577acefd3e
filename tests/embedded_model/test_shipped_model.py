"""The model that ships: the file its card describes, and able to do what everyone types first."""

from __future__ import annotations

import hashlib
import json

import pytest
from embedded_model.drafting import Sampling
from embedded_model.evaluation import solved
from embedded_model.golden import prompts_hash
from embedded_model.seeds import SEEDS

from reason_tui.assets import asset

FOLDER = asset("embedded")
pytestmark = pytest.mark.skipif(not (FOLDER / "model.gguf").exists(), reason="needs embedded-model: none here")


def test_the_card_names_every_file_with_its_hash():
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for path in FOLDER.iterdir():
        if path.name != "README.md":
            assert f"| `{path.name}` |" in card
            assert hashlib.sha256(path.read_bytes()).hexdigest() in card, f"{path.name} is not the file of the card"


def test_the_card_names_the_prompts_it_was_trained_on():
    assert prompts_hash() in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_card_repeats_the_measured_figures():
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for level, found in json.loads((FOLDER / "figures.json").read_text(encoding="utf-8"))["heldout"].items():
        row = next(line for line in card.splitlines() if line.startswith(f"| {level} |"))
        assert f"{found['greedy']:.3f}" in row and f"{found['pass@10']:.3f}" in row


def test_all_files_together_stay_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 20_000_000


@pytest.fixture(scope="module")
def right() -> dict[str, int]:
    found = solved(FOLDER / "model.gguf", SEEDS, Sampling(samples=16, seed=7))
    return {task.task.id: count for task, count in zip(SEEDS, found, strict=True)}


KNOWN_WEAK = "seed/sum-7"
"""Solved once in sixteen tries, which need not be so with another processor's rounding; the card says so."""
TYPED = [task.task.id for task in SEEDS if task.task.id != KNOWN_WEAK]


@pytest.mark.parametrize("name", TYPED)
def test_what_everyone_types_first_is_solved_within_sixteen(right: dict[str, int], name: str):
    assert right[name] > 0
