"""How to train: every choice one typed field."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reason_tui.tasks.types import Frozen

Method = Literal["sft", "dpo", "grpo"]
Device = Literal["auto", "cpu", "mps", "cuda"]
MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_RATES: dict[Method, float] = {"sft": 1e-4, "dpo": 5e-6, "grpo": 1e-5}


class TrainSettings(Frozen):
    """Settings of one training. `learning_rate` None is the method's own: SFT 1e-4, DPO 5e-6, GRPO 1e-5.

    `batch` is the effective batch: lessons (in GRPO replies) that one step of the optimiser sees. `nll` is the weight
    of the chosen side's own loss in DPO. `patience` counts evaluations on the validation tasks without a better loss; 0
    trains to the end. `quantise` nf4 is QLoRA and needs CUDA. GRPO has no KL term: `beta` is DPO's alone.
    """

    method: Method
    learning_rate: float | None = Field(default=None, gt=0)
    epochs: float = Field(default=1.0, gt=0)
    steps: int | None = Field(default=None, ge=1, description="Stop after so many, whatever the epochs.")
    batch: int = Field(default=16, ge=1)
    micro_batch: int = Field(default=4, ge=1, description="Lessons computed at a time.")
    rank: int = Field(default=32, ge=1)
    lora_alpha: int = Field(default=64, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    beta: float = Field(default=0.1, gt=0)
    nll: float = Field(default=0.2, ge=0)
    max_length: int = Field(default=1024, ge=16)
    group: int = Field(default=8, ge=2, description="GRPO: replies to a prompt that are compared with each other.")
    reply_length: int = Field(default=256, ge=8, description="GRPO: new tokens of a reply at most.")
    patience: int = Field(default=3, ge=0)
    checkpoints: bool = Field(default=True, description="Trade time for memory by gradient checkpointing.")
    quantise: Literal["none", "nf4"] = "none"
    device: Device = "auto"
    seed: int = Field(default=0, ge=0)
    report_to: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """The learning rate."""
        return _RATES[self.method] if self.learning_rate is None else self.learning_rate
