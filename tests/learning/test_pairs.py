"""Pairs and examples from real searches: what they hold, and what they never hold."""

from __future__ import annotations

import json
import lzma
import sqlite3
from pathlib import Path

import pytest
from support.executing import InProcess
from support.journals import write_journal
from support.scripted import ScriptedPolicy

from reason_tui.errors import DatasetError, UsageError
from reason_tui.learning import PairRules, Store, samples_of
from reason_tui.learning.heldout import quotes_held_out, shipped_tasks
from reason_tui.learning.pairs import Pair, examples_of, pairs_of
from reason_tui.learning.rows import read_lessons, row_of, write_rows
from reason_tui.learning.samples import Sample
from reason_tui.policy import SampleRequest
from reason_tui.programs import normal_form
from reason_tui.search.driver import search
from reason_tui.search.events import EVENT, Event, SearchSettings
from reason_tui.search.sampling import PolicyThread
from reason_tui.tasks.problem import task_key
from reason_tui.tasks.types import CallCase, Task

RECORDED = Path(__file__).parents[1] / "data" / "recorded_runs.jsonl.xz"
TASK = Task(
    id="mine/1",
    prompt="Return the larger of two numbers.",
    entry_point="f",
    signature="def f(a, b):",
    visible=(CallCase(args=("1", "2"), expected="2"), CallCase(args=("5", "3"), expected="5")),
)
DRAFTS = ("    c = a\n    return c", "    d = a\n    return d", "    return max(a, b)", "    return b")
REPAIRS = ("    return a if a > b else b", "    return a - b", "    return max(a, b)", "    return (")


def script(request: SampleRequest) -> list[str]:
    bodies = REPAIRS if "This program is wrong" in request.messages[-1].content else DRAFTS
    return [bodies[(request.seed + i) % 4] for i in range(request.n)]


async def searched(task: Task = TASK, *, strategy: str = "best-of-n") -> tuple[list[Event], ScriptedPolicy]:
    events: list[Event] = []
    policy = ScriptedPolicy(script)
    sampler = PolicyThread(policy)
    settings = SearchSettings(strategy=strategy, budget=16, width=4, seed=3)
    await search(task, run="r1", settings=settings, sampler=sampler, sandbox=InProcess(), emit=events.append)
    await sampler.close()
    return events, policy


def recorded() -> list[Sample]:
    with lzma.open(RECORDED, "rt") as file:
        rows = [json.loads(line) for line in file]
    return [
        sample.model_copy(update={"run": f"{at}"})
        for at, row in enumerate(rows)
        for sample in samples_of(
            EVENT.validate_python(event) for event in (row if isinstance(row, list) else row["events"])
        )
    ]


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return recorded()


def test_recorded_runs_give_pairs_and_none_of_them_is_identical(samples: list[Sample]):
    pairs = pairs_of(samples, PairRules(pairs_per_task=1000))
    assert len(pairs) > 20
    for pair in pairs:
        assert normal_form(pair.prefix + pair.chosen) != normal_form(pair.prefix + pair.rejected)
        assert pair.q_chosen - pair.q_rejected > 0.2
        assert max(len(pair.chosen), len(pair.rejected)) <= 2 * min(len(pair.chosen), len(pair.rejected))
    assert len({pair.id for pair in pairs}) == len(pairs)


def test_every_prompt_is_one_that_the_policy_was_given_byte_for_byte():
    import asyncio

    events, policy = asyncio.run(searched(strategy="mcts"))
    asked = {(request.messages, request.prefix) for request in policy.requests}
    samples = samples_of(events)
    lessons = [*pairs_of(samples, PairRules()), *examples_of(samples, PairRules())]
    assert lessons
    assert {(lesson.messages, lesson.prefix) for lesson in lessons} <= asked


async def test_a_lesson_says_which_model_said_it_and_keeps_that_on_its_way_through_a_file(tmp_path: Path):
    events, policy = await searched(strategy="mcts")
    samples = samples_of(events)
    lessons = [*pairs_of(samples, PairRules()), *examples_of(samples, PairRules())]
    assert {one.model for one in lessons} == {policy.info.model} != {""}
    path, _ = write_rows(tmp_path / "pairs.jsonl", pairs_of(samples, PairRules()))
    assert {one.model for one in read_lessons(path)[0]} == {policy.info.model}
    old = [json.loads(one.model_dump_json(exclude={"model"})) for one in samples]
    assert {Sample.model_validate(one).model for one in old} == {""}, "what older versions kept can be read"


