"""Which pieces of earlier prompts are found again, and which go when there are too many."""

from __future__ import annotations

from reason_tui_backends._snapshots import Snapshot, Snapshots

CHUNK = 4


def store(limit: int = 1000) -> Snapshots:
    return Snapshots(limit, CHUNK)


def put(kept: Snapshots, text: str, size: int = 10) -> None:
    """Keep every piece of a prompt whose tokens are these letters."""
    tokens = list(text.encode())
    for begin in range(0, len(tokens), CHUNK):
        end = min(begin + CHUNK, len(tokens))
        piece = Snapshot(end - begin, text[begin:end], size, complete=end == len(tokens))
        kept.keep(tokens[:end], piece)


def found(kept: Snapshots, text: str) -> str:
    return "|".join(piece.state for piece in kept.find(list(text.encode())))


def test_the_longest_beginning_that_any_prompt_had_is_found():
    kept = store()
    put(kept, "aaaabbbbcc")
    put(kept, "aaaaddddeeee")
    assert found(kept, "aaaabbbbcc") == "aaaa|bbbb|cc"
    assert found(kept, "aaaabbbbccc") == "aaaa|bbbb"
    assert found(kept, "aaaaddddffff") == "aaaa|dddd"
    assert found(kept, "xaaabbbb") == ""


def test_a_beginning_shared_by_prompts_is_kept_once():
    kept = store()
    put(kept, "aaaabbbb")
    put(kept, "aaaacccc")
    assert kept.size == 30


def test_a_prompt_that_ended_elsewhere_is_not_found_whole():
    """What computed the piece did not need the logits at its end."""
    kept = store()
    put(kept, "aaaabbbb")
    assert found(kept, "aaaa") == ""
    put(kept, "aaaa")
    assert found(kept, "aaaa") == "aaaa"
    assert found(kept, "aaaabbbb") == "aaaa|bbbb"


def test_what_was_used_often_stays_when_there_is_too_much():
    kept = store(limit=30)
    put(kept, "aaaa")
    put(kept, "bbbb")
    for _ in range(3):
        found(kept, "aaaa")
    put(kept, "cccc")
    put(kept, "dddd")
    assert (found(kept, "aaaa"), found(kept, "bbbb"), found(kept, "dddd")) == ("aaaa", "", "dddd")
    assert kept.size <= 30


def test_what_was_used_often_long_ago_goes_at_last():
    kept = store(limit=30)
    put(kept, "aaaa")
    found(kept, "aaaa")
    for letter in "bcdefghijkl":
        put(kept, letter * 4)
    assert found(kept, "aaaa") == ""


def test_leaves_go_before_what_they_grow_from():
    kept = store(limit=30)
    put(kept, "aaaabbbbcccc")
    put(kept, "dddd")
    assert found(kept, "aaaabbbbcccc") in ("aaaa|bbbb", "aaaa|bbbb|cccc")
    assert kept.size <= 30


def test_a_piece_larger_than_all_room_is_not_kept_and_what_follows_it_neither():
    kept = store(limit=5)
    put(kept, "aaaabbbb", size=10)
    assert (kept.size, found(kept, "aaaabbbb")) == (0, "")


def test_nothing_is_left_when_it_is_cleared():
    kept = store()
    put(kept, "aaaabbbb")
    kept.clear()
    assert (kept.size, found(kept, "aaaabbbb")) == (0, "")
