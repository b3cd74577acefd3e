"""What a training takes of memory, beside what `reason_tui.learning.training.memory` says beforehand.

    python benchmarks/learning_memory.py       # Linux, with the extra `train`; prints the table and writes it

One step of each training on a random model, each in a process of its own. Measured is the highest resident memory the
kernel saw, above what the process had when the libraries were imported and had worked once.
"""

from __future__ import annotations

import ctypes
import random
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import click

from reason_tui.learning.training import Method, TrainSettings
from reason_tui.learning.training.memory import Need, need_of

HERE = Path(__file__).resolve().parent
METHODS: tuple[Method, ...] = ("sft", "dpo")
BATCH = 4
SHORT, LONG = 64, 256
_MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD of malloc.h."""
SIZES = (
    *("vocab_size", "hidden_size", "intermediate_size"),
    *("num_hidden_layers", "num_attention_heads", "num_key_value_heads"),
)
MODELS = {"wide vocabulary": (32000, 128, 512, 4, 4, 2), "deep": (1000, 256, 1024, 12, 4, 2)}
"""Of one the logits are most of what it takes, of the other the activations and the weights."""

TEXT = """\
# Memory of a training

Made by `python benchmarks/learning_memory.py` with TRL {trl} and PyTorch {torch} on the CPU: one step on {batch}
lessons of so many tokens. MB above what the libraries take. Off: how far the prediction is above (+) or below (-) what
was measured.

| model | training | gradient checkpointing | tokens | predicted, MB | measured, MB | off |
|---|---|---|---:|---:|---:|---:|
{rows}

Bytes that a logit took, from the difference between {short} and {long} tokens: {logits}.
"""


@dataclass(frozen=True)
class Case:
    """One training that is measured."""

    model: str
    method: Method
    length: int
    checkpoints: bool = True

    @property
    def tokens(self) -> int:
        """Of a micro batch; in DPO of both sides."""
        return BATCH * self.length * (2 if self.method == "dpo" else 1)


CASES = (
    *(Case("wide vocabulary", method, length) for method in METHODS for length in (SHORT, LONG)),
    *(Case("deep", method, LONG, checkpoints) for method in METHODS for checkpoints in (True, False)),
)


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=HERE / "learning_memory.md", help="Where the table goes."
)
def main(out: Path) -> None:
    """Every case in a process of its own, then the table."""
    _import_once()
    found = {case: _in_a_process(case) for case in CASES}
    rows = "\n".join(_row(case, *figures) for case, figures in found.items())
    logits = ", ".join(f"{_bytes_a_logit(found, method):.1f} in {method.upper()}" for method in METHODS)
    made = {"trl": version("trl"), "torch": version("torch"), "batch": BATCH, "short": SHORT, "long": LONG}
    text = TEXT.format(rows=rows, logits=logits, **made)
    click.echo(text)
    out.write_text(text, encoding="utf-8")


def _import_once() -> None:
    """The libraries, before the processes part; with one thread, as others have buffers and do not outlive a fork."""
    import torch

    import reason_tui.learning.training.fit  # noqa: F401 it imports the others

    torch.set_num_threads(1)


def _in_a_process(case: Case) -> tuple[int, Need]:
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as alone:
        return alone.submit(measured, case).result()


def measured(case: Case) -> tuple[int, Need]:
    """The peak of one step in bytes, and what was predicted."""
    import torch
    from datasets import Dataset
    from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    from reason_tui.assets import asset
    from reason_tui.learning.training.fit import _model, _quiet
    from reason_tui.learning.training.trainers import make_trainer

    with tempfile.TemporaryDirectory() as name, _quiet():
        base = Path(name) / "base"
        sizes = dict(zip(SIZES, MODELS[case.model], strict=True))
        Qwen2ForCausalLM(Qwen2Config(**sizes, dtype="float32")).save_pretrained(base)
        settings = TrainSettings(
            method=case.method, batch=BATCH, micro_batch=BATCH, steps=1, device="cpu", checkpoints=case.checkpoints
        )
        tokenizer = AutoTokenizer.from_pretrained(asset("embedded"), local_files_only=True)
        rows = Dataset.from_list([_lesson(case) for _ in range(BATCH)])
        torch.nn.Linear(64, 64)(torch.ones(64, 64)).sum().backward()  # the libraries make what they keep
        before = _peak_from_now()
        make_trainer(_model(base, settings, None), settings, tokenizer, rows, None, Path(name) / "out", 9).train()
        return _status("VmHWM") - before, need_of(base, settings, case.length)


def _lesson(case: Case) -> dict[str, list[int]]:
    tokens = [random.randrange(900) for _ in range(case.length)]
    if case.method == "sft":
        return {"input_ids": tokens, "labels": tokens}
    half = case.length // 2
    return {"prompt_ids": tokens[:half], "chosen_ids": tokens[half:], "rejected_ids": tokens[half:][::-1]}


def _peak_from_now() -> int:
    """Forget the peak there was; bytes of this process now. See proc(5), clear_refs, mallopt(3) and malloc_trim(3)."""
    library = ctypes.CDLL(None)
    library.mallopt(_MMAP_THRESHOLD, 65536)  # as glibc treats the tensors of larger models: what is freed is given back
    library.malloc_trim(0)  # what the imports freed would be used without a trace
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _row(case: Case, peak: int, need: Need) -> str:
    kept = "yes" if case.checkpoints else "no"
    off = f"{100 * (need.total / peak - 1):+.0f} %"
    figures = f"{case.length} | {need.total / 1e6:.0f} | {peak / 1e6:.0f} | {off}"
    return f"| {case.model} | {case.method.upper()} | {kept} | {figures} |"


def _bytes_a_logit(found: dict[Case, tuple[int, Need]], method: Method) -> float:
    """What the longer lessons took more, beside what the other parts of the formula say."""
    short, long = (Case("wide vocabulary", method, length) for length in (SHORT, LONG))
    (low, less), (high, more) = found[short], found[long]
    others = (more.total - more.logits) - (less.total - less.logits)
    return (high - low - others) / (long.tokens - short.tokens) / MODELS["wide vocabulary"][0]


if __name__ == "__main__":
    main()