async def test_only_what_passed_is_chosen_and_the_turn_ends_as_the_model_ended_it():
    events, _ = await searched()
    pairs = pairs_of(samples_of(events), PairRules())
    assert {pair.chosen for pair in pairs} == {"    return max(a, b)\n```"}
    assert {pair.rejected for pair in pairs} <= {
        "    c = a\n    return c\n```",
        "    d = a\n    return d\n```",
        "    return b\n```",
    }
    assert all(pair.why_rejected and pair.why_chosen == "2 of 2 tests pass." for pair in pairs)


async def test_programs_that_differ_in_names_only_are_one_rejected_side():
    events, _ = await searched()
    rejected = [pair.rejected for pair in pairs_of(samples_of(events), PairRules())]
    assert sum("= a" in text for text in rejected) == 1
    assert len(rejected) == 2


def test_a_task_gives_no_more_than_its_share(samples: list[Sample]):
    few = PairRules(pairs_per_task=2, examples_per_task=1)
    counts: dict[str, int] = {}
    for pair in pairs_of(samples, few):
        counts[pair.task] = counts.get(pair.task, 0) + 1
    assert max(counts.values()) == 2
    by_origin = [
        (example.task, example.origin) for example in examples_of(samples, few) if example.origin != "transfer"
    ]
    assert len(set(by_origin)) == len(by_origin)


def test_the_critic_shifts_q_and_cannot_lift_it_above_one(samples: list[Sample]):
    ranked = [sample.model_copy(update={"rank": 1.0 if sample.passed else 0.5}) for sample in samples]
    plain, weighed = (pairs_of(found, PairRules(pairs_per_task=1000)) for found in (samples, ranked))
    assert all(0 <= pair.q_rejected <= pair.q_chosen <= 1 for pair in weighed)
    q = {pair.id: pair.q_rejected for pair in plain}
    assert any(pair.id in q and pair.q_rejected == pytest.approx((q[pair.id] + 0.5) / 2) for pair in weighed)


async def test_the_opinion_of_the_critic_is_in_the_samples():
    def ranking(request: SampleRequest) -> list[str]:
        if "Rank these programs" in request.messages[-1].content:
            return ["3 1 2 4"]
        return ["    return b", "    return a", "    return 0", "    return 1"][: request.n]

    events: list[Event] = []
    sampler = PolicyThread(ScriptedPolicy(ranking))
    settings = SearchSettings(strategy="mcts", budget=8, width=4, seed=1, critic=True)
    await search(TASK, run="r1", settings=settings, sampler=sampler, sandbox=InProcess(), emit=events.append)
    await sampler.close()
    ranks = {sample.rank for sample in samples_of(events)}
    assert {0.0, 1.0} & ranks, "the policy was asked for a ranking"
    assert all(rank is None or 0 <= rank <= 1 for rank in ranks)


async def test_taking_a_run_in_twice_changes_nothing(tmp_path: Path):
    events, _ = await searched()
    folder = write_journal(tmp_path / "runs" / "r1", events)
    store = Store(tmp_path)
    assert store.take_in(folder).samples == len(samples_of(events))
    before = store.pairs(PairRules())
    assert not store.take_in(folder).fresh
    assert Store(tmp_path).pairs(PairRules()) == before
    assert before


async def test_held_out_tasks_never_come_in(tmp_path: Path):
    shipped = shipped_tasks("heldout")
    assert shipped, "the app ships held-out tasks"
    taken_by_another_name = shipped[0].task.model_copy(update={"id": "typed", "prompt": f" {shipped[0].task.prompt}\n"})
    events, _ = await searched(taken_by_another_name)
    taken = Store(tmp_path).take_in(write_journal(tmp_path / "runs" / "r1", events))
    assert taken.held_out
    assert Store(tmp_path).samples() == []


async def test_what_is_held_out_later_goes_too(tmp_path: Path):
    events, _ = await searched()
    store = Store(tmp_path)
    store.take_in(write_journal(tmp_path / "runs" / "r1", events))
    assert store.pairs(PairRules())
    store.hold_out([TASK], "a dataset")
    assert store.pairs(PairRules()) == []
    assert store.examples(PairRules()) == []


async def test_rows_come_back_as_they_were_and_have_the_columns_of_trl(tmp_path: Path):
    events, _ = await searched(strategy="mcts")
    lessons = [*pairs_of(samples_of(events), PairRules())]
    path, _ = write_rows(tmp_path / "pairs.jsonl", lessons)
    assert {frozenset(json.loads(line)) for line in path.read_text().splitlines()} == {
        frozenset(("prompt", "chosen", "rejected"))
    }
    assert read_lessons(path) == (lessons, 0)
    assert row_of(lessons[0])["chosen"][0]["content"].startswith("```python\ndef f(a, b):\n")


