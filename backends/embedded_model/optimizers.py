"""Muon for the matrices of the layers, AdamW for everything else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from embedded_model.team import Team


class Muon(torch.optim.Optimizer):
    """Momentum whose update is made orthogonal by five Newton-Schulz steps (Keller Jordan, 2024).

    A team shares the work: each process makes the updates of some matrices, then they exchange them.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, decay: float = 0.01
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "decay": decay})
        self.team = Team()

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            matrices = [parameter for parameter in group["params"] if parameter.grad is not None]
            updates = [self._direction(matrix, group["momentum"], index) for index, matrix in enumerate(matrices)]
            self.team.sum(updates)
            for matrix, update in zip(matrices, updates, strict=True):
                scale = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
                matrix.mul_(1 - group["lr"] * group["decay"])
                matrix.add_(update, alpha=-group["lr"] * scale)

    def _direction(self, matrix: nn.Parameter, momentum: float, index: int) -> Tensor:
        """This process's part: the direction, or zeros where it is another's to find."""
        assert matrix.grad is not None
        buffer = self.state[matrix].setdefault("momentum", torch.zeros_like(matrix))
        buffer.lerp_(matrix.grad, 1 - momentum)
        if index % self.team.size != self.team.rank:
            return torch.zeros_like(matrix)
        return orthogonal(matrix.grad.lerp(buffer, momentum))


def orthogonal(matrix: Tensor) -> Tensor:
    """Nearly the closest matrix with singular values 1; quintic Newton-Schulz with the usual coefficients."""
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    result: Tensor = x.T if tall else x
    return result.contiguous()


def make_optimizers(model: nn.Module, muon_lr: float, adam_lr: float, team: Team) -> list[torch.optim.Optimizer]:
    """The two optimizers; each group remembers its full rate as `base`."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    muon = Muon(matrices, lr=muon_lr)
    muon.team = team
    optimizers = [muon, torch.optim.AdamW(others, lr=adam_lr, betas=(0.9, 0.95), weight_decay=0.0)]
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["base"] = group["lr"]
    return optimizers


def set_rate(optimizers: list[torch.optim.Optimizer], factor: float) -> None:
    """Scale every learning rate."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * factor
