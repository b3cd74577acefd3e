"""Trainings of a tiny model with TRL, for real: what they leave, and what they say when something breaks."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.disks import full
from support.executing import InProcess
from support.hf_folders import tiny_folder
from support.lessons import SLOW, Told, examples, pairs

from reason_tui.engine.jobs import Job, Record
from reason_tui.engine.protocol import EngineSettings
from reason_tui.errors import DatasetError, ModelDamagedError, StateError, TrainingError, UsageError
from reason_tui.learning.adapters.manifest import Manifest
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.keys import split_of
from reason_tui.learning.training import TrainSettings
from reason_tui.learning.training.begun import at_work
from reason_tui.learning.training.dataset import FILE, fix, learned
from reason_tui.learning.training.train import train

SFT = TrainSettings(method="sft", batch=4, rank=4, lora_alpha=8, learning_rate=1e-2, device="cpu", patience=0)
DPO = SFT.model_copy(update={"method": "dpo", "learning_rate": 5e-3})
BRIEF = SFT.model_copy(update={"steps": 3})
KILLED = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from support.lessons import SLOW, examples
from reason_tui.engine.jobs import Job
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.training.train import train
state = Path(sys.argv[1])
with Job.open(state, "train", show=lambda record: print(record.model_dump_json(), flush=True)) as job:
    train("killed", sys.argv[2], examples(40), SLOW, shelf=Shelf(state), job=job)
"""


def curve(place: Path, name: str = "loss") -> list[float]:
    rows = map(json.loads, (place / "curves.jsonl").read_text().splitlines())
    return [row[name] for row in rows if name in row]


@pytest.mark.usefixtures("train_extra")
def test_cloning_lowers_the_loss_and_dpo_goes_on_from_it_as_its_reference(tmp_path: Path, base: Path):
    shelf = Shelf(tmp_path)
    with Told(tmp_path) as (job, records):
        one = train("one", str(base), examples(24), SFT.model_copy(update={"epochs": 4}), shelf=shelf, job=job)
        losses = curve(shelf.place("one"))
        assert losses[-1] < 0.8 * losses[0]
        two = train("two", str(base), pairs(24), DPO, shelf=shelf, job=job, start=one)
    margins = curve(shelf.place("two"), "rewards/margins")
    assert margins[0] == pytest.approx(0, abs=1e-4), "the reference is the adapter that DPO begins with"
    assert margins[-1] > 0.01
    assert (two.start, two.method) == ("one", "dpo")
    assert two.data_sha256 != one.data_sha256
    assert shelf.all()[0] == two
    steps = [record for record in records if record.type == "progress"]
    assert steps[-1].done == steps[-1].total
    assert "left" in steps[-1].text


