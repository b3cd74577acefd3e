"""What may cross between the processes, and what a crafted stream can do: nothing."""

from __future__ import annotations

import contextlib
import pickle
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reason_tui.sandbox.inside.showing import brief
from reason_tui.sandbox.inside.values import MAX_VALUE_BYTES, CrossingError, Opaque, OpaqueError, decode, encode

_ATOMS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
_KEYS = st.integers() | st.text()
VALUES = st.recursive(
    _ATOMS | st.complex_numbers(allow_nan=False) | st.binary().map(bytearray),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(_KEYS, inner),
    max_leaves=20,
)


@given(VALUES)
def test_builtin_values_cross_unchanged(value):
    back = decode(encode(value))
    assert back == value
    assert repr(back) == repr(value)


@given(st.frozensets(_KEYS), st.sets(_KEYS))
def test_sets_cross_unchanged(frozen, free):
    back = decode(encode((frozen, free)))
    assert back == (frozen, free)
    assert [type(part) for part in back] == [frozenset, set]


@given(st.binary())
def test_random_bytes_are_a_value_or_refused(data):
    with contextlib.suppress(CrossingError):
        decode(data)


CRAFTED = [
    b"cbuiltins\neval\n(S'1'\ntR.",
    b"cos\nsystem\n(S'true'\ntR.",
    b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93.",
    b"c__main__\nMAKE_SAME.__call__\n.",
    b"cx\nMAKE_SAME\n(dX\x04\x00\x00\x00makeX\x01\x00\x00\x00xsb.",  # BUILD on a maker
    b"cx\nMAKE_OPAQUE\n)\x81.",  # NEWOBJ
    b"(icollections\nOrderedDict\n.",
    b"P0\n.",
    b"\x82\x01.",
    b"\x80\x05\x97.",  # an out-of-band buffer
    b"",
    b".",
    b"N",
]


@pytest.mark.parametrize("stream", CRAFTED)
def test_a_stream_that_names_anything_else_is_refused(stream):
    with pytest.raises(CrossingError):
        decode(stream)


def test_a_stream_cannot_alter_the_reader():
    evil = b"cx\nMAKE_SAME\n(NX\x04\x00\x00\x00makeNtb."
    with pytest.raises(CrossingError):
        decode(evil)
    assert decode(encode([1j])) == [1j]


def test_foreign_objects_arrive_as_opaque():
    value = decode(encode([object(), len, pickle.Pickler, (n for n in "a")]))
    assert [repr(part) for part in value] == [
        "<object object>",
        "<builtin_function_or_method object>",
        "<type object>",
        "<generator object>",
    ]


@pytest.mark.parametrize("ask", [lambda v: v == 1, lambda v: v != 1, lambda v: [v] == [1]])
def test_an_opaque_value_answers_nothing(ask):
    with pytest.raises(OpaqueError):
        ask(Opaque("thing"))


def test_the_truth_of_a_value_crosses_with_it():
    class Moody:
        def __bool__(self):
            raise ValueError

    full, empty, moody = decode(encode([deque([1]), deque(), Moody()]))
    assert full
    assert not empty
    with pytest.raises(OpaqueError):
        bool(moody)


def test_arguments_must_cross_whole():
    with pytest.raises(CrossingError):
        encode([print], strict=True)
    with pytest.raises(CrossingError):
        encode("x" * (MAX_VALUE_BYTES + 1), strict=True)


def test_a_ring_and_a_deep_list_end_somewhere():
    ring: list[object] = []
    ring.append(ring)
    back = decode(encode(ring))
    assert back[0] is back
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert isinstance(decode(encode(deep)), Opaque)
    assert len(brief(back)) < 700


LARGE = {
    "a number": 10**5000,
    "a text": "x" * 10**6,
    "a list": list(range(10**6)),
    "a dictionary": {number: number for number in range(10**5)},
    "texts in lists": [["x" * 99] * 99] * 99,
}


@pytest.mark.parametrize("value", LARGE.values(), ids=LARGE)
def test_a_brief_is_short(value):
    assert 0 < len(brief(value)) <= 600


@given(VALUES)
def test_a_brief_of_a_small_value_is_its_repr(value):
    text = repr(value)
    if len(text) < 100:
        assert brief(value) == text
