"""One training by two processes, as `accelerate launch` starts them, on the CPU."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.lessons import examples, pairs

from reason_tui.learning import Store
from reason_tui.learning.adapters.shelf import Shelf
from reason_tui.learning.training import TrainSettings
from reason_tui.learning.training.ranks import accumulation, agreed, is_first, per_device

BOTH = """
import sys
from reason_tui.cli.main import run
where = ["--state-dir", sys.argv[1], "--model", sys.argv[2], *sys.argv[3:]]
codes = [run(["train", "sft", "--name", "one", *where], None), run(["train", "dpo", "--from", "one", *where], None)]
sys.exit(max(codes))
"""
SMALL = "--device cpu --batch 4 --rank 4"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("train_extra")
def test_two_processes_train_one_adapter_and_one_of_them_writes(clean_environment: Path, base: Path):
    state = clean_environment / "state"
    Store(state).bring_in([*examples(24), *(pair.model_copy(update={"id": f"p{pair.id}"}) for pair in pairs(24))])
    script = clean_environment / "both.py"
    script.write_text(BOTH)
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    launch += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    launch += ["--main_process_port", str(free_port()), str(script), str(state), str(base), *SMALL.split()]
    done = subprocess.run(launch, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    shelf = Shelf(state)
    preferred, cloned = shelf.all()
    assert (cloned.name, preferred.start) == ("one", "one")
    assert done.stdout.count("Measure it") == 2, "one process tells it for each training"
    assert len(list((state / "adapters").iterdir())) == 2
    for trained in (cloned, preferred):
        rows = [json.loads(line) for line in (shelf.place(trained.name) / "curves.jsonl").read_text().splitlines()]
        assert [row["step"] for row in rows if "loss" in row] == [1, 2, 3, 4, 5, 6], "21 lessons, 4 to a step"
        assert (shelf.place(trained.name) / "peft" / "adapter_model.safetensors").is_file()
        assert not (shelf.place(trained.name) / "checkpoints").exists()


def test_a_batch_is_one_batch_however_many_processes_share_it(monkeypatch: pytest.MonkeyPatch):
    settings = TrainSettings(method="sft", batch=16, micro_batch=4)
    sizes = []
    for world in ("1", "2", "4", "16", "32"):
        monkeypatch.setenv("WORLD_SIZE", world)
        size = per_device(settings)
        sizes.append((size, accumulation(settings, size)))
    assert sizes == [(4, 4), (4, 2), (4, 1), (1, 1), (1, 1)]


def test_alone_a_process_is_the_first_and_agrees_with_itself(monkeypatch: pytest.MonkeyPatch):
    for name in ("WORLD_SIZE", "RANK"):
        monkeypatch.delenv(name, raising=False)
    assert is_first()
    assert agreed("name", TrainSettings(method="sft")) == "name"
