"""One training: base model + lessons → LoRA adapter, with checkpoints to go on from. Needs the extra `train`."""

from __future__ import annotations

import logging
import shutil
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reason_tui.learning.training.tokens import ChatTokens  # isort: skip - first: it tells the libraries to stay offline

import torch
from datasets import Dataset, disable_progress_bars
from peft import LoraConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training, set_peft_model_state_dict
from safetensors.torch import load_file
from transformers import (
    AutoModelForCausalLM,
    BitsAndBytesConfig,
    EarlyStoppingCallback,
    PrinterCallback,
    TrainerState,
)
from transformers.utils import logging as hf_logging

from reason_tui.engine.jobs import Job
from reason_tui.errors import ConfigError, TrainingError
from reason_tui.learning.adapters.shelf import PEFT
from reason_tui.learning.pairs import Problem
from reason_tui.learning.training.dataset import CHECKPOINTS, ROWS, Lessons
from reason_tui.learning.training.ranks import first_alone, is_first, wait_for_all, world
from reason_tui.learning.training.rewarding import Rewarding
from reason_tui.learning.training.settings import MODULES, TrainSettings
from reason_tui.learning.training.trainers import RewardFunction, make_trainer
from reason_tui.learning.training.watch import CURVES, Watch, explained
from reason_tui.tasks.types import Frozen

_STATE, _WEIGHTS = "trainer_state.json", "adapter_model.safetensors"
_WHOLE = (_STATE, _WEIGHTS, "optimizer.pt", "scheduler.pt")
_SAVES = 10


class Fitted(Frozen):
    """What a training came to.

    `seconds` are those of this process; `train_loss` is the mean of all steps, `valid_loss` the best one seen.
    """

    steps: int
    seconds: float
    lessons: int
    too_long: int
    train_loss: float
    valid_loss: float | None = None


def fit(
    base: Path,
    out: Path,
    lessons: Lessons,
    settings: TrainSettings,
    job: Job,
    start: Path | None,
    rewarding: Rewarding | None = None,
) -> Fitted:
    """Train and leave the adapter in `out/peft`; goes on from the last whole checkpoint in `out`.

    `start` is an adapter to go on from: in DPO it is the reference, too. Raises TrainingError where the loss is no
    number or memory ends, StateError for a full disk, KeyboardInterrupt where the job was asked to stop.
    """
    begun = time.monotonic()
    with explained(out), _quiet():
        chat = ChatTokens(base)
        train, valid, too_long = _rows(chat, lessons, settings, job)
        trainer = make_trainer(
            _model(base, settings, start),
            settings,
            chat.tokenizer,
            _dataset(train, settings, out / ROWS / "train"),
            _dataset(valid, settings, out / ROWS / "valid") if valid else None,
            out / CHECKPOINTS,
            _steps_between(len(train), settings),
            None if rewarding is None else _rewards(rewarding, lessons),
        )
        _run(trainer, settings, job, out, looks=bool(valid))
        wait_for_all(settings)
        _save(trainer, out)
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]  # the library's mean forgets a kill
    return Fitted(
        steps=trainer.state.global_step,
        seconds=time.monotonic() - begun,
        lessons=len(train),
        too_long=too_long,
        train_loss=sum(losses) / max(len(losses), 1),
        valid_loss=None if trainer.state.best_metric is None else float(trainer.state.best_metric),
    )


def _run(trainer: Any, settings: TrainSettings, job: Job, out: Path, *, looks: bool) -> None:
    """All steps that are left. Raises KeyboardInterrupt where the job was asked to stop."""
    watch = Watch(job, out / CURVES, settings.method.upper())
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(watch)
    patience = EarlyStoppingCallback(early_stopping_patience=settings.patience)
    if looks:
        trainer.add_callback(patience)
    with first_alone(settings):
        last = last_checkpoint(out / CHECKPOINTS)
    if last is not None:
        job.note(f"Going on from step {last.name.rpartition('-')[2]}.")
        state = TrainerState.load_from_json(str(last / _STATE))
        patience.early_stopping_patience_counter = _without_gain(state)
        if state.global_step >= state.max_steps or (looks and _without_gain(state) >= settings.patience):
            _take_up_the_end(trainer, last, state)
            return
    trainer.train(resume_from_checkpoint=None if last is None else str(last))
    if watch.stopped:
        raise KeyboardInterrupt


def _without_gain(state: TrainerState) -> int:
    """How many looks at the validation tasks in a row had found no better loss; the trainer would count them anew."""
    kept = (state.stateful_callbacks or {}).get(EarlyStoppingCallback.__name__, {})
    return int(kept.get("attributes", {}).get("early_stopping_patience_counter", 0))


def _take_up_the_end(trainer: Any, last: Path, state: TrainerState) -> None:
    """All steps were made by this checkpoint: the best weights of them into the trainer's model.

    The trainer itself would make one step more where the steps end within an epoch, or for a lack of patience.
    """
    best = last if state.best_model_checkpoint is None else last.with_name(Path(state.best_model_checkpoint).name)
    set_peft_model_state_dict(trainer.accelerator.unwrap_model(trainer.model), load_file(best / _WEIGHTS))
    trainer.state = state


