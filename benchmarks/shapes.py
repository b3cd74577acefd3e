"""Exact shapes of published models, for models of random weights that are as large and as slow, and as dumb."""

from __future__ import annotations

from typing import NamedTuple

SPREAD = 7.0
"""Standard deviation of the logits (nats): about ten of 152,000 tokens then add up to .95 at temperature .8, as in a
trained model."""


class Shape(NamedTuple):
    """Of a Qwen2 whose embedding is its output too. `tokens`: of the tokenizer; the embedding has more rows."""

    layers: int
    hidden: int
    inner: int
    heads: int
    kv_heads: int
    vocabulary: int = 151_936
    tokens: int = 151_665


SHAPES = {
    "qwen2.5-coder-0.5b": Shape(24, 896, 4_864, 14, 2),
    "qwen2.5-coder-1.5b": Shape(28, 1_536, 8_960, 12, 2),
}
