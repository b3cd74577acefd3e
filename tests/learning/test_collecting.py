"""Collecting and measuring with a scripted model: what is made once, what is never touched, what is compared."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from support.disks import full
from support.executing import InProcess
from support.scripted import ScriptedPolicy

from reason_tui.errors import DatasetError, StateError
from reason_tui.learning import PairRules, Store
from reason_tui.learning.collect import collect, divide
from reason_tui.learning.heldout import shipped_tasks
from reason_tui.learning.keys import is_held_out
from reason_tui.learning.measure import compare, measure
from reason_tui.learning.report import compared_words
from reason_tui.learning.samples import Sample
from reason_tui.learning.workshop import Workshop
from reason_tui.policy import Message, SampleRequest
from reason_tui.search.events import SearchSettings
from reason_tui.search.sampling import PolicyThread
from reason_tui.tasks.problem import task_key
from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests, Task

SEARCH = SearchSettings(strategy="best-of-n", budget=4, width=4)


def graded(number: int, group: str = "") -> GradedTask:
    cases = (CallCase(args=("1", "2"), expected="2"), CallCase(args=("5", "3"), expected="5"))
    task = Task(
        id=f"t{number}",
        prompt=f"Number {number}: the larger of two.",
        entry_point="f",
        signature="def f(a, b):",
        visible=cases[:1],
    )
    return GradedTask(task=task, hidden=HiddenTests(cases=cases), reference="", group=group)


def script(request: SampleRequest) -> list[str]:
    return [("    return b", "    return max(a, b)", "    return a", "    return (")[i % 4] for i in range(request.n)]


def shop() -> tuple[Workshop, ScriptedPolicy]:
    policy = ScriptedPolicy(script)
    return Workshop(InProcess(), PolicyThread(policy)), policy


def quiet(done: int, total: int, words: str) -> None:
    """Shows nothing."""


async def test_a_collection_goes_on_where_it_was_and_makes_no_search_twice(tmp_path: Path):
    tasks, store = [graded(number).task for number in range(3)], Store(tmp_path)
    place, policy = shop()
    first = await collect(tasks[:2], SEARCH, 2, weights="w", store=store, shop=place, told=quiet)
    asked = len(policy.requests)
    again = await collect(tasks, SEARCH, 2, weights="w", store=store, shop=place, told=quiet)
    assert (first.made, again.made, len(again.runs)) == (4, 2, 6)
    assert len(policy.requests) < 2 * asked
    assert first.runs[0] in again.runs
    other = await collect(tasks, SEARCH, 2, weights="other weights", store=store, shop=place, told=quiet)
    assert other.made == 6


async def test_solutions_of_math_problems_become_lessons_by_the_answer_of_the_dataset(tmp_path: Path):
    told = HiddenTests(answer="3.5")
    problems = [
        GradedTask(
            task=Task(id=name, prompt=f"{name}: half of 3 + 4.", kind="math"), hidden=told, reference="", group=at
        )
        for name, at in (("one", "sums/train"), ("two", "sums/heldout"))
    ]
    training, held = divide(problems)
    assert ([task.answer for task in training], held) == (["3.5"], problems[1:]), "no search is told what grades"
    replies = ["3 + 4 = 7\n7 / 2 = 3.5\n#### 3.5", "3 + 4 = 8\n8 / 2 = 4\n#### 4", "3 + 4 = 7\n#### 7"]
    place = Workshop(InProcess(), PolicyThread(ScriptedPolicy(lambda request: replies[: request.n])))
    store = Store(tmp_path)
    search = SEARCH.model_copy(update={"budget": 3, "width": 3})
    found = await collect(training, search, 1, weights="w", store=store, shop=place, told=quiet)
    assert found.solved == {task_key(training[0])}
    assert sorted(sample.reward for sample in store.samples()) == [0.25, 0.5, 1.0], (
        "near-misses are kept by their steps"
    )
    assert [one.text for one in store.examples(PairRules())] == replies[:1]
    assert {pair.rejected for pair in store.pairs(PairRules())} == set(replies[1:])


async def test_held_out_tasks_are_not_searched(tmp_path: Path):
    place, policy = shop()
    store = Store(tmp_path)
    shipped = shipped_tasks("heldout")[0].task
    await collect([shipped, graded(1).task], SEARCH, 1, weights="w", store=store, shop=place, told=quiet)
    assert {task_key(graded(1).task)} == {sample.task for sample in store.samples()}
    assert all(shipped.prompt not in request.messages[0].content for request in policy.requests)
    with pytest.raises(DatasetError):
        await collect([shipped], SEARCH, 1, weights="w", store=store, shop=place, told=quiet)


def test_groups_say_what_is_held_out_and_a_share_of_the_rest_is_always_the_same():
    assert is_held_out(graded(1, "windows/heldout"))
    assert not is_held_out(graded(1, "windows/train"), share=0.9)
    many = [graded(number) for number in range(400)]
    training, held = divide(many, 0.2)
    assert 50 < len(held) < 110
    assert divide(many[::-1], 0.2)[1] == held[::-1]
    assert not {task_key(task) for task in training} & {task_key(one.task) for one in held}
    with pytest.raises(DatasetError):
        divide([graded(1, "a/heldout")], 0.2)


async def test_measuring_grades_by_hidden_tests_and_is_not_done_twice(tmp_path: Path):
    place, policy = shop()
    tasks = [graded(1), graded(2)]
    kept = tmp_path / "measured.jsonl"
    shares = await measure(tasks, 4, SEARCH, weights="w", shop=place, kept=kept, told=quiet)
    assert shares == {"t1": 0.25, "t2": 0.25}
    with kept.open("a") as file:
        file.write('{"key": "torn')
    asked = len(policy.requests)
    assert await measure(tasks, 4, SEARCH, weights="w", shop=place, kept=kept, told=quiet) == shares
    assert len(policy.requests) == asked
    await measure(tasks, 4, SEARCH, weights="x", shop=place, kept=kept, told=quiet)
    assert len(policy.requests) == 2 * asked


async def test_a_damaged_line_is_measured_again_and_a_file_that_cannot_be_written_is_told(tmp_path: Path):
    place, policy = shop()
    kept = tmp_path / "measured.jsonl"
    shares = await measure([graded(1), graded(2)], 4, SEARCH, weights="w", shop=place, kept=kept, told=quiet)
    first, second = kept.read_text().splitlines()
    kept.write_text(f"{first[:20]}\n{second}\n")
    asked = len(policy.requests)
    assert await measure([graded(1), graded(2)], 4, SEARCH, weights="w", shop=place, kept=kept, told=quiet) == shares
    assert len(policy.requests) == asked + 1
    with pytest.raises(StateError, match="cannot be saved") as refused:
        await measure([graded(3)], 4, SEARCH, weights="w", shop=place, kept=tmp_path / "gone" / "m", told=quiet)
    assert "goes on" in refused.value.hint


async def test_a_task_to_repair_is_measured_by_repairs_of_the_given_program(tmp_path: Path):
    place, policy = shop()
    broken = graded(1).task.model_copy(update={"given": "def f(a, b):\n    return a"})
    task = graded(1).model_copy(update={"task": broken})
    await measure([task], 4, SEARCH, weights="w", shop=place, kept=tmp_path / "m.jsonl", told=quiet)
    assert "This program is wrong" in policy.requests[0].messages[0].content
    assert "f(1, 2) returned 1, expected 2" in policy.requests[0].messages[0].content


def test_before_and_after_are_compared_task_by_task():
    before = {f"t{i}": (i % 5) / 4 for i in range(100)}
    after = {task: min(share + 0.25, 1.0) for task, share in before.items()}
    found = compare("d", 4, before, after)
    assert found.difference == pytest.approx(0.2)
    assert found.low > 0.17
    same = compare("d", 4, before, before)
    assert (same.low, same.difference, same.high) == (0, 0, 0)


def test_bugs_of_one_problem_are_not_taken_for_independent_tasks():
    """Five problems with eight bugs each: what is drawn anew is problems."""
    bugs = [graded(number) for number in range(5) for _ in range(8)]
    tasks = [
        one.model_copy(update={"task": one.task.model_copy(update={"id": f"{one.task.id}-{at}"})})
        for at, one in enumerate(bugs)
    ]
    before = {one.task.id: 0.25 for one in tasks}
    after = {one.task.id: 0.25 + (0.5 if one.task.id.startswith(("t0", "t1")) else -0.25) for one in tasks}
    apart, together = compare("d", 4, before, after), compare("d", 4, before, after, tasks)
    assert (apart.problems, together.problems, together.tasks) == (40, 5, 40)
    assert apart.difference == together.difference == pytest.approx(0.05)
    assert together.high - together.low > 2 * (apart.high - apart.low)
    ordinary = [graded(number) for number in range(40)]
    shares = {one.task.id: number % 4 / 4 for number, one in enumerate(ordinary)}
    whole = dict.fromkeys(shares, 1.0)
    alone = compare("d", 4, shares, whole, ordinary)
    assert (alone.low, alone.high) == (compare("d", 4, shares, whole).low, compare("d", 4, shares, whole).high)


def test_of_a_handful_of_tasks_nothing_is_claimed():
    few, enough = ({f"t{number}": 0.0 for number in range(count)} for count in (5, 6))
    better = [compare("d", 4, before, dict.fromkeys(before, 0.5)) for before in (few, enough)]
    assert [(one.low, one.sure) for one in better] == [(0.5, False), (0.5, True)]
    assert "too few tasks to claim anything" in compared_words(better[0])
    assert "may be" not in compared_words(better[1]) and "too few" not in compared_words(better[1])


async def test_what_another_backend_said_is_not_taken_for_what_this_one_says(tmp_path: Path):
    (place, policy), (other_place, other) = shop(), shop()
    other.info = other.info.model_copy(update={"backend": "another"})
    for each in (place, other_place):
        await measure([graded(1)], 4, SEARCH, weights="w", shop=each, kept=tmp_path / "m", told=quiet)
    assert (len(policy.requests), len(other.requests)) == (1, 1)


def test_a_store_may_be_opened_by_several_for_the_first_time(tmp_path: Path):
    """SQLite refuses one who changes the journal's mode while another does: now and then, hence the rounds."""
    together, opened = threading.Barrier(8), []

    def first(folder: Path) -> None:
        together.wait()
        opened.append(Store(folder).samples())

    for turn in range(40):
        threads = [threading.Thread(target=first, args=(tmp_path / str(turn),)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert opened == [[]] * 320


def test_several_writers_lose_nothing(tmp_path: Path):
    def write(writer: int) -> None:
        for number in range(10):
            run = f"{writer}-{number}"
            store = Store(tmp_path)
            store.add(run, [sample(run)])
            store.add(run, [sample(run)])

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Store(tmp_path).samples()) == 40


def sample(run: str) -> Sample:
    return Sample(
        run=run,
        node=1,
        task="0" * 24,
        task_id="t",
        origin="draft",
        messages=(Message(role="user", content="p"),),
        prefix="",
        text=run,
        fingerprint=run,
        reward=1.0,
        passed=True,
        visits=1,
        total=1.0,
    )


def test_a_store_on_a_full_disk_keeps_what_it_had(tmp_path: Path):
    store = Store(tmp_path)
    store.add("first", [sample("first")])
    with full(4096), pytest.raises(StateError) as refused:
        store.add("second", [sample(f"second-{number}" * 100) for number in range(50)])
    assert "disk" in refused.value.hint
    assert [one.run for one in store.samples()] == ["first"]
    assert not store.knows("second")
    store.add("second", [sample("second")])
    assert [one.run for one in store.samples()] == ["first", "second"]


def test_a_sample_that_was_damaged_is_told_and_not_passed_over(tmp_path: Path):
    store = Store(tmp_path)
    store.add("first", [sample("first")])
    with sqlite3.connect(store.path) as database:
        database.execute("UPDATE samples SET data = substr(data, 1, 20)")
    database.close()
    with pytest.raises(StateError, match="damaged") as refused:
        store.pairs(PairRules())
    assert "pairs collect" in refused.value.hint


def test_a_damaged_store_says_how_to_make_it_again(tmp_path: Path):
    store = Store(tmp_path)
    store.path.parent.mkdir()
    store.path.write_bytes(b"not a database at all, but long enough to look like one" * 50)
    with pytest.raises(StateError) as refused:
        store.pairs(PairRules())
    assert "pairs collect" in refused.value.hint


def test_one_problem_with_several_bugs_stands_on_one_side():
    many = [graded(number) for number in range(40)]
    bugs = [
        one.model_copy(update={"task": one.task.model_copy(update={"given": f"def f(a, b):\n    return {bug}"})})
        for one in many
        for bug in range(3)
    ]
    training, held = divide(bugs, 0.3)
    assert held
    assert not {task.prompt for task in training} & {one.task.prompt for one in held}
