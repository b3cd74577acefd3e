"""What is remembered of a text changes no result: not across callers, and not for texts that are too long to keep."""

from __future__ import annotations

import ast

import pytest

from reason_tui.programs import fingerprint, normal_form
from reason_tui.programs.syntax import SHORT, longest_prefix, parse, parse_anew

PROGRAM = 'def f(x: int) -> int:\n    """Doubled."""\n    y = x\n    return y + x\n'


def test_a_normal_form_does_not_change_the_tree_that_others_read():
    before = ast.dump(parse(PROGRAM))
    first = normal_form(PROGRAM)
    assert ast.dump(parse(PROGRAM)) == before == ast.dump(ast.parse(PROGRAM))
    assert normal_form(PROGRAM) == first != before


def test_a_tree_to_change_is_nobody_elses():
    own = parse_anew(PROGRAM)
    assert own is not parse(PROGRAM) and own is not parse_anew(PROGRAM)


@pytest.mark.parametrize("length", [SHORT - 100, SHORT + 100])
def test_texts_of_any_length_are_read_alike(length: int):
    long = PROGRAM + "# " + "x" * (length - len(PROGRAM) - 3) + "\n"
    for _ in range(2):
        assert fingerprint(long) == fingerprint(PROGRAM)
        assert ast.dump(parse(long)) == ast.dump(ast.parse(long))
        assert parse(long + "(") is None
        assert longest_prefix([*long.split("\n"), "((", "1"]) == long.rstrip()


def test_the_same_text_that_does_not_parse_is_none_each_time():
    assert [parse("def f(:") for _ in range(3)] == [None] * 3
    assert parse_anew("def f(:") is None