@pytest.mark.usefixtures("train_extra")
def test_a_training_that_was_killed_goes_on_from_its_checkpoint(tmp_path: Path, base: Path):
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(base), *filter(None, sys.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        for line in process.stdout:
            record = json.loads(line)
            if record["type"] == "progress" and record["done"] >= 6:
                os.kill(process.pid, signal.SIGKILL)
    shelf = Shelf(tmp_path)
    assert shelf.all() == []
    with Told(tmp_path) as (job, records):
        done = train("killed", str(base), [], SLOW, shelf=shelf, job=job)
    notes = [record.text for record in records if record.type == "note"]
    assert any(note.startswith("Going on from step") for note in notes)
    first = next(record for record in records if record.type == "progress")
    assert first.done > 1
    assert done.figures["steps"] == first.total
    assert not (shelf.place("killed") / "checkpoints").exists()


@pytest.mark.usefixtures("train_extra")
def test_a_training_goes_on_with_what_it_was_begun_with_or_not_at_all(tmp_path: Path, base: Path):
    """The checkpoint has its own rate, rank and base: an adapter of two kinds of steps would be told as one."""
    other, shelf = tiny_folder(tmp_path / "other", width=32, layers=2, seed=7), Shelf(tmp_path)

    def stop_soon(record: Record) -> None:
        job.stop_asked = record.type == "progress" and record.done >= 3

    with Job.open(tmp_path, "train", show=stop_soon, polls=True) as job, pytest.raises(KeyboardInterrupt):
        train("one", str(base), examples(24), SFT, shelf=shelf, job=job)
    with Told(tmp_path) as (job, _):

        def again(model: Path = base, **changed: object) -> Manifest:
            return train("one", str(model), [], SFT.model_copy(update=changed), shelf=shelf, job=job)

        for changed, why in (
            ({"learning_rate": 1e-5}, "learning_rate 0.01, not 1e-05"),
            ({"rank": 8}, "rank 4, not 8"),
        ):
            with pytest.raises(UsageError, match="was begun otherwise") as refused:
                again(**changed)
            assert why in refused.value.why and "--name" in refused.value.hint
        for model, method in ((other, "sft"), (base, "dpo")):
            with pytest.raises(UsageError, match="was begun otherwise"):
                again(model, method=method)
        done = again(micro_batch=2, checkpoints=False)
        assert done.figures["steps"] == 6
        with pytest.raises(UsageError, match="was trained otherwise"):
            again(epochs=3)
        with pytest.raises(UsageError, match="was trained otherwise"):
            again(other)
        assert again() == done


@pytest.mark.usefixtures("train_extra")
def test_an_adapter_that_is_gone_on_from_keeps_its_rank_and_the_new_one_says_so(tmp_path: Path, base: Path):
    shelf = Shelf(tmp_path)
    with Told(tmp_path) as (job, _):
        one = train("one", str(base), examples(24), BRIEF.model_copy(update={"steps": 1}), shelf=shelf, job=job)
        wide = BRIEF.model_copy(update={"steps": 1, "rank": 32, "lora_alpha": 64})
        two = train("two", str(base), examples(12), wide, shelf=shelf, job=job, start=one)
    assert two.settings is not None and (two.settings.rank, two.settings.lora_alpha) == (4, 8)
    assert len(learned(shelf, two)) == 24
    shelf.remove("one")
    assert len(learned(shelf, two)) == 24, "what the removed one had learned is not forgotten"
    kept = json.loads((shelf.place("two") / "peft" / "adapter_config.json").read_text())
    assert (kept["r"], kept["lora_alpha"]) == (4, 8)


@pytest.mark.usefixtures("train_extra")
def test_a_training_that_cannot_be_done_leaves_nothing_and_two_at_once_are_refused(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch
):
    shelf = Shelf(tmp_path)
    with Told(tmp_path) as (job, _), monkeypatch.context() as patched:
        patched.setattr("reason_tui.learning.training.memory._memory", lambda cuda: 1000)
        with pytest.raises(TrainingError, match="needs"):
            train("large", str(base), examples(24), BRIEF, shelf=shelf, job=job)
        assert not shelf.place("large").exists()
    fix(shelf.place("busy"), "sft", examples(24))
    with Told(tmp_path) as (job, _), at_work(shelf.place("busy")):
        with pytest.raises(UsageError, match="Another process trains busy"):
            train("busy", str(base), [], BRIEF, shelf=shelf, job=job)
        with pytest.raises(UsageError, match="is being trained"):
            shelf.remove("busy")
    shelf.remove("busy")
    assert shelf.unfinished() == []


@pytest.mark.usefixtures("train_extra")
def test_a_loss_that_is_no_number_ends_the_training_and_says_so(tmp_path: Path, base: Path):
    wild = SFT.model_copy(update={"learning_rate": 1e30, "epochs": 4})
    with pytest.raises(TrainingError, match="diverged") as diverged, Told(tmp_path) as (job, _):
        train("wild", str(base), examples(24), wild, shelf=Shelf(tmp_path), job=job)
    assert "--lr" in diverged.value.hint
    assert Shelf(tmp_path).all() == []


@pytest.mark.usefixtures("train_extra")
@pytest.mark.parametrize("what", ["its curves", "its checkpoints"])
def test_a_full_disk_is_told_as_one_and_the_training_goes_on_when_there_is_space(tmp_path: Path, base: Path, what: str):
    shelf = Shelf(tmp_path)
    place = shelf.place("full")
    place.mkdir(parents=True)
    if what == "its curves":
        (place / "curves.jsonl").symlink_to("/dev/full")
    with Told(tmp_path) as (job, _):
        disk = full(8_000) if what == "its checkpoints" else nullcontext()
        with disk, pytest.raises(StateError, match="disk is full") as refused:
            train("full", str(base), examples(24), BRIEF, shelf=shelf, job=job)
        assert "go on" in refused.value.hint
        assert shelf.all() == []
        (place / "curves.jsonl").unlink(missing_ok=True)
        done = train("full", str(base), [], BRIEF, shelf=shelf, job=job)
    assert shelf.all() == [done]
    assert done.figures["steps"] == BRIEF.steps


@pytest.mark.usefixtures("train_extra")
def test_a_disk_that_is_full_at_the_very_end_costs_no_step(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch):
    """And neither does a kill between the weights and the manifest: what is on the disk then is the same."""
    shelf = Shelf(tmp_path)

    def refuse(_: Manifest) -> None:
        raise StateError("The adapter late cannot be saved.", why="No space left on device.")

    with Told(tmp_path) as (job, records):
        with monkeypatch.context() as patched, pytest.raises(StateError):
            patched.setattr(shelf, "keep", refuse)
            train("late", str(base), examples(24), BRIEF, shelf=shelf, job=job)
        assert shelf.all() == []
        weights = (shelf.place("late") / "peft" / "adapter_model.safetensors").read_bytes()
        losses = curve(shelf.place("late"))
        done = train("late", str(base), [], BRIEF, shelf=shelf, job=job)
    assert [record.text for record in records if record.type == "note"] == ["Going on from step 3."]
    assert (shelf.place("late") / "peft" / "adapter_model.safetensors").read_bytes() == weights
    assert done.figures["train_loss"] == pytest.approx(sum(losses) / 3)
    assert sorted(path.name for path in shelf.place("late").iterdir()) == [
        *("adapter.json", "curves.jsonl", "data.jsonl", "peft"),
    ]


@pytest.mark.usefixtures("train_extra")
@pytest.mark.parametrize("name", ["loss", "eval_loss", "grad_norm"])
def test_no_step_is_told_and_none_is_kept_of_what_is_no_number(tmp_path: Path, name: str):
    from reason_tui.learning.training.watch import Watch

    state = SimpleNamespace(is_world_process_zero=True, global_step=7, max_steps=9)
    with Told(tmp_path) as (job, records):
        watch = Watch(job, tmp_path / "curves.jsonl", "SFT")
        with pytest.raises(TrainingError, match="diverged at step 7"):
            watch.on_log(None, state, None, {"loss": 0.5, name: math.nan})
        watch.on_log(None, state, None, {"loss": 0.5, "grad_norm": 1.0})
    assert [record.type for record in records] == ["progress", "ended"]


@pytest.mark.usefixtures("train_extra")
def test_an_adapter_of_another_base_is_no_start(tmp_path: Path, base: Path):
    other = tiny_folder(tmp_path / "other", width=32, layers=2, seed=7)
    with Told(tmp_path) as (job, _):
        one = train("one", str(base), examples(24), SFT, shelf=Shelf(tmp_path), job=job)
        with pytest.raises(ModelDamagedError, match="does not belong"):
            train("two", str(other), pairs(24), DPO, shelf=Shelf(tmp_path), job=job, start=one)


@pytest.mark.usefixtures("train_extra")
def test_validation_tasks_are_not_trained_on_and_end_a_training_that_gets_worse(tmp_path: Path, base: Path):
    worse = SFT.model_copy(update={"learning_rate": 0.3, "epochs": 40, "patience": 1})
    with Told(tmp_path) as (job, records):
        done = train("worse", str(base), examples(24), worse, shelf=Shelf(tmp_path), job=job)
    assert done.figures["lessons"] == 21
    last = [record for record in records if record.type == "progress"][-1]
    assert last.done < last.total


@pytest.mark.usefixtures("train_extra")
def test_a_training_that_was_interrupted_ends_for_lack_of_gain_where_it_would_have_ended(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch
):
    worse, shelf = SFT.model_copy(update={"learning_rate": 3e-2, "epochs": 6, "patience": 3}), Shelf(tmp_path)
    validating = {"text": "~@~@~@~@"}  # which nobody trains on: the loss falls, and then rises for good
    lessons = [one if split_of(one.task) == "train" else one.model_copy(update=validating) for one in examples(24)]

    def refuse(_: Manifest) -> None:
        raise StateError("The adapter whole cannot be saved.")

    def before_the_last_look(record: Record) -> None:
        seen = len(curve(shelf.place("cut"), "eval_loss")) if record.type == "progress" else 0
        stopped.stop_asked = seen >= looks - 1

    with Told(tmp_path) as (job, _):
        with monkeypatch.context() as patched, pytest.raises(StateError):
            patched.setattr(shelf, "keep", refuse)
            train("whole", str(base), lessons, worse, shelf=shelf, job=job)
        looks = len(curve(shelf.place("whole"), "eval_loss"))
        whole = train("whole", str(base), [], worse, shelf=shelf, job=job)
        assert len(curve(shelf.place("whole"), "eval_loss")) == looks, "what had ended makes no step more"
        assert (whole.figures["steps"] or 0) < 36
    with (
        Job.open(tmp_path, "train", show=before_the_last_look, polls=True) as stopped,
        pytest.raises(KeyboardInterrupt),
    ):
        train("cut", str(base), lessons, worse, shelf=shelf, job=stopped)
    with Told(tmp_path) as (job, _):
        cut = train("cut", str(base), [], worse, shelf=shelf, job=job)
    assert curve(shelf.place("cut"), "eval_loss") == pytest.approx(curve(shelf.place("whole"), "eval_loss"))
    for name in ("steps", "valid_loss", "train_loss"):
        assert cut.figures[name] == pytest.approx(whole.figures[name])


def test_data_that_was_damaged_is_refused_with_its_line(tmp_path: Path):
    fix(tmp_path, "sft", examples(12))
    text = (tmp_path / FILE).read_text().splitlines()
    (tmp_path / FILE).write_text("\n".join([text[0], text[1][:40], *text[2:]]) + "\n")
    with pytest.raises(DatasetError, match="Line 2") as refused:
        fix(tmp_path, "sft", [])
    assert f"adapters rm {tmp_path.name}" in refused.value.hint


def test_what_is_learned_from_is_fixed_by_the_first_call(tmp_path: Path):
    first = fix(tmp_path, "sft", examples(24))
    again = fix(tmp_path, "sft", examples(3))
    assert (again.digest, len(again.train), len(again.valid)) == (first.digest, 21, 3)


def test_too_few_lessons_say_where_more_come_from(tmp_path: Path):
    with pytest.raises(TrainingError, match="too few") as refused:
        fix(tmp_path, "dpo", [])
    assert "collect" in refused.value.hint


@pytest.mark.usefixtures("train_extra")
def test_grpo_samples_replies_and_learns_from_what_the_sandbox_says(tmp_path: Path, base: Path, monkeypatch):
    """A model of single bytes writes no program: the sandbox is asked all the same, and the adapter is kept."""
    from reason_tui.learning.problems import problems_of
    from reason_tui.learning.training import rewarding
    from reason_tui.tasks.types import CallCase, Task

    case = CallCase(args=("1",), expected="2")
    tasks = [
        Task(id=f"t{n}", prompt=f"Add one, {n} times.", entry_point="f", signature="def f(x):", visible=(case,))
        for n in range(9)
    ]

    async def opened(_: object) -> InProcess:
        return InProcess()

    monkeypatch.setattr(rewarding, "proved_sandbox", opened)
    judge = rewarding.Rewarding(EngineSettings(state_dir=str(tmp_path)))
    good, bad = "```python\ndef f(x):\n    return x + 1\n```", "```python\ndef f(x):\n    return x\n```"
    assert judge.rewards([tasks[0]] * 3, [good, bad, "nothing"]) == [1.0, pytest.approx(0.2), 0.0]
    namesake = tasks[0].model_copy(update={"visible": (CallCase(args=("1",), expected="1"),)})
    assert judge.rewards([namesake], [good]) == [pytest.approx(0.2)], "another task of the same id"
    brief = SFT.model_copy(update={"method": "grpo", "batch": 4, "group": 2, "reply_length": 8, "steps": 2})
    problems = problems_of(tasks, frozenset())
    with Told(tmp_path) as (job, _):
        done = train("g", str(base), problems, brief, shelf=Shelf(tmp_path), job=job, rewarding=judge)
    judge.close()
    assert done.figures["steps"] == 2
    assert len(curve(Shelf(tmp_path).place("g"), "reward")) == 2
