"""Lines of styled text: cleaned, cut, wrapped and spread by cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reason_tui.tui.ink import MAX_LINE, cut, fit, line, lines, plain, spread, width, wrap

TEXTS = st.text(st.characters(codec="utf-8"), max_size=80)


@given(TEXTS, st.integers(1, 40))
def test_a_cut_line_is_never_too_wide(text, cells):
    assert width(cut(line((text, "dim"), text), cells)) <= cells


@given(TEXTS, st.integers(0, 40))
def test_a_fitted_text_has_exactly_its_cells(text, cells):
    assert width((((fit(plain(line(text)), cells)), ""),)) == cells


@given(st.lists(st.tuples(TEXTS, st.sampled_from(["", "dim"])), max_size=4), st.integers(12, 40), st.integers(0, 6))
def test_wrapping_loses_nothing_but_spaces_and_is_never_too_wide(spans, cells, hang):
    whole = line(*spans)
    rows = wrap(whole, cells, hang)
    assert all(width(row) <= cells for row in rows)
    assert "".join(map(plain, rows)).replace(" ", "") == plain(whole).replace(" ", "")


def test_wrapped_lines_break_at_spaces_and_hang():
    rows = [plain(row) for row in wrap(line("one two three four"), 10, 2)]
    assert rows == ["one two", "  three", "  four"]


def test_controls_and_newlines_inside_a_line_are_escapes():
    assert plain(line("a\x1b[1m\tb\nc")) == "a\\x1b[1m    b\\nc"


def test_an_endless_line_is_cut_and_says_how_much_is_missing():
    assert plain(line("a" * (MAX_LINE + 1234))).endswith("… (1,234 more)")


def test_each_line_of_a_text_is_a_line():
    assert [plain(row) for row in lines("a\n\nb\r\nc")] == ["a", "", "b", "c"]


def test_two_lines_stand_at_both_ends_and_the_left_one_gives_way():
    assert plain(spread(line("left"), line("right"), 20)) == "left           right"
    assert plain(spread(line("a very long left part"), line("right"), 20)) == "a very long l… right"
