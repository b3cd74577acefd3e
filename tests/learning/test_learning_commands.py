"""The commands of learning, as a user types them; none of these needs torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.journals import write_journal
from support.recorded import solved_run

from reason_tui.cli.main import run
from reason_tui.learning import PairRules, Store
from reason_tui.learning.adapters.manifest import Manifest, base_of
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.gathering import method_for
from reason_tui.models.catalogue import EMBEDDED

HEAVY = """
import sys
import reason_tui.cli.pairs, reason_tui.cli.collect, reason_tui.cli.train, reason_tui.cli.learn
import reason_tui.cli.adapters, reason_tui.cli.promote, reason_tui.learning.rounds
print(sorted({"torch", "trl", "transformers", "peft", "datasets", "textual", "numpy"} & set(sys.modules)))
"""


@pytest.fixture
async def state(clean_environment: Path) -> Path:
    """A state folder with one finished run."""
    folder = clean_environment / "learned"
    write_journal(folder / "runs" / "r", await solved_run())
    return folder


def say(state: Path, *words: str) -> int:
    return run([*words, "--state-dir", str(state)], lambda *_: 0)


def test_no_command_of_learning_imports_what_only_training_needs():
    done = subprocess.run([sys.executable, "-c", HEAVY], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_runs_become_pairs_that_can_be_shown_dropped_and_brought_back(state: Path, capfd: pytest.CaptureFixture[str]):
    assert say(state, "pairs", "collect") == 0
    assert "of 1 run taken in" in capfd.readouterr().out
    say(state, "pairs", "collect")
    assert capfd.readouterr().out.startswith("0 judged replies of 0 runs")
    say(state, "pairs", "ls")
    first = capfd.readouterr().out.splitlines()[0].split()[0]
    say(state, "pairs", "show", first)
    shown = capfd.readouterr().out
    assert "--- chosen" in shown
    assert "--- rejected" in shown
    say(state, "pairs", "drop", first)
    say(state, "pairs", "ls")
    assert first not in capfd.readouterr().out
    say(state, "pairs", "drop", "--restore")
    say(state, "pairs", "ls")
    assert first in capfd.readouterr().out


def test_exported_pairs_can_be_imported_on_another_machine(state: Path, capfd: pytest.CaptureFixture[str]):
    say(state, "pairs", "collect")
    assert say(state, "pairs", "export", "pairs.jsonl") == 0
    assert {frozenset(json.loads(line)) for line in Path("pairs.jsonl").read_text().splitlines()} == {
        frozenset(("prompt", "chosen", "rejected"))
    }
    assert say(state, "pairs", "export", "pairs.jsonl") == 2
    capfd.readouterr()
    assert say(state.parent / "other", "pairs", "import", "pairs.jsonl") == 0
    say(state.parent / "other", "pairs", "ls", "--json")
    say(state, "pairs", "ls", "--json")
    rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()[1:]]
    assert len(rows) == 2 * len({row["id"] for row in rows}) > 0


def test_a_damaged_file_of_pairs_is_refused_and_those_there_are_stay(state: Path, capfd: pytest.CaptureFixture[str]):
    say(state, "pairs", "collect")
    say(state, "pairs", "export", "pairs.jsonl")
    capfd.readouterr()
    say(state, "pairs", "ls", "--json")
    before = capfd.readouterr().out
    rows = Path("pairs.jsonl").read_bytes()
    for damage in (rows[:-9], rows + b"\xff\n", rows + b"{}\n", rows.replace(b"assistant", b"user"), b"[]\n"):
        Path("damaged.jsonl").write_bytes(damage)
        assert say(state, "pairs", "import", "damaged.jsonl") == 2
        assert "damaged.jsonl" in capfd.readouterr().err
    say(state, "pairs", "ls", "--json")
    assert capfd.readouterr().out == before != ""


def test_training_without_the_extra_says_what_to_install(state: Path, capfd, monkeypatch):
    from reason_tui.learning.adapters import forms

    monkeypatch.setattr(forms, "NEEDED", ("a_package_that_is_not_there",))
    assert say(state, "train", "sft") == 2
    assert "pip install 'reason-tui[train]'" in capfd.readouterr().err


def test_a_tracker_that_is_not_there_is_told_before_anything_is_trained(state: Path, capfd, monkeypatch):
    assert say(state, "train", "sft", "--report-to", "nobody") == 2
    assert "There is no tracker `nobody`" in capfd.readouterr().err
    monkeypatch.setattr("reason_tui.learning.training.trackers.find_spec", lambda _: None)
    assert say(state, "learn", "--tasks", "none.jsonl", "--report-to", "wandb") == 2
    assert "The tracker wandb is not installed" in capfd.readouterr().err
    assert not (state / "adapters").exists()


@pytest.mark.parametrize(
    "words",
    ["train sft --lr 0", "train dpo --lr -1e-5", "train sft --epochs 0", "train grpo --replies 1"]
    + [f"learn --tasks x {option} 0" for option in ("--sft-lr", "--dpo-lr", "--dpo-epochs")],
)
def test_a_value_that_cannot_be_is_refused_under_the_name_that_was_typed(state: Path, capfd, words: str):
    assert say(state, *words.split()) == 2
    assert f"'{words.split()[-2]}'" in capfd.readouterr().err


def test_a_chain_whose_tasks_cannot_be_read_leaves_nothing(state: Path, capfd, monkeypatch):
    monkeypatch.setattr("reason_tui.cli.learn.require_train", lambda: None)
    assert say(state, "learn", "--tasks", "/nowhere.jsonl") == 2
    assert "There is no dataset /nowhere.jsonl" in capfd.readouterr().err
    assert not (state / "learning").exists()


def test_training_on_a_run_that_is_not_there_is_refused(state: Path, capfd):
    assert say(state, "train", "sft", "--run", "nope") == 2
    assert "There is no run `nope`." in capfd.readouterr().err


def test_a_run_gives_a_training_its_own_lessons_alone(state: Path, monkeypatch):
    monkeypatch.setattr("reason_tui.learning.gathering.enough", lambda lessons: bool(lessons))
    store = Store(state)
    assert method_for(store, state / "runs" / "r") == "sft"
    assert store.examples(PairRules(), ["r"]) and store.examples(PairRules(), ["another"]) == []


def test_nothing_is_promoted_unless_a_person_says_so(state: Path, capfd, monkeypatch):
    shelf = Shelf(state)
    shelf.keep(Manifest(name="one", base=base_of(EMBEDDED), created_at=1.0, app_version="0"))
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert say(state, "promote", "one") == 0
    assert shelf.promoted() is None
    assert "never measured" in capfd.readouterr().err
    say(state, "promote", "one", "--yes")
    assert shelf.promoted() == "one"
    say(state, "adapters", "ls")
    assert capfd.readouterr().out.startswith("* one")
    say(state, "promote", "--rollback")
    assert shelf.promoted() is None