@contextmanager
def _quiet() -> Iterator[None]:
    """The libraries keep their progress bars and their warnings about each other's old names to themselves."""
    for name in ("transformers", "trl", "datasets", "accelerate"):
        logging.getLogger(name).setLevel(logging.ERROR)
    hf_logging.disable_progress_bar()
    disable_progress_bars()
    with warnings.catch_warnings(action="ignore", category=FutureWarning):
        yield


Rows = list[dict[str, Any]]


def _rows(chat: ChatTokens, lessons: Lessons, settings: TrainSettings, job: Job) -> tuple[Rows, Rows, int]:
    """To train on, to stop early by, and how many are too long: the job is told. GRPO looks at its rewards, not a loss.

    Raises TrainingError where none is left.
    """
    if settings.method == "grpo":
        return [chat.problem(lesson, at) for at, lesson in enumerate(_problems(lessons))], [], 0
    train, too_long = chat.rows(lessons.train, settings.max_length)
    valid, _ = chat.rows(lessons.valid if settings.patience else [], settings.max_length)
    if not train:
        raise TrainingError(
            "Every lesson is too long.",
            why=f"None of {too_long} has at most {settings.max_length} tokens.",
            hint="Give a larger --max-length.",
        )
    if too_long:
        job.note(f"{too_long} lessons are longer than {settings.max_length} tokens and are left out.")
    return train, valid, too_long


def _problems(lessons: Lessons) -> list[Problem]:
    return [lesson for lesson in lessons.train if isinstance(lesson, Problem)]


def _rewards(rewarding: Rewarding, lessons: Lessons) -> RewardFunction:
    """What TRL asks for the rewards of sampled replies, each with the number of its problem."""

    known = _problems(lessons)

    def reward(completions: list[str], problem: list[int], **_: Any) -> list[float]:
        asked = [known[number] for number in problem]
        texts = [lesson.prefix + text for lesson, text in zip(asked, completions, strict=True)]
        return rewarding.rewards([lesson.problem for lesson in asked], texts)

    return reward


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that is whole; those that a kill left half written are removed."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    while found and not all((found[-1] / name).is_file() for name in _WHOLE):
        shutil.rmtree(found.pop())
    return found[-1] if found else None


def _model(base: Path, settings: TrainSettings, start: Path | None) -> Any:
    device = _device(settings)
    four_bit = settings.quantise == "nf4"
    if four_bit and device != "cuda":
        raise ConfigError("--quantise nf4 needs CUDA to train.", hint="Leave it away on this machine.")
    options: dict[str, Any] = {"dtype": torch.bfloat16 if device == "cuda" else torch.float32}
    if four_bit:
        kind = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
        options |= {"quantization_config": kind, "device_map": {"": 0}}
    torch.manual_seed(settings.seed)
    model = AutoModelForCausalLM.from_pretrained(base, local_files_only=True, **options)
    if four_bit:
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=settings.checkpoints)
    if start is not None:
        return PeftModel.from_pretrained(model, str(start), is_trainable=True, local_files_only=True)
    lora = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.dropout,
        target_modules=list(MODULES),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, lora)


def _device(settings: TrainSettings) -> str:
    if settings.device != "auto":
        return settings.device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _dataset(rows: Rows, settings: TrainSettings, place: Path) -> Dataset:
    """The rows in the order of the seed. Several processes read them from `place`: TRL shares what it adds to them."""
    if world() == 1:
        return Dataset.from_list(rows).shuffle(seed=settings.seed)
    with first_alone(settings):
        if is_first():
            shutil.rmtree(place, ignore_errors=True)
            Dataset.from_list(rows).shuffle(seed=settings.seed).flatten_indices().save_to_disk(place)
        return Dataset.load_from_disk(place)


def _steps_between(rows: int, settings: TrainSettings) -> int:
    """Steps from one checkpoint, and one look at the validation tasks, to the next."""
    whole = settings.steps or max(1, round(rows * settings.epochs / settings.batch))
    return max(1, whole // _SAVES)


def _save(trainer: Any, out: Path) -> None:
    """The adapter, whole or not at all. The first process does it."""
    if not is_first():
        return
    scratch = out / f"{PEFT}.new"
    shutil.rmtree(scratch, ignore_errors=True)
    model = trainer.accelerator.unwrap_model(trainer.model)
    model.peft_config["default"].base_model_name_or_path = None  # a path of this machine, which means nothing elsewhere
    model.save_pretrained(scratch, selected_adapters=["default"], safe_serialization=True)
    (scratch / "README.md").unlink(missing_ok=True)  # a model card about nothing
    shutil.rmtree(out / PEFT, ignore_errors=True)
    scratch.rename(out / PEFT)
