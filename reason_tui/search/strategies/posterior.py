"""What is believed of the mean reward of an arm (SEARCH.md, AB-MCTS): priors, posteriors, and a draw from them."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from reason_tui.search.record import Cell

MIN_RECORD = 8
"""So many samples of the model at least, and its record makes the prior."""


@dataclass
class Seen:
    """Rewards of an arm: how many, their sum, and the sum of their squares."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, reward: float) -> None:
        """One more."""
        self.n += 1
        self.total += reward
        self.squares += reward * reward

    @property
    def mean(self) -> float:
        """0 where nothing was seen."""
        return self.total / self.n if self.n else 0.0


def gaussian(seen: Seen, known: Cell, rng: random.Random) -> float:
    """A draw of the mean under a normal-inverse-chi-squared prior: m = 0, kappa = 1, nu = 1, tau^2 = 0.1.

    With a record, m and tau^2 are its mean and variance. sigma^2 ~ InvGamma(nu'/2, nu' tau'^2 / 2),
    mu ~ N(m', sigma^2 / kappa').
    """
    m, kappa, nu, tau2 = 0.0, 1.0, 1.0, 0.1
    if known.tried >= MIN_RECORD:
        m = known.total / known.tried
        tau2 = max(known.squares / known.tried - m * m, 0.01)
    n, mean = seen.n, seen.mean
    spread = max(seen.squares - n * mean * mean, 0.0)
    kappa_, nu_ = kappa + n, nu + n
    m_ = (kappa * m + n * mean) / kappa_
    tau2_ = (nu * tau2 + spread + n * kappa * (m - mean) ** 2 / kappa_) / nu_
    sigma2 = (nu_ * tau2_ / 2) / rng.gammavariate(nu_ / 2, 1.0)
    return rng.gauss(m_, math.sqrt(sigma2 / kappa_))


def beta(seen: Seen, known: Cell, rng: random.Random) -> float:
    """A draw of the mean under Beta(1/2, 1/2), rewards counted as parts of a success; a record shifts the prior."""
    share = known.total / known.tried if known.tried >= MIN_RECORD else 0.5
    share = min(max(share, 0.05), 0.95)
    return rng.betavariate(share + seen.total, 1 - share + seen.n - seen.total)
