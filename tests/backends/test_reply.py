"""How tokens become text that is certain, and when a reply ends."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from reason_tui_backends._reply import Reply, Rules

from reason_tui.policy import Usage

END = 999


def decode(tokens: Sequence[int]) -> str:
    """Tokens are bytes of UTF-8, as in the byte-level tokenizers."""
    return bytes(token for token in tokens if token < 256).decode("utf-8", "replace")


def reply(stop: tuple[str, ...] = (), limit: int = 100, prompt: bytes = b"def f") -> tuple[Reply, list[str]]:
    heard: list[str] = []
    rules = Rules(decode, frozenset((END,)), stop, limit)
    return Reply(rules, list(prompt), seed=0, index=0, write=heard.append), heard


def feed(target: Reply, text: bytes, *more: int) -> None:
    for token in [*text, *more]:
        if target.finish is None:
            target.take(token, -0.5)


def test_text_is_told_as_it_comes_and_an_end_token_says_nothing():
    target, heard = reply()
    feed(target, b"ab", END)
    assert heard == ["a", "b"]
    done = target.completion(Usage(prompt=5))
    assert (done.text, done.finish, done.usage.completion, done.usage.prompt) == ("ab", "stop", 3, 5)
    assert done.mean_logprob == -0.5


def test_a_character_of_several_tokens_is_told_whole():
    target, heard = reply()
    feed(target, "é🙂x".encode())
    assert heard == ["é", "🙂", "x"]


def test_bytes_that_are_no_character_do_not_hold_the_rest_back():
    target, heard = reply()
    feed(target, b"\xff\xff\xff\xff\xff\xffabc")
    assert "".join(heard).endswith("abc")


def test_half_a_character_at_the_limit_is_left_out():
    target, _ = reply(limit=2)
    feed(target, b"a\xc3")
    assert (target.finish, target.completion(Usage()).text) == ("length", "a")


@pytest.mark.parametrize("text", [b"abc\n\ndef", b"abc\n\n", b"abc\nx\n\nstop", b"\n\n"])
def test_a_stop_string_over_several_tokens_ends_the_reply_before_it(text: bytes):
    target, heard = reply(stop=("\n\n", "never"))
    feed(target, text)
    assert target.finish == "stop"
    assert "".join(heard) == text.decode().split("\n\n")[0] == target.completion(Usage()).text


def test_what_only_began_like_a_stop_string_is_told_later():
    target, heard = reply(stop=("stop",))
    feed(target, b"sto")
    assert heard == []
    feed(target, b"re")
    assert "".join(heard) == "store"


def test_the_earliest_of_several_stop_strings_counts():
    target, _ = reply(stop=("cd", "bcde"))
    feed(target, b"abcdef")
    assert target.completion(Usage()).text == "ab"


def test_what_was_held_back_belongs_to_a_reply_that_ends_otherwise():
    for tokens, finish in (((END,), "stop"), ((), "length")):
        target, heard = reply(stop=("stop",), limit=3 if finish == "length" else 100)
        feed(target, b"sto", *tokens)
        assert (target.finish, "".join(heard)) == (finish, "sto")


def test_no_token_is_no_mean():
    assert reply()[0].completion(Usage()).mean_logprob is None


def test_a_reply_that_begins_again_says_nothing_twice_and_draws_what_it_would_have_drawn():
    straight, _ = reply()
    again, heard = reply()
    expected = []
    for token in b"abcd":
        expected.append(straight.draw())
        straight.take(token, -1.0)
    found = [again.draw()]
    again.take(ord("a"), -1.0)
    found.append(again.draw())
    again.take(ord("b"), -1.0)
    again.rewind()
    for token in b"??cd":  # what is sampled for the tokens that are known does not count
        replaying = again.replaying
        draw = again.draw()
        if not replaying:
            found.append(draw)
        again.take(token, -1.0)
    assert found == expected
    assert "".join(heard) == "abcd"
    assert again.last == ord("d")
