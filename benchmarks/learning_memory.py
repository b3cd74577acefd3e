"""What a training takes, measured against the formula of `reason_tui.learning.training.memory`.

    python benchmarks/learning_memory.py

Needs the extra `train`. One step of SFT and of DPO on a random model with a large vocabulary, each in a process of its
own, with lessons of two lengths: the difference of the peaks is what the tokens took, without what the libraries take.
Peaks of resident memory are looked at every 3 ms.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_ROOT), str(_ROOT / "backends")]

from reason_tui.learning.training import TrainSettings  # noqa: E402
from reason_tui.learning.training.memory import need_of  # noqa: E402

SHAPE = {"vocab_size": 16000, "hidden_size": 128, "intermediate_size": 512, "num_hidden_layers": 8}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2}
SHORT, LONG, BATCH = 64, 256, 4


def resident() -> int:
    """Bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def one_step(method: str, length: int) -> dict[str, float]:
    """The peak of a step above what was there before it, and what the formula says; in bytes."""
    import torch
    from datasets import Dataset
    from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    from reason_tui.learning.training.fit import _model
    from reason_tui.learning.training.trainers import make_trainer

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        base = Path(name) / "base"
        Qwen2ForCausalLM(Qwen2Config(**SHAPE, **HEADS, dtype="float32")).save_pretrained(base)
        settings = TrainSettings.model_validate(
            {"method": method, "batch": BATCH, "steps": 1, "device": "cpu", "patience": 0, "rank": 8, "lora_alpha": 16}
        )
        tokenizer = AutoTokenizer.from_pretrained(_ROOT / "assets" / "embedded")
        rows = Dataset.from_list([row(method, length) for _ in range(BATCH)])
        trainer = make_trainer(_model(base, settings, None), settings, tokenizer, rows, None, Path(name) / "c", 9)
        before = peak = resident()
        over = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not over.is_set():
                peak = max(peak, resident())
                time.sleep(0.003)

        thread = threading.Thread(target=watch)
        thread.start()
        trainer.train()
        over.set()
        thread.join()
        need = need_of(base, settings, length)
    return {"peak": peak - before, "formula": need.total - need.weights, "logits": need.logits}


def row(method: str, length: int) -> dict[str, list[int]]:
    """A lesson of `length` tokens."""
    tokens = [random.randrange(1000) for _ in range(length)]
    if method == "sft":
        return {"input_ids": tokens, "labels": tokens}
    half = length // 2
    return {"prompt_ids": tokens[:half], "chosen_ids": tokens[half:], "rejected_ids": tokens[:0:-2][: length - half]}


def main() -> int:
    """Four processes, a line for each method."""
    parser = argparse.ArgumentParser(description="Memory of a training against the formula.")
    parser.add_argument("--one", nargs=2, metavar=("METHOD", "LENGTH"), help="one step in this process, as JSON")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one_step(given.one[0], int(given.one[1]))))
        return 0
    print("| method | measured, MB | formula, MB | bytes a logit |\n| --- | ---: | ---: | ---: |")
    for method in ("sft", "dpo"):
        short, long = (_process(method, length) for length in (SHORT, LONG))
        found, said = long["peak"] - short["peak"], long["formula"] - short["formula"]
        tokens = (LONG - SHORT) * BATCH * (2 if method == "dpo" else 1)
        logits = found - (said - (long["logits"] - short["logits"]))
        print(f"| {method} | {found / 1e6:.0f} | {said / 1e6:.0f} | {logits / tokens / SHAPE['vocab_size']:.1f} |")
    return 0


def _process(method: str, length: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", method, str(length)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {name: float(value) for name, value in json.loads(done.stdout.splitlines()[-1]).items()}


if __name__ == "__main__":
    raise SystemExit(main())
