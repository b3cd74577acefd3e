"""One row of logits, one draw, one token: against the plain definition."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.needs import skip_without

from reason_tui.models.loader import missing_packages

skip_without("llama-cpp", "numpy" not in missing_packages("llama-cpp"), "its extra brings numpy")

import numpy as np  # noqa: E402
from reason_tui_backends._nucleus import choose, choose_each  # noqa: E402

LENGTHS = pytest.mark.parametrize("length", [0, 9_000], ids=["short", "long"])
"""Rows of a test's own logits, and of so many with others that are too unlikely to matter: these are chosen from in
another way."""


def row_of(logits: list[float], length: int) -> np.ndarray:
    return np.array([*logits, *[-100.0] * (length - len(logits))], dtype=np.float32)


def plainly(logits: list[float], temperature: float, top_p: float, draw: float) -> int:
    """Sort everything, keep what adds up to top_p, see where the draw falls."""
    order = sorted(range(len(logits)), key=lambda i: -logits[i])
    peak = logits[order[0]]
    weights = [math.exp((logits[i] - peak) / temperature) for i in order]
    kept, total = [], 0.0
    for i, weight in zip(order, weights, strict=True):
        kept.append((i, weight))
        total += weight
        if total >= top_p * sum(weights):
            break
    falls, passed = draw * total, 0.0
    for i, weight in kept:
        passed += weight
        if falls < passed:
            return i
    return kept[-1][0]


@LENGTHS
@given(
    st.lists(st.integers(-40, 40), min_size=1, max_size=60, unique=True),
    st.sampled_from([0.3, 0.8, 1.0, 3.0]),
    st.sampled_from([0.05, 0.5, 0.95, 1.0]),
    st.integers(0, 996).map(lambda i: (i + 0.37) / 997),
)
def test_a_draw_falls_on_the_token_it_should(
    length: int, tenths: list[int], temperature: float, top_p: float, draw: float
):
    logits = [i / 10 for i in tenths]
    found = choose(row_of(logits, length), temperature, top_p, draw)
    near = {plainly(logits, temperature, top_p, min(max(draw + step, 0.0), 0.9999999)) for step in (-1e-5, 0, 1e-5)}
    assert found.token in near
    expected = logits[found.token] - math.log(sum(math.exp(x) for x in logits))
    assert found.logprob == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("tokens", [50, 10_000])
@pytest.mark.parametrize("temperature", [0.0, 0.8, 1.7])
def test_rows_together_choose_what_each_does_alone(tokens: int, temperature: float):
    rows = np.random.default_rng(5).normal(0, 4, (8, tokens)).astype(np.float32)
    draws = [i / 8 + 0.01 for i in range(8)]
    alone = [choose(row, temperature, 0.95, draw) for row, draw in zip(rows, draws, strict=True)]
    together = choose_each(rows, temperature, 0.95, draws)
    assert [one.token for one in together] == [one.token for one in alone]
    assert [one.logprob for one in together] == pytest.approx([one.logprob for one in alone], abs=1e-6)
    assert len({one.token for one in together}) > 1


def test_zero_temperature_is_the_likeliest_whatever_is_drawn():
    logits = np.array([0.0, 3.0, 2.9], dtype=np.float32)
    assert {choose(logits, 0.0, 0.5, draw).token for draw in (0.0, 0.5, 0.999)} == {1}


@LENGTHS
def test_with_the_whole_vocabulary_rare_tokens_can_be_drawn(length: int):
    """Beyond the few that are sorted at first."""
    logits = row_of([14.0, *[0.0] * 999], length)
    assert choose(logits, 1.0, 1.0, 0.9999999).token != 0
    assert choose(logits, 1.0, 0.5, 0.9999999).token == 0


@LENGTHS
@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, 0.999), (0.8, 0.9999)])
def test_rare_tokens_count_where_many_of_them_add_up(length: int, temperature: float, top_p: float):
    """The likeliest alone adds up to less than top_p, though each of the others is below the mark."""
    logits = row_of([0.0, *(-12.0 - i * 1e-4 for i in range(3000))], length)
    draws = [i / 20_000 for i in range(20_000)]
    share = sum(choose(logits, temperature, top_p, draw).token != 0 for draw in draws[::7]) / len(draws[::7])
    others = float(np.exp(logits[1:].astype(np.float64) / temperature).sum())
    assert share == pytest.approx(others / (1 + others), rel=0.15)
    assert choose(logits, temperature, 0.9, draws[-1]).token == 0


def test_the_row_is_left_as_it_was():
    logits = np.array([1.0, 2.0, 3.0], dtype=np.float32)
    choose(logits, 0.7, 0.9, 0.5)
    assert logits.tolist() == [1.0, 2.0, 3.0]


def test_numbers_that_are_none_are_told_as_such():
    assert not math.isfinite(choose(np.array([math.nan, 1.0], dtype=np.float32), 1.0, 1.0, 0.5).logprob)