async def test_what_was_exported_and_comes_back_is_learned_from_once(tmp_path: Path):
    events, _ = await searched(strategy="mcts")
    store = Store(tmp_path)
    store.take_in(write_journal(tmp_path / "runs" / "r1", events))
    pairs, examples = store.pairs(PairRules()), store.examples(PairRules())
    for name, lessons in (("pairs.jsonl", pairs), ("sft.jsonl", examples)):
        path, _ = write_rows(tmp_path / name, lessons)
        store.bring_in(read_lessons(path)[0])
    assert pairs and examples
    assert (store.pairs(PairRules()), store.examples(PairRules())) == (pairs, examples)


async def test_imported_rows_about_held_out_tasks_are_refused(tmp_path: Path):
    task = shipped_tasks("heldout")[3].task
    assert quotes_held_out(f"Please: {task.prompt} Thank you.")
    row = {"prompt": [{"role": "user", "content": f"{task.prompt}\n\nWrite it."}]}
    row |= {side: [{"role": "assistant", "content": side}] for side in ("chosen", "rejected")}
    (tmp_path / "pairs.jsonl").write_text(json.dumps(row) + "\n")
    assert read_lessons(tmp_path / "pairs.jsonl") == ([], 1)


async def test_rows_of_others_that_quote_a_task_which_a_person_holds_out_are_refused_before_and_after(tmp_path: Path):
    """They say no task: without their sidecar, only the words of their prompt tell."""
    events, _ = await searched(strategy="mcts")
    path, beside = write_rows(tmp_path / "pairs.jsonl", pairs_of(samples_of(events), PairRules()))
    beside.unlink()
    rows, _ = read_lessons(path)
    before, after, strange = Store(tmp_path / "before"), Store(tmp_path / "after"), Store(tmp_path / "strange")
    before.hold_out([TASK], "a dataset")
    assert before.bring_in(rows) == (0, len(rows)) != (0, 0)
    for store in (after, strange):
        assert store.bring_in(rows) == (len(rows), 0)
    strange.hold_out([TASK.model_copy(update={"prompt": "Return the smaller of two numbers."})], "a dataset")
    assert strange.pairs(PairRules()) == sorted(rows, key=lambda one: one.id)
    after.hold_out([TASK], "a dataset")
    assert after.pairs(PairRules()) == []


def test_a_store_of_an_earlier_version_is_gone_on_with(tmp_path: Path):
    store = Store(tmp_path)
    store.hold_out([TASK], "a dataset")
    with sqlite3.connect(store.path) as database:
        database.executescript("DROP TABLE heldout_words; PRAGMA user_version = 1;")
    database.close()
    assert Store(tmp_path).held_out() >= {task_key(TASK)}
    assert Store(tmp_path).pairs(PairRules()) == []


def test_a_damaged_file_is_refused_with_its_line(tmp_path: Path):
    good = {"prompt": [{"role": "user", "content": "p"}], "completion": [{"role": "assistant", "content": "c"}]}
    (tmp_path / "sft.jsonl").write_text(f'{json.dumps(good)}\n{{"prompt": []\n')
    with pytest.raises(DatasetError, match="Line 2"):
        read_lessons(tmp_path / "sft.jsonl")


def test_a_row_that_cannot_be_told_to_a_trainer_says_which(tmp_path: Path):
    row = {"prompt": [{"role": "user", "content": "p"}], "chosen": [{"role": "assistant", "content": "c"}]}
    (tmp_path / "pairs.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(DatasetError, match="Line 1") as refused:
        read_lessons(tmp_path / "pairs.jsonl")
    assert "one message of the assistant" in refused.value.why


async def test_rows_are_never_left_beside_the_sidecar_of_others(tmp_path: Path):
    events, _ = await searched(strategy="mcts")
    lessons = pairs_of(samples_of(events), PairRules())
    path, beside = tmp_path / "pairs.jsonl", tmp_path / "pairs.sidecar.jsonl"
    beside.write_text("of others\n")
    with pytest.raises(UsageError, match="already there"):
        write_rows(path, lessons)
    assert not path.exists()
    beside.unlink()
    path.write_text("of others\n")
    with pytest.raises(UsageError, match="already there"):
        write_rows(path, lessons)
    assert not beside.exists()
    assert [written.exists() for written in write_rows(path, lessons, force=True)] == [True, True]
    beside.write_text(beside.read_text() + beside.read_text())
    with pytest.raises(DatasetError, match="does not belong"):
        read_lessons(path)


async def test_dropped_pairs_stay_away_until_they_are_restored(tmp_path: Path):
    events, _ = await searched()
    store = Store(tmp_path)
    store.take_in(write_journal(tmp_path / "runs" / "r1", events))
    first: Pair = store.pairs(PairRules())[0]
    store.drop([first.id])
    assert first not in store.pairs(PairRules())
    assert store.restore() == 1
    assert first in store.pairs(PairRules())
