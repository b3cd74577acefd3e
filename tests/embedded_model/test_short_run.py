"""The whole recipe, small: one command makes a model that llama.cpp runs exactly as torch does."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from embedded_model.curriculum.families import SHARES
from embedded_model.curriculum.harder import HARDER
from support.needs import skip_without

NEEDED = ("torch", "numpy", "tokenizers", "safetensors", "gguf")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
skip_without("model", not MISSING, f"the extra `model` is not installed ({', '.join(MISSING)})")

pytestmark = pytest.mark.timeout(300)
"""The whole recipe runs in the fixture."""
ROOT = Path(__file__).parents[2]


def run_short(out: Path) -> None:
    """The command of the README, in seconds."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backends'}{os.pathsep}{_paths()}"}
    command = [sys.executable, "-m", "embedded_model", "--out", str(out), "--seed", "5", "--short"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=280)


def _paths() -> str:
    return os.environ.get("PYTHONPATH", "")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("short")
    run_short(out)
    return out


def test_every_file_of_the_model_is_there(made: Path):
    names = {path.name for path in (made / "embedded").iterdir()}
    assert {"model.gguf", "model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"} <= names
    figures = json.loads((made / "figures.json").read_text())
    assert figures["training"]["parameters"] > 0 and set(figures["heldout"]) == {"L1", "L2", "L3"}
    assert (
        figures["repair"]["failures"] > 0
        and figures["math"]["sum"]["n"] > 0
        and set(figures["families"]) == {*SHARES, *HARDER}
    )


def test_training_lowers_the_loss(made: Path):
    losses = [row["valid"] for row in map(json.loads, (made / "loss.jsonl").read_text().splitlines()) if "valid" in row]
    assert losses[-1] < losses[0]


def test_a_second_run_repeats_nothing(made: Path):
    before = {path.name: path.stat().st_mtime_ns for path in made.iterdir() if path.is_file()}
    run_short(made)
    assert {path.name: path.stat().st_mtime_ns for path in made.iterdir() if path.is_file()} == before


def test_llama_cpp_continues_a_prompt_as_torch_does(made: Path):
    from embedded_model.model import load_model
    from embedded_model.sampling import greedy
    from embedded_model.seeds import SEEDS
    from embedded_model.steps import Folder
    from embedded_model.tokenizer import load_tokenizer
    from reason_tui_backends.xllamacpp import load

    from reason_tui.policy import CancelToken, ModelSpec, SampleRequest
    from reason_tui.prompts import draft

    folder = Folder(made)
    prompts = [draft(task.task) for task in SEEDS[:6]]
    ours = greedy(load_model(folder.trained), load_tokenizer(folder.tokenizer), prompts, 12)
    policy = load(ModelSpec(name="short", path=folder.gguf, context_length=1024))
    try:
        for prompt, text in zip(prompts, ours, strict=True):
            request = SampleRequest(
                messages=prompt.messages, prefix=prompt.prefix, temperature=0.0, max_tokens=12, stop=prompt.stop
            )
            completion = policy.sample(request, lambda index, new: None, CancelToken())[0]
            # A newline at the very end may be the beginning of the stop string, and is held back.
            assert completion.text.rstrip("\n") == text.rstrip("\n")
    finally:
        policy.close()


def test_only_what_a_prompt_repeats_is_learned_of_it():
    from embedded_model.batches import repeated

    assert repeated([1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 9]).tolist() == [6]
    assert repeated([7, 7]).tolist() == []
