"""What fits below the largest tensor of Apple's GPUs. Arithmetic: no Mac was at hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reason_tui_backends._model_folder import Shape
from reason_tui_backends._tensor_limits import MPS_TENSOR_BYTES, fit, largest_tensor

QWEN_1_5B = Shape(layers=28, heads=12, kv_heads=2, head_size=128, hidden=1536, intermediate=8960, vocabulary=151_936)


def test_a_small_model_is_not_held_back():
    assert fit(QWEN_1_5B, width=8, chunk=256, context=4096, element=4, limit=MPS_TENSOR_BYTES) == (8, 256)


def test_attention_scores_of_a_long_context_shorten_the_chunk():
    wide, long = fit(QWEN_1_5B, width=8, chunk=2048, context=131_072, element=4, limit=MPS_TENSOR_BYTES)
    assert 12 * long * 131_072 * 4 <= MPS_TENSOR_BYTES < 12 * 2 * long * 131_072 * 4
    assert wide == 4  # 8 rows of repeated keys: 8 * 12 * 131,072 * 128 * 4 bytes are 6.4 GB


def test_the_largest_tensor_of_a_step_is_counted_by_hand():
    found = largest_tensor(QWEN_1_5B, width=8, chunk=1, context=4096, element=2)
    assert found == 8 * 12 * 4096 * 128 * 2


@given(
    st.integers(1, 64),
    st.sampled_from([16, 32, 64, 128, 256, 512]),
    st.integers(256, 200_000),
    st.sampled_from([2, 4]),
    st.integers(1 << 20, 1 << 33),
)
def test_what_fits_is_under_the_limit_or_as_small_as_can_be(width, chunk, context, element, limit):
    wide, long = fit(QWEN_1_5B, width=width, chunk=chunk, context=context, element=element, limit=limit)
    assert 1 <= wide <= width
    assert 16 <= long <= chunk
    sizes = {"context": context, "element": element}
    assert wide == 1 or largest_tensor(QWEN_1_5B, width=wide, chunk=1, **sizes) <= limit
    assert long == 16 or largest_tensor(QWEN_1_5B, width=1, chunk=long, **sizes) <= limit


@pytest.mark.parametrize("limit", [1, MPS_TENSOR_BYTES])
def test_a_shape_that_is_not_known_is_no_reason_to_fail(limit: int):
    nothing = Shape(0, 0, 0, 0, 0, 0, 0)
    assert fit(nothing, width=4, chunk=128, context=2048, element=4, limit=limit) == (4, 128)
