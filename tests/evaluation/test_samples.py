"""Kept samples: the same for everyone, each once in a search, charged whoever asked first, never made twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.scripted import ScriptedPolicy, TableSandbox

from reason_tui.errors import StateError
from reason_tui.evaluation.samples import KeptPolicy, KeptSandbox, Store
from reason_tui.policy import CancelToken, Completion, Message, SampleRequest
from reason_tui.sandbox.types import Job


def request(text: str = "Add.", n: int = 1, temperature: float = 0.8) -> SampleRequest:
    return SampleRequest(messages=(Message(role="user", content=text),), n=n, temperature=temperature)


def model() -> ScriptedPolicy:
    return ScriptedPolicy(lambda asked: [f"{asked.messages[0].content} {asked.seed}:{at}" for at in range(asked.n)])


class Kept:
    """A policy whose samples are kept in a file."""

    def __init__(self, path: Path, name: str = "m") -> None:
        self.live = model()
        self.policy = KeptPolicy(self.live, Store(path), name)
        self.policy.begin(0)

    def texts(self, *requests: SampleRequest) -> list[str]:
        return [completion.text for each in requests for completion in self.sampled(each)]

    def sampled(self, asked: SampleRequest) -> list[Completion]:
        return self.policy.sample(asked, lambda sibling, text: None, CancelToken())


def test_the_next_samples_of_a_prompt_do_not_depend_on_how_many_are_asked_for_at_a_time(tmp_path: Path):
    one = Kept(tmp_path / "a").texts(*[request(n=1)] * 6)
    assert one == Kept(tmp_path / "b").texts(request(n=4), request(n=2))
    assert len(set(one)) == 6


def test_a_new_search_gets_the_same_samples_and_the_model_is_not_asked(tmp_path: Path):
    first = Kept(tmp_path / "a")
    texts = first.texts(request(n=4))
    first.policy.begin(0)
    assert first.texts(request(n=4)) == texts
    second = Kept(tmp_path / "a")
    assert second.texts(request(n=4)) == texts
    assert (len(first.live.requests), second.live.requests) == (1, [])


def test_what_was_kept_by_earlier_versions_is_found_again(tmp_path: Path):
    """The seeds are made of the keys: with other keys no table of kept samples could be made again."""
    kept = Kept(tmp_path / "a")
    kept.texts(request(n=2), request(temperature=0.0))
    assert [asked.seed for asked in kept.live.requests] == [1675011523, 1562744058]


def test_other_seeds_prompts_temperatures_and_models_have_samples_of_their_own(tmp_path: Path):
    kept = Kept(tmp_path / "a")
    texts = kept.texts(request(), request("Subtract."), request(temperature=0.2))
    kept.policy.begin(1)
    texts += kept.texts(request()) + Kept(tmp_path / "a", "other").texts(request())
    assert len(set(texts)) == 5


def test_greedy_is_sampled_alone(tmp_path: Path):
    kept = Kept(tmp_path / "a")
    kept.texts(request(temperature=0.0))
    assert [each.n for each in kept.live.requests] == [1]


def test_of_a_prompt_what_an_earlier_one_begins_with_is_not_charged_again(tmp_path: Path):
    kept = Kept(tmp_path / "a")
    usages = [
        [(each.usage.prompt, each.usage.cached) for each in kept.sampled(asked)]
        for asked in (request("abcde", n=2), request("abcde", n=1), request("abcdefghij"), request("xyz"))
    ]
    assert usages == [[(10, 0), (0, 10)], [(0, 10)], [(5, 5)], [(10, 0)]]


async def test_a_verdict_is_made_once(tmp_path: Path):
    inner = TableSandbox({"return x": 1.0})
    job = Job(program="def f(x):\n    return x\n", kind="cases", entry_point="f")
    first = await KeptSandbox(inner, Store(tmp_path / "a")).run(job)
    again = KeptSandbox(inner, Store(tmp_path / "a"))
    assert await again.run(job) == first
    assert await again.run(job.model_copy(update={"entry_point": "g"})) == first
    assert (len(inner.jobs), again.ran) == (2, 1)


def test_a_file_that_is_none_is_refused(tmp_path: Path):
    (tmp_path / "a").write_text("no database, but long enough to be told from an empty one" * 20)
    with pytest.raises(StateError):
        Store(tmp_path / "a")
