"""The whole loop with the embedded model: search, sandbox, pairs, SFT, DPO, conversion, and the measure of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.layouts import has_embedded
from support.lessons import Told
from support.needs import skip_without

from reason_tui.engine.protocol import EngineSettings
from reason_tui.learning import PairRules, Store
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.pairs import Example, Pair
from reason_tui.learning.plan import Plan, Round
from reason_tui.learning.report import render
from reason_tui.learning.rounds import Chain
from reason_tui.learning.training import TrainSettings
from reason_tui.learning.training.dataset import FILE
from reason_tui.programs import normal_form
from reason_tui.prompts import draft
from reason_tui.search.events import SearchSettings
from reason_tui.tasks.problem import task_key
from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests, Task

WHAT = {
    "the sum of the numbers in {0}": ("[1, 2]", "3", "[4, 4, 1]", "9"),
    "{0} in reverse order": ("[1, 2]", "[2, 1]", "[3, 1, 2]", "[2, 1, 3]"),
    "the largest of the numbers in {0}": ("[1, 2]", "2", "[9, 4]", "9"),
    "how many numbers are in {0}": ("[1, 2]", "2", "[7, 7, 7]", "3"),
}
TINY = {"batch": 4, "rank": 4, "lora_alpha": 8, "steps": 3, "device": "cpu", "patience": 1}


def tasks() -> list[GradedTask]:
    found = []
    for name in ("values", "xs", "items", "ns"):
        for words, (arg, value, other, other_value) in WHAT.items():
            task = Task(
                id=f"{name}/{words[:12]}",
                prompt=f"Return {words.format(name)}.\nassert f({arg}) == {value}",
                entry_point="f",
                signature=f"def f({name}):",
                visible=(CallCase(args=(arg,), expected=value),),
            )
            hidden = HiddenTests(cases=(CallCase(args=(other,), expected=other_value),))
            group = "easy/heldout" if name == "ns" else "easy/train"
            found.append(GradedTask(task=task, hidden=hidden, reference="", group=group))
    return found


def check_lessons(shelf: Shelf, found: Round, held: set[str]) -> None:
    """What was trained on, of the model's own replies: nothing identical, no other prompt, nothing held out."""
    pairs = [Pair.model_validate_json(line) for line in (shelf.place(found.dpo or "") / FILE).open()]
    cloned = [Example.model_validate_json(line) for line in (shelf.place(found.sft) / FILE).open()]
    assert (len(pairs), len(cloned)) == (found.pairs, found.examples)
    assert all(normal_form(pair.prefix + pair.chosen) != normal_form(pair.prefix + pair.rejected) for pair in pairs)
    first = {task_key(graded.task): draft(graded.task) for graded in tasks()}
    for lesson in (*pairs, *cloned):
        assert (lesson.messages, lesson.prefix) == (first[lesson.task].messages, first[lesson.task].prefix)
    assert not held & {lesson.task for lesson in (*pairs, *cloned)}


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("train_extra")
def test_a_round_runs_from_search_to_report_and_again_costs_nothing(tmp_path: Path):
    skip_without("embedded-model", has_embedded("folder") and has_embedded("gguf"), "no model in both forms")
    dataset = tmp_path / "easy.jsonl"
    dataset.write_text("".join(f"{graded.model_dump_json()}\n" for graded in tasks()))
    plan = Plan(
        dataset=str(dataset),
        search=SearchSettings(strategy="best-of-n", budget=8, width=8, max_tokens=60),
        sft=TrainSettings(method="sft", learning_rate=1e-4, **TINY),
        dpo=TrainSettings(method="dpo", learning_rate=5e-5, **TINY),
        samples=4,
        ordinary="embedded",
        ordinary_limit=6,
    )
    engine = EngineSettings(backend="xllamacpp", context_length=1024, state_dir=str(tmp_path))
    with Told(tmp_path) as (job, _):
        report = Chain(plan, engine, job, None).run()
    shelf, store = Shelf(tmp_path), Store(tmp_path)
    (found,) = report.rounds
    assert found.tasks_solved > 0
    assert {one.name for one in shelf.all()} == {found.sft, found.dpo}
    assert report.adapter == found.dpo
    assert shelf.find(found.dpo or "").start == found.sft
    assert shelf.promoted() is None, "a person decides"
    assert (shelf.place(report.adapter) / "gguf" / "adapter.gguf").is_file()
    held = {task_key(graded.task) for graded in tasks() if graded.group == "easy/heldout"}
    lessons = [*store.pairs(PairRules()), *store.examples(PairRules())]
    assert lessons
    assert not held & {lesson.task for lesson in lessons}
    check_lessons(shelf, found, held)
    assert report.ci_low <= report.delta <= report.ci_high
    assert report.before == found.measured[0].before
    assert "pass@1 on 4 held-out tasks" in render(report)
    assert json.loads(report.model_dump_json())["costs"]["ledger"]["completions"] > 0
    with Told(tmp_path) as (job, _):
        again = Chain(plan, engine, job, None).run()
    assert again.rounds == report.rounds
    assert again.costs.ledger == report.costs.ledger
