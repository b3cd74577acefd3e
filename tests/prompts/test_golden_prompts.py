"""The prompts are those the embedded model was trained on."""

from __future__ import annotations

from pathlib import Path

import pytest
from embedded_model.golden import golden_texts, prompts_hash

GOLDEN = Path(__file__).parent / "golden"
CARD = Path(__file__).parents[2] / "assets" / "embedded" / "README.md"


@pytest.mark.parametrize("name", sorted(golden_texts()))
def test_a_prompt_is_what_its_golden_file_says(name: str):
    expected = (GOLDEN / name).read_bytes().decode("utf-8")
    assert golden_texts()[name] == expected, "the wording changed: the embedded model must be trained again"


def test_every_golden_file_belongs_to_a_prompt():
    assert {path.name for path in GOLDEN.glob("*.txt")} == set(golden_texts())


def test_the_card_of_the_embedded_model_names_the_prompts_it_was_trained_on():
    assert prompts_hash() in CARD.read_text(encoding="utf-8")
