"""What an adapter is measured on is apart from what it learned from, by every command that learns or measures."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from support.executing import InProcess
from support.hf_folders import tiny_folder
from support.lessons import Told
from support.scripted import ScriptedPolicy

from reason_tui.cli import measuring
from reason_tui.cli.main import run
from reason_tui.engine.protocol import EngineSettings
from reason_tui.errors import DatasetError
from reason_tui.learning import Store, rounds
from reason_tui.learning.adapters.manifest import Manifest, base_of
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.adapters.use import chosen_once
from reason_tui.learning.collect import Collected, divide
from reason_tui.learning.measure import measurable
from reason_tui.learning.pairs import Example, Lesson
from reason_tui.learning.plan import Plan
from reason_tui.learning.report import advice, render
from reason_tui.learning.training.dataset import fix, keep_earlier, learned
from reason_tui.learning.workshop import Workshop
from reason_tui.policy import Message, SampleRequest
from reason_tui.search.events import SearchSettings
from reason_tui.search.sampling import PolicyThread
from reason_tui.tasks.problem import task_key
from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests, Task

CASE = CallCase(args=("1", "2"), expected="2")


def graded(number: int) -> GradedTask:
    task = Task(
        id=f"t{number}", prompt=f"Problem {number}.", entry_point="f", signature="def f(a, b):", visible=(CASE,)
    )
    return GradedTask(task=task, hidden=HiddenTests(cases=(CASE,)), reference="")


TASKS = [graded(number) for number in range(40)]
TRAINING, HELD = divide(TASKS, 0.3)


def keys(tasks: list[GradedTask]) -> set[str]:
    return {task_key(one.task) for one in tasks}


def example(task: Task) -> Example:
    return Example(
        id=task.id,
        task=task_key(task),
        task_id=task.id,
        origin="draft",
        messages=(Message(role="user", content=task.prompt),),
        text="    return b\n```",
    )


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(tiny_folder(tmp_path / "model", width=32, layers=1))


@pytest.fixture
def kept(tmp_path: Path, model: str) -> Callable[..., Manifest]:
    """Puts an adapter on the shelf that was trained on these tasks; its weights are of no matter here."""

    def call(name: str, tasks: list[Task], start: str | None = None) -> Manifest:
        shelf = Shelf(tmp_path)
        fix(shelf.place(name), "sft", [example(task) for task in tasks])
        shelf.keep(Manifest(name=name, base=base_of(model), start=start, created_at=1.0, app_version="0"))
        return shelf.find(name)

    return call


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[SampleRequest]:
    """What a scripted model in the place of every other is asked."""
    policy = ScriptedPolicy(lambda request: ["    return b", "    return a"] * (request.n // 2))

    @asynccontextmanager
    async def shop(*_: object) -> AsyncIterator[Workshop]:
        yield Workshop(InProcess(), PolicyThread(policy))

    for module in (measuring, rounds):
        monkeypatch.setattr(module, "workshop", shop)
    return policy.requests


def asked_about(requests: list[SampleRequest]) -> set[str]:
    return {one.task.id for one in TASKS if any(one.task.prompt in each.messages[-1].content for each in requests)}


def dataset(tmp_path: Path, tasks: list[GradedTask], name: str = "own.jsonl") -> Path:
    (tmp_path / name).write_text("".join(f"{one.model_dump_json()}\n" for one in tasks))
    return tmp_path / name


def test_an_adapter_learned_what_the_one_it_began_with_learned(tmp_path: Path, kept: Callable[..., Manifest]):
    kept("one", TRAINING[:4])
    two = kept("two", TRAINING[4:8], start="one")
    assert learned(Shelf(tmp_path), two) == {task_key(task) for task in TRAINING[:8]}
    assert learned(Shelf(tmp_path), None) == frozenset()
    gone = kept("three", TRAINING[:4], start="an adapter that was removed")
    assert learned(Shelf(tmp_path), gone) == {task_key(task) for task in TRAINING[:4]}
    keep_earlier(Shelf(tmp_path).place("two"), learned(Shelf(tmp_path), kept("one", TRAINING[:4])))
    Shelf(tmp_path).remove("one")
    assert learned(Shelf(tmp_path), two) == {task_key(task) for task in TRAINING[:8]}, "it is not measured on them now"


def test_what_was_held_out_is_measured_on_before_what_was_merely_not_learned():
    known = {task_key(task) for task in TRAINING[:5]}
    assert measurable(TASKS, known, keys(HELD)) == HELD
    assert keys(measurable(TASKS, known, frozenset())) == keys(TASKS) - known
    assert measurable(HELD, keys(HELD[:1]), keys(HELD)) == HELD[1:], "even where it is held out by now"
    with pytest.raises(DatasetError, match="Nothing can be measured"):
        measurable(HELD, keys(HELD), keys(HELD))


def test_measuring_asks_about_no_task_that_the_adapter_was_trained_on(
    tmp_path: Path, model: str, kept: Callable[..., Manifest], asked: list[SampleRequest], capfd: pytest.CaptureFixture
):
    kept("one", TRAINING)
    path = dataset(tmp_path, TASKS)
    where = ["--dataset", str(path), "--samples", "2", "--model", model, "--state-dir", str(tmp_path)]
    assert run(["adapters", "measure", "one", *where], lambda *_: 0) == 0
    assert asked_about(asked) == {one.task.id for one in HELD}
    assert f"{len(HELD)} tasks" in capfd.readouterr().out
    kept("all", [one.task for one in TASKS])
    assert run(["adapters", "measure", "all", *where], lambda *_: 0) == 2
    assert "was trained on all" in capfd.readouterr().err


def test_a_chain_of_rounds_keeps_apart_what_it_learns_from_and_what_it_is_measured_on(
    tmp_path: Path, model: str, kept: Callable[..., Manifest], asked: list[SampleRequest], monkeypatch
):
    """With an adapter to begin with that was trained on a held-out task, and an ordinary set that has every task."""
    begun = kept("begun", [HELD[0].task, *TRAINING[:3]])
    lessons: list[Lesson] = []

    def train(name: str, _: str, given: list[Lesson], *__: object, **___: object) -> Manifest:
        lessons.extend(given)
        return kept(name, [one.task for one in TASKS if task_key(one.task) in {each.task for each in given}])

    monkeypatch.setattr(rounds, "train", train)
    strangers = [graded(number) for number in range(100, 103)]
    plan = Plan(
        dataset=str(dataset(tmp_path, TASKS)),
        share=0.3,
        search=SearchSettings(strategy="best-of-n", budget=4),
        dpo=None,
        samples=2,
        held_out=2,
        ordinary=str(dataset(tmp_path, [*TASKS, *strangers], "ordinary.jsonl")),
    )
    with Told(tmp_path) as (job, _):
        report = rounds.Chain(plan, EngineSettings(model=model, state_dir=str(tmp_path)), job, begun).run()
    assert {one.task for one in lessons} <= {task_key(task) for task in TRAINING}
    assert lessons
    assert report.rounds[0].measured[0].tasks == 2
    assert report.rounds[0].measured[0].against == "begun"
    assert advice(report) == f"That is no sure gain. To use it all the same: reason-tui promote {report.adapter}"
    for low, high, words in ((0.1, 0.2, "Use it:"), (-0.2, -0.1, "It is worse."), (-0.1, 0.1, "That is no sure gain.")):
        one = report.rounds[0].measured[0].model_copy(update={"tasks": 9, "problems": 9, "low": low, "high": high})
        told = report.model_copy(update={"rounds": (report.rounds[0].model_copy(update={"measured": (one,)}),)})
        assert advice(told).startswith(words)
    assert "pass@1 on 2 held-out tasks" in render(report) and "too few to claim anything" in render(report)
    shares = [json.loads(line)["task"] for line in (tmp_path / "learning").glob("*/measured.jsonl").__next__().open()]
    assert HELD[0].task.id not in shares, "the adapter that it began with was trained on this one"
    assert not {task.id for task in TRAINING} & set(shares)
    assert {one.task.id for one in strangers} <= set(shares)
    assert keys(HELD) | keys(strangers) <= Store(tmp_path).held_out(), "those beyond `--measure-on` too"


def test_other_tasks_in_the_same_file_are_another_chain(tmp_path: Path, model: str):
    """Else the adapter of the old tasks would be given back, with a report about the new ones."""

    def chain(tasks: list[GradedTask], **more: object) -> str:
        plan = Plan(dataset=str(dataset(tmp_path, tasks)), share=0.3, **more)
        with Told(tmp_path) as (job, _):
            return rounds.Chain(plan, EngineSettings(model=model, state_dir=str(tmp_path)), job, None).name

    assert chain(TASKS) == chain(TASKS)
    assert chain(TASKS) != chain([*TASKS, *map(graded, range(50, 60))])
    assert chain(TASKS, limit=3) == chain([*TASKS, *HELD[:0]], limit=3)


def test_a_job_goes_on_with_the_adapter_it_began_with_whatever_is_promoted_meanwhile(
    tmp_path: Path, model: str, kept: Callable[..., Manifest]
):
    one, two = kept("one", TRAINING[:4]), kept("two", TRAINING[:4])
    shelf, began, bare = Shelf(tmp_path), tmp_path / "began", tmp_path / "bare"
    began.mkdir()
    bare.mkdir()
    assert chosen_once(bare, tmp_path, model, None) is None
    shelf.promote("one")
    assert chosen_once(began, tmp_path, model, None) == one
    shelf.promote("two")
    assert [chosen_once(job, tmp_path, model, None) for job in (None, began, bare)] == [two, one, None]


def test_a_second_round_searches_with_the_first_ones_adapter_and_learns_from_both(
    tmp_path: Path, model: str, kept: Callable[..., Manifest], asked: list[SampleRequest], monkeypatch
):
    begun, searched, trained = kept("begun", TRAINING[:3]), [], []

    def train(name: str, _: str, given: list[Lesson], *__: object, start: Manifest | None, **___: object) -> Manifest:
        trained.append((name.rpartition("learn-")[2][9:], start and start.name, {each.task for each in given}))
        return kept(name, TRAINING)

    async def searching(*_: object, weights: str, **__: object) -> Collected:
        searched.append(weights.split(":")[1])
        return Collected(runs=[f"run-{len(searched)}"])

    monkeypatch.setattr(rounds, "train", train)
    monkeypatch.setattr(rounds, "collect", searching)
    monkeypatch.setattr(Store, "examples", lambda _, rules, runs: [example(TRAINING[int(run[-1])]) for run in runs])
    path = str(dataset(tmp_path, TASKS))
    plan = Plan(dataset=path, share=0.3, rounds=2, dpo=None, samples=2, held_out=2)
    with Told(tmp_path) as (job, _):
        report = rounds.Chain(plan, EngineSettings(model=model, state_dir=str(tmp_path)), job, begun).run()
    one, two = (found.sft for found in report.rounds)
    assert searched == ["begun", one]
    keys_of = [task_key(task) for task in TRAINING[1:3]]
    assert trained == [("1-sft", "begun", {keys_of[0]}), ("2-sft", "begun", set(keys_of))]
    assert (report.adapter, report.start) == (two, "begun")
    noted = [Shelf(tmp_path).find(name).evaluations for name in (one, two)]
    assert noted == [found.measured for found in report.rounds], "the first one may be the better one"
    assert "begins with begun, on the lessons of all rounds so far" in render(report)
