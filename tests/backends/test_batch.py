"""Lockstep sampling over an engine of exact arithmetic, whose memory can be made to end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from reason_tui_backends._batch import Choice, OutOfMemoryError, Prompt, Siblings
from reason_tui_backends._reply import Reply, Rules
from reason_tui_backends._snapshots import Snapshot, Snapshots

from reason_tui.errors import BackendError
from reason_tui.policy import CancelToken, SampleRequest, Usage

REQUEST = SampleRequest(messages=(), n=1)


class Arithmetic:
    """The next token of a row depends on all tokens before it and on the draw; memory ends at `room` cells."""

    def __init__(self, room: int = 10_000) -> None:
        self.room = room
        self.prompt: list[int] = []
        self.rows: list[list[int]] = []
        self.extended: list[int] = []
        self.widest = 0
        self.can_keep = True
        self.can_join = self.can_save = False

    def extend(self, tokens: Sequence[int], cancel: CancelToken) -> None:
        if len(tokens) > self.room:
            raise OutOfMemoryError
        self.extended.append(len(tokens))
        self.prompt += tokens

    def keep(self, length: int) -> None:
        self.prompt = self.prompt[:length]

    def fork(self, rows: int) -> None:
        assert self.can_join or not self.rows
        self.rows += [list(self.prompt) for _ in range(rows)]
        self._check()

    def choose(self, temperature: float, top_p: float, draws: Sequence[float]) -> list[Choice]:
        return [
            Choice((sum(row) * 31 + int(draw * 1000)) % 251, -1.0) for row, draw in zip(self.rows, draws, strict=True)
        ]

    def select(self, rows: Sequence[int]) -> None:
        self.rows = [self.rows[i] for i in rows]

    def step(self, tokens: Sequence[int], cancel: CancelToken) -> None:
        for row, token in zip(self.rows, tokens, strict=True):
            row.append(token)
        self._check()

    def release(self) -> None:
        self.rows = []

    def save(self, begin: int, *, complete: bool) -> Snapshot:
        return Snapshot(len(self.prompt) - begin, self.prompt[begin:], 1, complete)

    def append(self, saved: Snapshot) -> None:
        self.prompt += saved.state

    def _check(self) -> None:
        if sum(map(len, self.rows)) > self.room:
            raise OutOfMemoryError
        self.widest = max(self.widest, len(self.rows))


def replies(n: int, prompt: list[int], heard: dict[int, list[str]] | None = None, limit: int = 20) -> list[Reply]:
    told = heard if heard is not None else {}
    rules = Rules(lambda tokens: "".join(f"{t}," for t in tokens), frozenset(range(8)), (), limit)
    return [Reply(rules, prompt, seed=3, index=i, write=told.setdefault(i, []).append) for i in range(n)]


def texts(engine: Arithmetic, n: int, width: int) -> list[str]:
    prompt = [9, 8, 7]
    Prompt(engine, 16).evaluate(prompt, CancelToken())
    asked = replies(n, prompt)
    Siblings(engine, width).sample(asked, REQUEST, CancelToken())
    assert all(reply.finish for reply in asked)
    return [reply.completion(Usage()).text for reply in asked]


def test_a_siblings_text_does_not_depend_on_who_is_sampled_beside_it():
    together = texts(Arithmetic(), 7, 7)
    assert len(set(together)) == 7
    assert len({text.count(",") for text in together}) > 1  # some end early and leave the batch
    assert texts(Arithmetic(), 7, 3) == texts(Arithmetic(), 7, 1) == together


def test_where_rows_may_differ_the_next_sibling_begins_when_one_ends():
    engine = Arithmetic()
    engine.can_join = True
    assert texts(engine, 7, 3) == texts(Arithmetic(), 7, 7)
    assert engine.widest == 3


def test_where_memory_ends_while_siblings_begin_at_different_times_every_text_comes_to_its_end(caplog):
    engine = Arithmetic(room=30)
    engine.can_join = True
    assert texts(engine, 8, 4) == texts(Arithmetic(), 8, 8)
    assert "at a time from now on" in caplog.text


@pytest.mark.parametrize(("room", "width"), [(50, 4), (30, 2), (23, 1)])
def test_where_memory_ends_the_width_is_halved_and_every_text_is_as_it_would_have_been(caplog, room: int, width: int):
    engine = Arithmetic(room=room)
    heard: dict[int, list[str]] = {}
    prompt = [9, 8, 7]
    Prompt(engine, 16).evaluate(prompt, CancelToken())
    asked, siblings = replies(8, prompt, heard), Siblings(engine, 8)
    siblings.sample(asked, REQUEST, CancelToken())
    found = [reply.completion(Usage()).text for reply in asked]
    assert found == texts(Arithmetic(), 8, 8)
    assert ["".join(heard[i]) for i in range(8)] == found  # nothing was told twice
    assert siblings.width == width
    assert f"{width} at a time from now on" in caplog.text
    assert engine.rows == []


def test_where_memory_ends_what_was_kept_of_earlier_prompts_goes_first(caplog):
    kept = Snapshots(1000, 16)

    class Sharing(Arithmetic):
        """What is kept lies in the same memory; each piece of it takes ten cells."""

        def _check(self) -> None:
            if sum(map(len, self.rows)) + 10 * kept.size > self.room:
                raise OutOfMemoryError

    engine = Sharing(room=60)
    prompt = Prompt(engine, 16, kept)
    for tokens in (list(range(100, 140)), [9, 8, 7]):
        prompt.evaluate(tokens, CancelToken())
    asked, siblings = replies(4, [9, 8, 7]), Siblings(engine, 4, prompt.forget_others)
    siblings.sample(asked, REQUEST, CancelToken())
    assert [reply.completion(Usage()).text for reply in asked] == texts(Arithmetic(), 4, 4)
    assert (siblings.width, kept.size) == (4, 0)
    assert "earlier prompts" in caplog.text
    assert prompt.evaluate([9, 8, 7], CancelToken()) == 0  # the engine still has its own


def test_where_memory_does_not_suffice_for_one_sibling_that_is_an_error():
    with pytest.raises(BackendError) as caught:
        texts(Arithmetic(room=10), 4, 4)
    assert caught.value.hint


def test_a_prompt_is_evaluated_in_chunks_and_whole_ones_are_used_again():
    engine = Arithmetic()
    prompt = Prompt(engine, 16)
    first = list(range(40))
    assert prompt.evaluate(first, CancelToken()) == 40
    assert engine.extended == [16, 16, 8]
    assert prompt.evaluate(first, CancelToken()) == 0
    assert prompt.evaluate([*first[:37], 1, 2, 3], CancelToken()) == 8  # 32 are known
    assert engine.prompt == [*first[:37], 1, 2, 3]
    assert prompt.evaluate(first[:32], CancelToken()) == 16  # the last token's logits are needed
    assert engine.prompt == first[:32]
    assert prompt.evaluate([5, *first], CancelToken()) == 41


def test_with_snapshots_a_prompt_of_any_earlier_node_is_used_again():
    engine = Arithmetic()
    prompt = Prompt(engine, 16, Snapshots(1000, 16))
    first, other = list(range(40)), [*range(20), *range(100, 130)]
    assert [prompt.evaluate(p, CancelToken()) for p in (first, other, first)] == [40, 34, 0]
    assert engine.prompt == first
    assert prompt.evaluate([*other[:40], 5], CancelToken()) == 9  # 32 are known, of another node than the last one
    assert engine.prompt == [*other[:40], 5]
    assert prompt.evaluate(other[:32], CancelToken()) == 16  # what follows its last token was not kept
    prompt.clear()
    assert prompt.evaluate(first, CancelToken()) == 40


def test_a_prompt_that_ends_where_another_was_cancelled_is_evaluated_to_its_end():
    engine = Arithmetic()
    prompt = Prompt(engine, 16, Snapshots(1000, 16))
    first, cancel = list(range(40)), CancelToken()
    prompt.evaluate(first, CancelToken())
    cancel.cancel()
    assert prompt.evaluate([*first[:32], 100, 101], cancel) == 0  # 32 are known, and not what follows them
    assert prompt.evaluate(first[:32], CancelToken()) == 16
    assert engine.prompt == first[:32]


def test_a_cache_that_cannot_be_cut_is_used_for_the_same_prompt_only():
    engine = Arithmetic()
    engine.can_keep = False
    prompt = Prompt(engine, 16)
    first = list(range(40))
    assert [prompt.evaluate(p, CancelToken()) for p in (first, first, [*first, 1])] == [40, 0, 41]
    assert engine.prompt == [*first, 1]


def test_where_memory_ends_in_the_prompt_its_chunks_become_shorter(caplog):
    engine = Arithmetic(room=20)
    prompt = Prompt(engine, 64)
    assert prompt.evaluate(list(range(40)), CancelToken()) == 40
    assert engine.extended == [16, 16, 8]
    assert "chunks of 16" in caplog.text
    engine.room = 10
    with pytest.raises(BackendError):
        prompt.evaluate(list(range(100)), CancelToken())


def test_an_error_in_the_prompt_leaves_nothing_of_it_behind():
    class Failing(Arithmetic):
        def extend(self, tokens: Sequence[int], cancel: CancelToken) -> None:
            super().extend(tokens, cancel)
            if len(self.extended) == 2:
                raise KeyError

    engine = Failing()
    prompt = Prompt(engine, 16)
    with pytest.raises(KeyError):
        prompt.evaluate(list(range(40)), CancelToken())
    assert engine.prompt == []
    assert prompt.evaluate(list(range(40)), CancelToken()) == 40
    assert engine.prompt == list(range(40))


def test_numbers_that_are_none_are_an_error():
    class Broken(Arithmetic):
        def choose(self, temperature: float, top_p: float, draws: Sequence[float]) -> list[Choice]:
            return [Choice(0, float("nan"))] * len(draws)

    with pytest.raises(BackendError) as caught:
        texts(Broken(), 2, 2)
    assert "dtype" in caught.value.hint
