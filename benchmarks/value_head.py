"""Of `value_model.py` what needs no model: the head, and the figures by which it is judged. Needs numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

Array = Any
Figure = Callable[[Sequence["Group"], str], float]
RESAMPLES = 1000
FOLDS = 5
PENALTIES = (1.0, 10.0, 100.0, 1000.0)
CAME, ORACLE = "the order they came in", "an oracle"


@dataclass(frozen=True)
class Group:
    """The candidates of one task: what came true of each, and by name the chances that were given to it.

    `counts`: whether a search of this task would have tried them one after another until it comes true.
    """

    true: Sequence[bool]
    chances: Mapping[str, Sequence[float]]
    counts: bool = True

    @cached_property
    def yes(self) -> Array:
        """`true` as an array."""
        return np.asarray(self.true, dtype=bool)

    @cached_property
    def arrays(self) -> Mapping[str, Array]:
        """`chances` as arrays."""
        return {name: np.asarray(chances, dtype=float) for name, chances in self.chances.items()}

    @cached_property
    def within(self) -> Mapping[str, float]:
        """By name the AUC among these; empty where all came out the same."""
        found = {name: auc(chances, self.true) for name, chances in self.chances.items()}
        return {name: area for name, area in found.items() if area is not None}

    @cached_property
    def tries(self) -> Mapping[str, int]:
        """By name how many are tried, the likeliest first, until it comes true."""
        given = {CAME: [0.0] * len(self.true), ORACLE: [float(each) for each in self.true], **self.chances}
        return {name: tries(chances, self.true) for name, chances in given.items()}


def auc(scores: Array, true: Array) -> float | None:
    """The chance that a true one has the higher score than a false one, ties half; None where one kind is missing."""
    yes = np.asarray(true, dtype=bool)
    count, others = int(yes.sum()), int((~yes).sum())
    if not count or not others:
        return None
    _, at, times = np.unique(np.asarray(scores, dtype=float), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[at]
    return float((ranks[yes].sum() - count * (count + 1) / 2) / (count * others))


def brier(chances: Array, true: Array) -> float:
    """The mean square of what the chances are off by: 0 is best."""
    return float(np.mean((np.asarray(chances, dtype=float) - np.asarray(true, dtype=float)) ** 2))


def tries(scores: Sequence[float], true: Sequence[bool]) -> int:
    """How many are tried until a true one, the highest score first and equal ones as they came; else all."""
    order = sorted(range(len(true)), key=lambda at: -scores[at])
    return next((number for number, at in enumerate(order, 1) if true[at]), len(order))


def over_all(groups: Sequence[Group], name: str) -> float:
    """AUC over the candidates of all tasks; of one kind alone it is a half."""
    found = auc(*_together(groups, name))
    return 0.5 if found is None else found


def within_tasks(groups: Sequence[Group], name: str) -> float:
    """The mean over tasks, where both kinds are, of the AUC among siblings."""
    found = [group.within[name] for group in groups if group.within]
    return float(np.mean(found)) if found else 0.5


def square(groups: Sequence[Group], name: str) -> float:
    """Brier score over the candidates of all tasks."""
    return brier(*_together(groups, name))


def mean_tries(groups: Sequence[Group], name: str) -> float:
    """The mean of `Group.tries` over tasks that count."""
    found = [group.tries[name] for group in groups if group.counts]
    return float(np.mean(found)) if found else 0.0


def resampled(groups: Sequence[Group], figure: Figure, name: str) -> Array:
    """The figure on `RESAMPLES` draws of as many tasks; the same draws for every figure and name."""
    picks = np.random.default_rng(0).integers(len(groups), size=(RESAMPLES, len(groups)))
    return np.array([figure([groups[at] for at in pick], name) for pick in picks])


def interval(differences: Array) -> tuple[float, float]:
    """The 95% percentile interval."""
    low, high = np.percentile(differences, (2.5, 97.5))
    return float(low), float(high)


def _together(groups: Sequence[Group], name: str) -> tuple[Array, Array]:
    return np.concatenate([group.arrays[name] for group in groups]), np.concatenate([group.yes for group in groups])


class Head:
    """Logistic regression with L2 on standardised features, after Newton; the intercept is not penalised."""

    def __init__(self, features: Array, true: Array, penalty: float) -> None:
        self._mean, spread = features.mean(0), features.std(0)
        self._scale = np.where(spread > 0, spread, 1.0)
        inputs = self._inputs(features)
        fine = np.full(inputs.shape[1], penalty)
        fine[-1] = 1e-6
        self._weights = np.zeros(inputs.shape[1])
        for _ in range(30):
            chances = _sigmoid(inputs @ self._weights)
            slope = inputs.T @ (chances - true) + fine * self._weights
            bend = (inputs * (chances * (1 - chances))[:, None]).T @ inputs + np.diag(fine)
            step = np.linalg.solve(bend, slope)
            self._weights = self._weights - step
            if np.abs(step).max() < 1e-4:
                break

    def __call__(self, features: Array) -> Array:
        """The chance of each row."""
        return _sigmoid(self._inputs(features) @ self._weights)

    def _inputs(self, features: Array) -> Array:
        return np.hstack([(features - self._mean) / self._scale, np.ones((len(features), 1))])


def fitted(features: Array, true: Array, tasks: Array) -> Head:
    """The head with the penalty that loses least on tasks left out, in `FOLDS` folds."""

    def lost(penalty: float) -> float:
        total = 0.0
        for fold in range(FOLDS):
            out = tasks % FOLDS == fold
            chances = Head(features[~out], true[~out], penalty)(features[out]).clip(1e-6, 1 - 1e-6)
            total -= float(np.where(true[out] > 0, np.log(chances), np.log(1 - chances)).sum())
        return total

    return Head(features, true, min(PENALTIES, key=lost))


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x.clip(-30, 30)))
