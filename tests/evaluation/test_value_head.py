"""The figures of benchmarks/value_model.py, against the definitions."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from itertools import product
from pathlib import Path

import numpy as np
import pytest

_FILE = Path(__file__).parents[2] / "benchmarks" / "value_head.py"
_SPEC = spec_from_file_location("value_head", _FILE)
assert _SPEC is not None
assert _SPEC.loader is not None
head = sys.modules["value_head"] = module_from_spec(_SPEC)  # dataclasses look their module up
_SPEC.loader.exec_module(head)


def test_auc_is_the_share_of_pairs_in_the_right_order_and_ties_are_half():
    draw = np.random.default_rng(1)
    scores, true = draw.integers(0, 4, 30).tolist(), (draw.random(30) < 0.4).tolist()
    yes, no = (
        [score for score, is_true in zip(scores, true, strict=True) if is_true is kind] for kind in (True, False)
    )
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a, b in product(yes, no)]
    assert head.auc(scores, true) == pytest.approx(sum(pairs) / len(pairs))
    assert head.auc([0.3, 0.3], [True, False]) == 0.5


def test_auc_of_one_kind_alone_is_none():
    assert head.auc([0.1, 0.2], [True, True]) is None
    assert head.auc([], []) is None


def test_brier_is_the_mean_square():
    assert head.brier([1.0, 0.5, 0.0], [True, True, True]) == pytest.approx((0 + 0.25 + 1) / 3)


def test_equal_chances_are_tried_as_they_came():
    assert head.tries([0.1, 0.9, 0.9], [False, False, True]) == 2
    assert head.tries([0.1, 0.9, 0.9], [True, True, False]) == 1
    assert head.tries([0.5, 0.4], [False, False]) == 2


def test_tasks_whose_candidates_are_alike_say_nothing_about_the_order_within():
    mixed = head.Group([True, False], {"way": [0.2, 0.1]})
    alike = head.Group([False, False], {"way": [0.9, 0.8]})
    assert head.within_tasks([mixed, alike], "way") == 1.0
    assert head.over_all([mixed, alike], "way") == pytest.approx(1 / 3)


def test_only_tasks_that_count_are_in_the_tries():
    groups = [head.Group([False, True], {"way": [0.1, 0.2]}), head.Group([False, False], {"way": [0, 0]}, counts=False)]
    assert [head.mean_tries(groups, name) for name in ("way", head.CAME, head.ORACLE)] == [1.0, 2.0, 1.0]


def test_a_head_finds_what_decides_and_a_penalty_makes_it_modest():
    draw = np.random.default_rng(0)
    features = draw.normal(size=(400, 6))
    true = (features[:, 2] + 0.3 * draw.normal(size=400) > 0).astype(float)
    chances = head.fitted(features[:300], true[:300], np.arange(300))(features[300:])
    assert head.auc(chances.tolist(), (true[300:] > 0).tolist()) > 0.95
    modest = head.Head(features, true, 1e6)(features)
    assert modest == pytest.approx(true.mean(), abs=0.02)


def test_an_interval_holds_the_difference_and_is_narrow_where_tasks_agree():
    groups = [head.Group([True, False], {"good": [0.9, 0.1], "bad": [0.1, 0.9]}) for _ in range(20)]
    good, bad = (head.resampled(groups, head.within_tasks, name) for name in ("good", "bad"))
    assert head.interval(good - bad) == (1.0, 1.0)
