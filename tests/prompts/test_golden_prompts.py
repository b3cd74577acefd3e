"""The prompts are those the embedded model was trained on."""

from __future__ import annotations

from pathlib import Path

import pytest
from embedded_model.golden import golden_texts, prompts_hash

from reason_tui.prompts import OPEN, prefix
from reason_tui.tasks.types import Task

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


def test_the_repair_of_a_class_begins_with_the_class_though_it_may_not_parse():
    """Not with `def Solution(`, after which no model can write one."""
    broken = "import math\n\nclass Solution(object)\n    def f(self):\n        return 1\n"
    task = Task(id="t", prompt="Repair it.", entry_point="Solution", given=broken)
    assert prefix(task) == f"{OPEN}class Solution"
    assert prefix(task.model_copy(update={"given": "def Solution(x):\n    return x\n"})) == f"{OPEN}def Solution("
