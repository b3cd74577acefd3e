"""What is particular to the xllamacpp backend: how it keeps a prompt in its cache, and what that costs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reason_tui_backends._llama_server import _parameters
from reason_tui_backends.xllamacpp import XllamacppPolicy, load
from support.gguf_files import random_lora

from reason_tui.policy import CancelToken, Completion, Message, ModelSpec, SampleRequest

QUESTION = (Message(role="user", content="Say something new, and then something else."),)
Load = Callable[[], XllamacppPolicy]


@pytest.fixture
def open_model(tiny: Path) -> Iterator[Load]:
    """Loads the tiny model anew at each call; one policy at a time."""
    opened: list[XllamacppPolicy] = []

    def open_one() -> XllamacppPolicy:
        for policy in opened:
            policy.close()
        opened.append(load(ModelSpec(name="tiny", path=tiny, context_length=512)))
        return opened[-1]

    yield open_one
    for policy in opened:
        policy.close()


def ask(seed: int = 0, n: int = 4, prefix: str = "x = ") -> SampleRequest:
    return SampleRequest(messages=QUESTION, prefix=prefix, n=n, seed=seed, max_tokens=60, temperature=1.5, top_p=1.0)


def sample(policy: XllamacppPolicy, request: SampleRequest) -> list[Completion]:
    return policy.sample(request, lambda *_: None, CancelToken())


def texts(policy: XllamacppPolicy, request: SampleRequest) -> list[str]:
    return [completion.text for completion in sample(policy, request)]


def test_a_prompt_asked_again_is_found_in_the_cache_but_for_its_last_token(open_model: Load):
    policy = open_model()
    prompt = policy.count_tokens(QUESTION, "x = ")
    costs = [sample(policy, ask(seed))[0].usage for seed in range(3)]
    assert [(cost.prompt, cost.cached) for cost in costs] == [(prompt, 0), (1, prompt - 1), (1, prompt - 1)]


def test_a_second_wave_of_siblings_costs_one_token_of_the_prompt(open_model: Load):
    policy = open_model()
    prompt = policy.count_tokens(QUESTION, "x = ")
    assert [c.usage.prompt for c in sample(policy, ask(n=6))] == [prompt, 0, 0, 0, 1, 0]


@pytest.mark.parametrize("n", [1, 2, 4])
def test_a_cached_prompt_gives_the_texts_of_a_new_one(open_model: Load, n: int):
    requests = [ask(seed, n) for seed in range(12)]
    fresh = [texts(open_model(), request) for request in requests]
    used = open_model()
    assert [texts(used, request) for request in requests] == fresh


def test_a_prompt_with_a_known_beginning_gives_the_texts_of_a_new_one(open_model: Load):
    requests = [ask(seed, prefix="x = 1 + " * (1 + seed % 5)) for seed in range(12)]
    fresh = [texts(open_model(), request) for request in requests]
    used = open_model()
    assert [texts(used, request) for request in requests] == fresh


def test_a_prompt_cached_without_the_adapter_is_not_taken_for_one_with_it(open_model: Load, tiny: Path, tmp_path: Path):
    adapter = random_lora(tmp_path / "adapter.gguf", tiny, scale=0.1)
    policy = open_model()
    policy.load_adapter(adapter)
    expected = [texts(policy, ask(seed)) for seed in range(6)]
    policy.load_adapter(None)
    plain = texts(policy, ask(0))
    policy.load_adapter(adapter)
    assert plain != expected[0]
    assert [texts(policy, ask(seed)) for seed in range(6)] == expected


def test_the_engine_is_given_no_more_threads_than_leave_a_core_free(tiny: Path):
    params = _parameters(ModelSpec(name="tiny", path=tiny, threads=1000), 512, "cpu", 4, None)
    limit = max(1, (os.cpu_count() or 1) - 1)
    assert 1 <= params.cpuparams.n_threads <= limit
    assert 1 <= params.cpuparams_batch.n_threads <= limit


def test_waiting_threads_of_the_engine_do_not_spin():
    assert os.environ["OMP_WAIT_POLICY"]
