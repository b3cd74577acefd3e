"""The trainers of TRL, given rows that are tokenised already. Needs the extra `train`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from trl import DPOConfig, DPOTrainer, GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

from reason_tui.learning.training.ranks import accumulation, per_device
from reason_tui.learning.training.settings import TrainSettings

RewardFunction = Callable[..., list[float]]


class TokenisedDPOTrainer(DPOTrainer):  # type: ignore[misc]
    """DPO on `prompt_ids`, `chosen_ids`, `rejected_ids` as they are.

    TRL tokenises prompt and reply together and cuts them where they part from the prompt alone; the policy never saw
    such a cut.
    """

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


def make_trainer(
    model: Any,
    settings: TrainSettings,
    tokenizer: Any,
    train: Any,
    valid: Any,
    checkpoints: Path,
    every: int,
    rewards: RewardFunction | None = None,
) -> Any:
    """The trainer of the method. It looks at the validation rows and saves a checkpoint `every` so many steps."""
    shared = _shared(settings, checkpoints, every, valid is not None)
    rows = {"train_dataset": train, "eval_dataset": valid, "processing_class": tokenizer}
    if settings.method == "sft":
        config = SFTConfig(**shared, dataset_kwargs={"skip_prepare_dataset": True})
        return SFTTrainer(model=model, args=config, **rows)
    if settings.method == "grpo":
        assert rewards is not None, "GRPO needs rewards"
        return _grpo(model, settings, shared, rewards, train, tokenizer)
    losses = {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, settings.nll]} if settings.nll else {}
    config = DPOConfig(**shared, beta=settings.beta, precompute_ref_log_probs=True, **losses)
    return TokenisedDPOTrainer(model=model, args=config, **rows)


def _grpo(
    model: Any, settings: TrainSettings, shared: dict[str, Any], rewards: RewardFunction, train: Any, tokenizer: Any
) -> Any:
    """A micro batch holds whole groups."""
    del shared["max_length"]
    size = settings.group * max(1, per_device(settings) // settings.group)
    shared |= {
        "per_device_train_batch_size": size,
        "gradient_accumulation_steps": accumulation(settings, size),
        "num_generations": settings.group,
        "max_completion_length": settings.reply_length,
        "temperature": 0.8,
    }
    config = GRPOConfig(**shared)
    return GRPOTrainer(
        model=model, reward_funcs=[rewards], args=config, train_dataset=train, processing_class=tokenizer
    )


def _shared(settings: TrainSettings, checkpoints: Path, every: int, looks: bool) -> dict[str, Any]:
    cuda, size = settings.device in ("auto", "cuda") and _has_cuda(), per_device(settings)
    return {
        "output_dir": str(checkpoints),
        "per_device_train_batch_size": size,
        "per_device_eval_batch_size": size,
        "gradient_accumulation_steps": accumulation(settings, size),
        "learning_rate": settings.rate,
        "num_train_epochs": settings.epochs,
        "max_steps": settings.steps or -1,
        "warmup_steps": 0.1,
        "lr_scheduler_type": "linear",
        "max_length": None,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
        "report_to": list(settings.report_to) or "none",
        "save_strategy": "steps",
        "save_steps": every,
        "save_total_limit": 2,
        "eval_strategy": "steps" if looks else "no",
        "eval_steps": every,
        "load_best_model_at_end": looks,
        "metric_for_best_model": "eval_loss",
        "greater_is_better": False,
        "gradient_checkpointing": settings.checkpoints,
        "use_cpu": settings.device == "cpu",
        "bf16": cuda,
        "dataloader_pin_memory": cuda,
        "seed": settings.seed,
        "data_seed": settings.seed,
        "ddp_find_unused_parameters": False,
    }


def _has_cuda() -> bool:
    import torch

    return bool(torch.cuda.is_available())
