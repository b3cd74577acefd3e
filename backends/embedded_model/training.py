"""Training on completions and on what prompts repeat, for a budget of minutes, with checkpoints to go on from."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the usual name
from safetensors.torch import load_file

from embedded_model.batches import Batch, Corpus
from embedded_model.model import ModelConfig, Qwen2, parameters_of
from embedded_model.optimizers import make_optimizers, set_rate
from embedded_model.steps import Folder
from embedded_model.team import Team, run_team

_POSITION = ("seconds", "step", "phase", "epoch", "in_epoch", "tokens", "targets")


@dataclass(frozen=True)
class TrainConfig:
    """How to train. The budget is `minutes` of wall time, or `steps`; over its last `decay` share the rate falls.

    Each of the `processes` computes with one thread. `batch_tokens` is for all of them together. `weights`: a file
    of the Hugging Face layout to begin with, without which the weights are drawn.
    """

    seed: int = 1
    minutes: float = 155.0
    steps: int | None = None
    processes: int = 2
    batch_tokens: int = 12_288
    muon_lr: float = 0.02
    adam_lr: float = 0.004
    warmup_steps: int = 60
    decay: float = 0.5
    validate_every: int = 250
    checkpoint_s: float = 150.0
    bfloat16: bool = True
    compiled: bool = True
    weights: Path | None = None


def train(folder: Folder, model: ModelConfig, config: TrainConfig, phase: int, until: float) -> None:
    """Train on the data of `phase` until this share of the budget is used; goes on from the newest checkpoint."""
    run_team(config.processes, _train, folder, model, config, phase, until)


def _train(team: Team, folder: Folder, model: ModelConfig, config: TrainConfig, phase: int, until: float) -> None:
    Trainer(folder, model, config, phase, team).run(until)


class Trainer:
    """Goes on from the newest checkpoint of the folder, or begins."""

    def __init__(self, folder: Folder, model_config: ModelConfig, config: TrainConfig, phase: int, team: Team) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(config.seed)
        self.folder, self.config, self.team = folder, config, team
        self.corpus, self.apart = Corpus(folder.encoded(phase)), Corpus(folder.validation)
        self.model = Qwen2(model_config)
        if config.weights is not None:
            self.model.load_state_dict(exported_weights(config.weights))
        self.optimizers = make_optimizers(self.model, config.muon_lr, config.adam_lr, team)
        self.seconds, self.step, self.tokens, self.targets = 0.0, 0, 0, 0
        self.phase, self.epoch, self.in_epoch = phase, 0, 0
        if folder.checkpoint.exists():
            self._load()
        if self.phase != phase:
            self.phase, self.epoch, self.in_epoch = phase, 0, 0
        can_compile = config.compiled and shutil.which("c++") is not None
        self.forward: Any = torch.compile(self.model, dynamic=False) if can_compile else self.model

    def run(self, until: float) -> None:
        """Train until this share of the budget is used; at the whole, write the final weights.

        A share that is used already is left as it is: the checkpoint is further on.
        """
        if self.progress >= until and until < 1:
            return
        saved = self.seconds
        while self.progress < until:
            seed = self.config.seed * 100_000 + self.phase * 1000 + self.epoch
            for batch in self.corpus.epoch(seed, self.config.batch_tokens, self.team, self.in_epoch):
                self._train(batch)
                if self.step % self.config.validate_every == 0:
                    self._log(valid=self.validate())
                if self.seconds - saved > self.config.checkpoint_s:
                    self._save()
                    saved = self.seconds
                if self.progress >= until:
                    break
            else:
                self.epoch, self.in_epoch = self.epoch + 1, 0
        self._log(valid=self.validate(), parameters=parameters_of(self.model))
        self._save()
        if until >= 1 and self.team.rank == 0:
            _write(self.folder.trained, {"model": self.model.state_dict(), "config": asdict(self.model.config)})
        self.team.wait()

    @property
    def progress(self) -> float:
        """The share of the budget that is used."""
        if self.config.steps is not None:
            return self.step / self.config.steps
        return self.seconds / (self.config.minutes * 60)

    def _rate(self) -> float:
        """1 after the warm-up, falling to almost 0 over the last share of the budget."""
        warm = min(1.0, (self.step + 1) / self.config.warmup_steps)
        return warm * max(0.01, min(1.0, (1 - self.progress) / self.config.decay))

    def _train(self, batch: Batch) -> None:
        start = time.monotonic()
        set_rate(self.optimizers, self._rate())
        losses = self.losses(batch)
        completions = batch.weights == 1
        (losses * batch.weights).sum().backward()
        self._together(losses.detach(), completions, batch.tokens)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        # The first step of each shape compiles, and the machine may sleep: neither is training time.
        self.seconds += self._agreed(min(time.monotonic() - start, 10.0))
        self.step += 1
        self.in_epoch += 1

    def _together(self, losses: torch.Tensor, completions: torch.Tensor, tokens: int) -> None:
        """Sum gradients and counts over the team; the loss is the mean over all completions' tokens."""
        said, again = losses[completions], losses[~completions]
        counts = torch.tensor([len(said), said.sum(), len(again), again.sum(), tokens], dtype=torch.float32)
        gradients = [parameter.grad for parameter in self.model.parameters() if parameter.grad is not None]
        self.team.sum([*gradients, counts])
        for gradient in gradients:
            gradient.div_(counts[0])
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.tokens += int(counts[4])
        self.targets += int(counts[0])
        if self.step % 20 == 0:
            copies = counts[3] / counts[2].clamp(min=1)
            self._log(loss=float(counts[1] / counts[0]), copies=float(copies))

    def _agreed(self, seconds: float) -> float:
        """The team's mean: all of them must stop at the same step."""
        both = torch.tensor([seconds])
        self.team.sum([both])
        return float(both) / self.team.size

    def losses(self, batch: Batch) -> torch.Tensor:
        """Cross-entropy (nats) of each token that is learned."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.config.bfloat16):
            hidden = self.forward(batch.ids)
            logits = self.model.logits(hidden.flatten(0, 1)[batch.where])
        return F.cross_entropy(logits.float(), batch.targets, reduction="none")

    def validate(self) -> float:
        """The loss over the examples kept apart."""
        return mean_loss(self.model, self.apart, self.config.batch_tokens)

    def _log(self, **values: float) -> None:
        if self.team.rank:
            return
        record = {
            "phase": self.phase, "step": self.step, "seconds": round(self.seconds, 1), "tokens": self.tokens,
            "targets": self.targets, "rate": round(self._rate(), 4),
            **{name: round(value, 5) for name, value in values.items()},
        }  # fmt: skip
        with self.folder.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def _save(self) -> None:
        if self.team.rank == 0:
            state = {
                "model": self.model.state_dict(),
                "config": asdict(self.model.config),
                "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
                "position": {name: getattr(self, name) for name in _POSITION},
            }
            _write(self.folder.checkpoint, state)
        self.team.wait()

    def _load(self) -> None:
        state = torch.load(self.folder.checkpoint, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        for name, value in state["position"].items():
            setattr(self, name, value)


@torch.no_grad()
def mean_loss(model: Qwen2, corpus: Corpus, batch_tokens: int) -> float:
    """Cross-entropy (nats) a token of a completion."""
    total, count = 0.0, 0
    for batch in corpus.everything(batch_tokens):
        hidden = model(batch.ids)
        logits = model.logits(hidden.flatten(0, 1)[batch.where])
        total += F.cross_entropy(logits, batch.targets, reduction="sum").item()
        count += len(batch.targets)
    return total / max(count, 1)


def exported_weights(path: Path) -> dict[str, torch.Tensor]:
    """What `export_run` wrote, under this model's names and in single precision."""
    return {name.removeprefix("model."): tensor.float() for name, tensor in load_file(path).items()}


def _write(path: Path, state: dict[str, Any]) -> None:
    part = path.with_name(f"{path.name}.part")
    torch.save(state, part)
    part.replace(path)
