"""Exact duplicates, and what is none."""

from __future__ import annotations

import pytest

from reason_tui.programs import diff, fingerprint, normal_form

PLAIN = "def f(xs):\n    total = 0\n    for x in xs:\n        total += x\n    return total"


@pytest.mark.parametrize(
    "other",
    [
        "def f(xs):\n    # add them up\n    s = 0\n    for item in xs:\n        s += item\n    return s\n",
        'def f(xs: list[int]) -> int:\n    """Sum."""\n    t: int = 0\n    for x in xs:\n        t += x\n    return t',
        "def f( xs ):\n\n  total=0\n  for x in xs: total+=x\n  return (total)",
    ],
)
def test_comments_docstrings_annotations_spacing_and_local_names_make_no_difference(other):
    assert fingerprint(other) == fingerprint(PLAIN)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(x):\n    return x + 1", "def f(x):\n    return x + 2"),
        ("def f(x):\n    return 1", "def f(x):\n    return True"),
        ("def f(x):\n    a = 1\n    b = 2\n    return a", "def f(x):\n    a = 1\n    b = 2\n    return b"),
        ("def f(a, b):\n    return a", "def f(b, a):\n    return a"),
        ("def f(x):\n    return g(x)", "def f(x):\n    return h(x)"),
        ("def f(x):\n    len = 3\n    return len", "def f(x):\n    n = 3\n    return len"),
        ("def f():\n    a = 1\n    return locals()", "def f():\n    b = 1\n    return locals()"),
        ("c = 1\ndef f():\n    global c\n    c = 2", "c = 1\ndef f():\n    d = 2"),
    ],
)
def test_what_a_caller_could_notice_makes_a_difference(one, other):
    assert fingerprint(one) != fingerprint(other)


def test_lambdas_and_comprehensions_are_renamed_too():
    one = "def f(xs):\n    g = lambda a: a + 1\n    return [g(y) for y in xs]"
    other = "def f(xs):\n    h = lambda b: b + 1\n    return [h(z) for z in xs]"
    assert normal_form(one) == normal_form(other)


def test_a_program_that_does_not_parse_equals_only_itself():
    assert fingerprint("def f(:") == fingerprint("def f(:\n")
    assert fingerprint("def f(:") != fingerprint("def g(:")


def test_a_diff_counts_what_came_and_went():
    found = diff("a\nb\nc\n", "a\nB\nc\nd\n")
    assert found.summary == "+2 −1"
    assert [line for line in found.lines if line[0] in "+-"] == ["-b", "+B", "+d"]


def test_equal_programs_have_an_empty_diff():
    assert diff(PLAIN, PLAIN).lines == ()
