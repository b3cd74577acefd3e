"""The study of a last phase: its sheets are exact and hold nothing held out, and its command runs from end to end."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from embedded_model.curriculum.arithmetic import Step, is_held_out
from embedded_model.curriculum.drills import drill
from embedded_model.curriculum.sheets import PROBLEMS, sheet
from embedded_model.curriculum.written import in_parts, written_out
from embedded_model.math_evaluation import answer_of
from support.needs import skip_without

NEEDED = ("torch", "numpy", "tokenizers", "safetensors", "gguf")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
skip_without("model", not MISSING, f"the extra `model` is not installed ({', '.join(MISSING)})")

ROOT = Path(__file__).parents[2]
ASKED = re.compile(r"(\d+) ?([-+*]) ?(\d+)")
STEP = re.compile(r"(-?\d+) ([-+*]) (-?\d+) = (-?\d+)")


def test_a_sheet_writes_out_every_problem_exactly_and_nothing_in_it_is_held_out() -> None:
    rng = random.Random(3)
    seen = set()
    for lesson in (sheet(rng) for _ in range(1000)):
        problem = lesson.user.partition("\n\nSolve")[0]
        asked = [Step(int(a), operator, int(b)) for a, operator, b in ASKED.findall(problem)]
        *lines, last = lesson.reply.split("\n")
        assert PROBLEMS[0] <= len(asked) <= PROBLEMS[1]
        assert lines == [part.text for step in asked for part in in_parts(step)], lesson
        assert not any(is_held_out(step.key) for step in asked), lesson
        for line in lines:
            left, operator, right, told = STEP.fullmatch(line).groups()
            step = Step(int(left), operator, int(right))
            assert step.value == int(told) and not is_held_out(step.key), line
        assert answer_of(last) == asked[-1].value, lesson
        seen.update(step.key for step in asked)
    assert len(seen) > 3500


def test_what_is_written_out_leads_to_the_same_answer() -> None:
    rng = random.Random(4)
    for solved in (drill(rng) for _ in range(3000)):
        written = written_out(solved)
        assert written.answer == solved.answer and len(written.steps) >= len(solved.steps)
    assert [step.text for step in in_parts(Step(47, "+", 38))] == ["47 + 30 = 77", "77 + 8 = 85"]
    assert [step.text for step in in_parts(Step(51, "-", 89))] == ["89 - 50 = 39", "39 - 1 = 38", "51 - 89 = -38"]
    assert [step.value for step in in_parts(Step(6, "*", 17))] == [60, 42, 100, 102]
    assert [step.value for step in in_parts(Step(30, "+", 0))] == [30]


@pytest.mark.timeout(300)
def test_the_command_trains_the_shipped_weights_further_and_reports(tmp_path: Path) -> None:
    paths = os.pathsep.join((str(ROOT), str(ROOT / "backends"), os.environ.get("PYTHONPATH", "")))
    command = [sys.executable, "-m", "embedded_model.further", "--out", str(tmp_path), "--short", "--remark", "Short."]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, check=True, capture_output=True, timeout=280)

    figures = json.loads((tmp_path / "figures.json").read_text())
    assert set(figures["heldout"]) == {"L1", "L2", "L3"} and figures["math"]["sum"]["n"] == 3
    parts = json.loads((tmp_path / "shares.json").read_text())
    assert parts["sheets"]["examples"] == 10 and parts["replay"]["examples"] > 0
    curve = [row for row in map(json.loads, (tmp_path / "loss.jsonl").read_text().splitlines()) if "valid" in row]
    # Two steps from the shipped weights: had they been drawn instead, the loss would be that of a guess, about 7.
    assert curve[-1]["valid"] < 1
    report = (tmp_path / "report.md").read_text()
    assert "Short." in report and "| arithmetic: sum | 0.950 | 0.070 |" in report
