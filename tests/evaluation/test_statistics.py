"""Statistics against values worked out by hand or by another way."""

from __future__ import annotations

import pytest

from reason_tui.evaluation.statistics import bootstrap, mcnemar, mean


def test_mcnemar_is_the_exact_binomial():
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 5) == 1.0
    assert mcnemar(0, 5) == pytest.approx(2 / 32)
    assert mcnemar(1, 9) == mcnemar(9, 1) == pytest.approx(2 * 11 / 1024)


def test_the_bootstrap_interval_holds_the_mean_and_shrinks_with_more_tasks():
    few, many = [0.0, 1.0] * 20, [0.0, 1.0] * 200
    low, high = bootstrap(few, resamples=2000)
    assert low < 0.5 < high
    # The normal approximation: 0.5 +- 1.96 * 0.5 / sqrt(n).
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / 40**0.5, rel=0.15)
    narrow = bootstrap(many, resamples=2000)
    assert narrow[1] - narrow[0] < (high - low) / 2


def test_the_bootstrap_is_the_same_for_the_same_seed_and_certain_where_nothing_varies():
    values = [0.0, 0.5, 1.0, 1.0]
    assert bootstrap(values, seed=3, resamples=500) == bootstrap(values, seed=3, resamples=500)
    assert bootstrap([1.0] * 9, resamples=100) == (1.0, 1.0)
    assert bootstrap([]) == (0.0, 0.0)


def test_the_mean_of_nothing_is_zero():
    assert mean([]) == 0.0
    assert mean([1.0, 2.0]) == 1.5
