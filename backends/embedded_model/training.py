"""Training on completions and on what prompts repeat, for a budget of minutes, with checkpoints to go on from."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the usual name

from embedded_model.batches import Batch, Corpus
from embedded_model.model import ModelConfig, Qwen2, parameters_of
from embedded_model.optimizers import make_optimizers, set_rate
from embedded_model.steps import Folder


@dataclass(frozen=True)
class TrainConfig:
    """How to train. The budget is `minutes` of wall time, or `steps`; over its last `decay` share the rate falls."""

    seed: int = 1
    minutes: float = 60.0
    steps: int | None = None
    batch_tokens: int = 8192
    muon_lr: float = 0.02
    adam_lr: float = 0.004
    warmup_steps: int = 60
    decay: float = 0.5
    validation: int = 800
    validate_every: int = 200
    checkpoint_s: float = 150.0
    bfloat16: bool = True
    compiled: bool = True


class Trainer:
    """Goes on from the newest checkpoint of the folder, or begins."""

    def __init__(self, folder: Folder, model_config: ModelConfig, config: TrainConfig) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(config.seed)
        self.folder, self.config = folder, config
        again = folder.encoded_again.exists()
        self.corpus = Corpus(folder.encoded_again if again else folder.encoded, config.validation)
        self.model = Qwen2(model_config)
        self.optimizers = make_optimizers(self.model, config.muon_lr, config.adam_lr)
        self.seconds, self.step, self.tokens, self.targets = 0.0, 0, 0, 0
        self.part, self.epoch, self.in_epoch = 0, 0, 0
        if folder.checkpoint.exists():
            self._load()
        if again and self.part == 0:
            self.part, self.epoch, self.in_epoch = 1, self.epoch + 1, 0
        can_compile = config.compiled and shutil.which("c++") is not None
        self.forward: Any = torch.compile(self.model, dynamic=False) if can_compile else self.model

    def run(self, until: float = 1.0) -> None:
        """Train until this share of the minutes is used; at the whole, write the final weights."""
        saved = time.monotonic()
        while self.progress < until:
            batches = self.corpus.epoch(self.config.seed * 1000 + self.epoch, self.config.batch_tokens, self.in_epoch)
            for batch in batches:
                self._train(batch)
                if self.step % self.config.validate_every == 0:
                    self._log(valid=self.validate())
                if time.monotonic() - saved > self.config.checkpoint_s:
                    self._save()
                    saved = time.monotonic()
                if self.progress >= until:
                    break
            else:
                self.epoch, self.in_epoch = self.epoch + 1, 0
        self._log(valid=self.validate(), parameters=parameters_of(self.model))
        self._save()
        if until >= 1:
            _write(self.folder.trained, {"model": self.model.state_dict(), "config": asdict(self.model.config)})

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
        count = int(completions.sum())
        loss = (losses * batch.weights).sum() / count
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        # The first step of each shape compiles; a pause is not training time.
        self.seconds += min(time.monotonic() - start, 10.0)
        self.step += 1
        self.in_epoch += 1
        self.tokens += batch.tokens
        self.targets += count
        if self.step % 20 == 0:
            copies = losses[~completions].mean().item() if len(losses) > count else 0.0
            self._log(loss=losses[completions].mean().item(), copies=copies)

    def losses(self, batch: Batch) -> torch.Tensor:
        """Cross-entropy (nats) of each token that is learned."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.config.bfloat16):
            hidden = self.forward(batch.ids)
            logits = self.model.logits(hidden.flatten(0, 1)[batch.where])
        return F.cross_entropy(logits.float(), batch.targets, reduction="none")

    @torch.no_grad()
    def validate(self) -> float:
        """The loss over the examples kept apart."""
        total, count = 0.0, 0
        for batch in self.corpus.validation(self.config.batch_tokens):
            hidden = self.model(batch.ids)
            logits = self.model.logits(hidden.flatten(0, 1)[batch.where])
            total += F.cross_entropy(logits, batch.targets, reduction="sum").item()
            count += len(batch.targets)
        return total / max(count, 1)

    def _log(self, **values: float) -> None:
        record = {
            "step": self.step, "seconds": round(self.seconds, 1), "tokens": self.tokens, "targets": self.targets,
            "rate": round(self._rate(), 4), **{name: round(value, 5) for name, value in values.items()},
        }  # fmt: skip
        with self.folder.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def _save(self) -> None:
        names = ("seconds", "step", "part", "epoch", "in_epoch", "tokens", "targets")
        state = {
            "model": self.model.state_dict(),
            "config": asdict(self.model.config),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "position": {name: getattr(self, name) for name in names},
        }
        _write(self.folder.checkpoint, state)

    def _load(self) -> None:
        state = torch.load(self.folder.checkpoint, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        for name, value in state["position"].items():
            setattr(self, name, value)


def _write(path: Any, state: dict[str, Any]) -> None:
    part = path.with_name(f"{path.name}.part")
    torch.save(state, part)
    part.replace(path)
