"""The harder reserved families: right, new in behaviour, and made without changing what is trained on."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest
from embedded_model.curriculum import execution
from embedded_model.curriculum.chains import Unsuitable
from embedded_model.curriculum.corpus import training_tasks
from embedded_model.curriculum.harder import HARDER, KINDS, harder_problem
from embedded_model.curriculum.problems import cases
from embedded_model.curriculum.reserved import harder_tasks
from embedded_model.harder import add_tasks, read_tasks
from embedded_model.novelty import shown
from embedded_model.steps import Folder, write_lines, write_text

from reason_tui.tasks.types import GradedTask

SEED = 11
TAUGHT = "c224d9add6e1d36b77d4584382ef50fc534c5ac8335422019fd5bab61f7c233e"
"""Over prompts and programs of the first training tasks, as they were when the shipped model was trained."""


def _prints(tasks: list[GradedTask]) -> list[str]:
    """The fingerprint of each task's reference."""
    return [next(iter(shown(iter([task.reference]), [KINDS]))) for task in tasks]


def test_what_is_trained_on_is_what_the_shipped_model_was_trained_on():
    made = "".join(f"{task.prompt}\0{program}\0" for task, program in training_tasks(SEED, 60, ()))
    assert hashlib.sha256(made.encode()).hexdigest() == TAUGHT


@pytest.mark.parametrize("family", HARDER)
def test_every_program_of_a_harder_family_is_right(family: str):
    rng = random.Random(SEED)
    passed = 0
    while passed < 25:
        try:
            problem = harder_problem(rng, family, "examples")
            tests = tuple(cases(rng, problem, 5))
        except Unsuitable:
            continue
        assert problem.kinds == KINDS
        verdict = execution.run(problem.program(problem.body), problem.function, tests)
        assert verdict.status == "pass", (problem.sentence, problem.body)
        passed += 1


def test_tasks_to_learn_on_and_to_measure_with_all_differ_from_each_other_and_from_what_is_taken():
    tasks, prints = harder_tasks(SEED, 4, 3, ())
    assert {task.group for task in tasks} == {
        f"{family}/{split}" for family in HARDER for split in ("train", "heldout")
    }
    assert len(set(_prints(tasks))) == len(tasks) == len(prints)
    assert set(_prints(tasks)) == set(prints)
    others, _ = harder_tasks(SEED, 4, 3, prints)
    assert not set(_prints(others)) & set(prints)


def test_no_task_behaves_like_a_program_of_the_corpora(tmp_path: Path):
    folder = Folder(tmp_path)
    first = harder_tasks(SEED, 1, 1, ())[0][0]
    prefix, reply = first.reference[:10], first.reference[10:]
    write_text(folder.reserved, "")
    write_text(folder.fingerprints, "[]")
    write_lines(
        folder.corpus(2), [{"kind": "draft", "user": "", "prefix": f"```python\n{prefix}", "reply": f"{reply}\n```"}]
    )
    add_tasks(folder, SEED, (1, 1))
    made = read_tasks(folder)
    assert len(made) == 2 * len(HARDER) and first.task.prompt not in {task.task.prompt for task in made}
    add_tasks(folder, SEED, (1, 1))
    assert read_tasks(folder) == made


def test_a_program_that_does_not_end_on_other_arguments_shows_nothing():
    endless = "def f(x):\n    while x != 1:\n        pass"
    assert shown(iter([endless]), [KINDS]) == set()
