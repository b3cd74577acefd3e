"""What every backend must do, on every model that is at hand."""

from __future__ import annotations

import math
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.gguf_files import random_lora
from support.hf_folders import random_mlx, random_peft
from support.layouts import layout
from support.needs import skip_without

from reason_tui.errors import BackendError, ModelDamagedError, ModelNotFoundError, PromptTooLongError, ReasonTuiError
from reason_tui.models.catalogue import find_model
from reason_tui.models.loader import load_policy
from reason_tui.policy import CancelToken, Completion, Message, Policy, SampleRequest

OURS = ("hf", "llama-cpp", "mlx", "xllamacpp")
"""They have all that a backend can have, and no test of theirs passes because they say that they lack something."""

QUESTION = (Message(role="user", content="Return the sum of the even numbers in xs."),)
PREFIX = "```python\ndef total(xs):\n"
SOON = 5.0
"""Seconds within which a cancelled call must be back: generous, the point is that it does not run to its end."""


def ask(n: int = 1, **changes: object) -> SampleRequest:
    fields = {"messages": QUESTION, "prefix": PREFIX, "n": n, "max_tokens": 24, "temperature": 1.0, **changes}
    return SampleRequest.model_validate(fields)


def sample(policy: Policy, request: SampleRequest) -> list[Completion]:
    return policy.sample(request, lambda sibling, text: None, CancelToken())


def texts(policy: Policy, request: SampleRequest) -> list[str]:
    return [completion.text for completion in sample(policy, request)]


def greedy(policy: Policy, **changes: object) -> Completion:
    return sample(policy, ask(temperature=0.0, **changes))[0]


def cancelled(policy: Policy, request: SampleRequest) -> list[Completion]:
    """Cancelled as soon as the first token is heard."""
    cancel = CancelToken()
    return policy.sample(request, lambda *_: cancel.cancel(), cancel)


def test_the_same_seed_gives_the_same_siblings_whatever_was_asked_in_between(policy: Policy):
    first = texts(policy, ask(4, seed=7))
    texts(policy, ask(3, seed=8, prefix="", messages=(Message(role="user", content="Something else. " * 9),)))
    assert texts(policy, ask(4, seed=7)) == first


def test_the_same_seed_gives_the_same_siblings_after_loading_again(policy: Policy, backend: str, model: str):
    first = texts(policy, ask(4, seed=7))
    policy.close()
    again = load_policy(model, backend, context_length=512)
    assert texts(again, ask(4, seed=7)) == first
    again.close()


def test_a_request_in_a_new_policy_and_in_a_used_one_gives_the_same_siblings(backend: str, model: str):
    requests = [ask(1 + 5 * i % 7, seed=i, prefix=PREFIX * (i % 4), max_tokens=48) for i in range(12)]
    expected = []
    for request in requests:
        fresh = load_policy(model, backend, context_length=512)
        expected.append(texts(fresh, request))
        fresh.close()
    used = load_policy(model, backend, context_length=512)
    for _ in range(2):
        for i, request in enumerate(requests):
            assert texts(used, request) == expected[i]
            cancelled(used, requests[-i])
    used.close()


def test_siblings_and_seeds_differ(policy: Policy):
    request = ask(8, seed=1, temperature=1.5, top_p=1.0)
    first, second = texts(policy, request), texts(policy, request.model_copy(update={"seed": 2}))
    assert len(first) == 8
    assert len(set(first)) > 1 and first != second


def test_zero_temperature_is_greedy_for_every_sibling_and_seed(policy: Policy):
    replies = texts(policy, ask(3, seed=1, temperature=0.0)) + texts(policy, ask(2, seed=2, temperature=0.0))
    assert len(set(replies)) == 1


def test_the_reply_continues_the_prefix_and_does_not_repeat_it(policy: Policy):
    whole = greedy(policy, max_tokens=16).text
    word = re.search(r"\w(?= )", whole)  # a cut where any tokenizer has one too
    begun = whole[: word.end() if word else len(whole) // 2]
    rest = greedy(policy, max_tokens=16, prefix=PREFIX + begun).text
    assert begun
    assert (begun + rest).startswith(whole)


def test_what_is_streamed_is_what_is_returned(policy: Policy):
    streamed: dict[int, str] = {}

    def receive(sibling: int, text: str) -> None:
        streamed[sibling] = streamed.get(sibling, "") + text

    completions = policy.sample(ask(6), receive, CancelToken())
    assert streamed == {index: completion.text for index, completion in enumerate(completions) if completion.text}


def test_tokens_are_streamed_from_the_callers_thread(policy: Policy):
    threads: set[threading.Thread] = set()
    policy.sample(ask(), lambda sibling, text: threads.add(threading.current_thread()), CancelToken())
    assert threads == {threading.current_thread()}


def test_a_stop_string_ends_the_reply_and_is_not_part_of_it(policy: Policy):
    whole = greedy(policy).text
    stop = whole[4:7]
    completion = greedy(policy, stop=("never-in-a-reply", stop))
    assert completion.finish == "stop"
    assert completion.text == whole[: whole.index(stop)]


def test_no_more_tokens_than_asked_for(policy: Policy):
    completion = greedy(policy, max_tokens=3)
    assert completion.finish == "length"
    assert completion.usage.completion == 3


def test_the_prompt_is_charged_once_and_in_full(policy: Policy):
    prompt = policy.count_tokens(QUESTION, PREFIX)
    first, *others = sample(policy, ask(4))
    assert first.usage.prompt == prompt
    assert first.usage.cached == 0
    assert [(c.usage.prompt, c.usage.cached) for c in others] == [(0, prompt)] * 3
    assert all(0 < c.usage.completion <= 24 for c in (first, *others))


def test_a_prompt_seen_before_costs_no_more_than_the_first_time(policy: Policy):
    once, twice = (sample(policy, ask(2))[0].usage for _ in range(2))
    assert twice.prompt + twice.cached == once.prompt + once.cached
    assert twice.prompt <= once.prompt


def test_counting_tokens_includes_the_prefix(policy: Policy):
    assert policy.count_tokens(QUESTION, PREFIX) > policy.count_tokens(QUESTION) > 0


def test_log_probabilities_are_those_of_the_reply(policy: Policy, backend: str):
    if "logprobs" not in policy.info.supports and backend not in OURS:
        assert greedy(policy).mean_logprob is None
        return
    likely = greedy(policy).mean_logprob
    wild = [c.mean_logprob for c in sample(policy, ask(4, temperature=3.0, top_p=1.0)) if c.mean_logprob is not None]
    assert likely is not None
    assert all(math.isfinite(mean) for mean in wild)
    assert 0.0 >= likely > min(wild)


def test_cancelling_from_another_thread_ends_the_call(policy: Policy):
    cancel, begun, back = CancelToken(), threading.Event(), threading.Event()
    results: list[Completion] = []

    def work() -> None:
        results.extend(policy.sample(ask(4, max_tokens=400, temperature=3.0), lambda *_: begun.set(), cancel))
        back.set()

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    assert begun.wait(SOON)
    cancel.cancel()
    assert back.wait(SOON)
    worker.join()
    assert len(results) == 4


def test_cancelled_siblings_keep_what_they_have(policy: Policy):
    completions = cancelled(policy, ask(6, max_tokens=400, temperature=3.0))
    assert [c.finish for c in completions] == ["cancelled"] * 6
    assert any(c.text and c.usage.completion for c in completions)
    assert all(c.usage.completion < 400 for c in completions)


def test_a_call_cancelled_beforehand_does_nothing(policy: Policy):
    cancel = CancelToken()
    cancel.cancel()
    completions = policy.sample(ask(3), lambda *_: pytest.fail("a token was sampled"), cancel)
    assert [(c.text, c.finish, c.usage.total) for c in completions] == [("", "cancelled", 0)] * 3


def test_sampling_goes_on_after_a_cancelled_call(policy: Policy):
    expected = texts(policy, ask(4, seed=5))
    cancelled(policy, ask(4, max_tokens=400))
    assert texts(policy, ask(4, seed=5)) == expected


def test_an_error_of_the_listener_reaches_the_caller_and_does_no_harm(policy: Policy):
    def fail(sibling: int, text: str) -> None:
        raise KeyError(text)

    with pytest.raises(KeyError):
        policy.sample(ask(4, max_tokens=400), fail, CancelToken())
    assert len(texts(policy, ask(4))) == 4


def test_a_prompt_without_room_for_an_answer_is_refused_with_advice(policy: Policy):
    with pytest.raises(PromptTooLongError) as caught:
        sample(policy, ask(messages=(Message(role="user", content="word " * 2000),)))
    assert str(policy.info.context_length) in caught.value.what
    assert caught.value.hint
    assert texts(policy, ask())


def test_an_answer_is_never_longer_than_the_context_leaves(policy: Policy):
    prefix = PREFIX
    while policy.count_tokens(QUESTION, prefix) < policy.info.context_length - 60:
        prefix += "    # more\n"
    room = policy.info.context_length - policy.count_tokens(QUESTION, prefix)
    for completion in sample(policy, ask(4, prefix=prefix, max_tokens=5000, temperature=3.0)):
        assert completion.usage.completion <= room


@pytest.mark.parametrize("text", ["naïve café", "数を足す", "🙂👩‍💻", "\x00\x1b[2J\r\n\t", "e\u0301", "\u202etxt"])
def test_any_unicode_can_be_asked(policy: Policy, text: str):
    request = ask(2, messages=(Message(role="user", content=text),), prefix=text)
    assert len(sample(policy, request)) == 2
    assert policy.count_tokens(request.messages) > 0


def test_half_a_character_is_sampled_or_refused_but_breaks_nothing(policy: Policy):
    try:
        sample(policy, ask(prefix="\ud83d"))
    except ReasonTuiError as error:
        assert error.what
    assert texts(policy, ask())


def test_an_adapter_changes_the_replies_until_it_is_taken_off(policy: Policy, adapter: Path):
    plain = greedy(policy).text
    policy.load_adapter(adapter)
    assert policy.info.adapter == str(adapter)
    adapted = greedy(policy).text
    assert adapted != plain
    policy.load_adapter(None)
    assert policy.info.adapter is None
    assert greedy(policy).text == plain
    policy.load_adapter(adapter)
    assert greedy(policy).text == adapted


def test_one_adapter_replaces_another(policy: Policy, adapter: Path, tmp_path: Path, weights: Path):
    other = make_adapter(policy, tmp_path / "other", weights, seed=11)
    policy.load_adapter(adapter)
    first = greedy(policy).text
    policy.load_adapter(other)
    assert greedy(policy).text != first


def test_a_retrained_adapter_at_the_same_path_is_read_again(policy: Policy, adapter: Path, weights: Path):
    policy.load_adapter(adapter)
    before = greedy(policy).text
    policy.load_adapter(None)
    make_adapter(policy, adapter, weights, seed=12)
    policy.load_adapter(adapter)
    assert greedy(policy).text != before


def test_a_damaged_adapter_is_refused_and_the_model_stays_as_it_was(policy: Policy, adapter: Path, tmp_path: Path):
    plain = greedy(policy).text
    cut = damaged_copy(adapter, tmp_path / "cut")
    for damaged, error in ((cut, ModelDamagedError), (tmp_path / "none.gguf", ModelNotFoundError)):
        with pytest.raises(error) as caught:
            policy.load_adapter(damaged)
        assert caught.value.why
        assert caught.value.hint
    assert policy.info.adapter is None
    assert greedy(policy).text == plain


def test_nothing_is_printed(backend: str, model: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    policy = load_policy(model, backend, context_length=512)
    sample(policy, ask(6))
    with pytest.raises(PromptTooLongError):
        sample(policy, ask(prefix="x y " * 3000))
    with pytest.raises(ModelNotFoundError):
        policy.load_adapter(tmp_path / "none.gguf")
    policy.close()
    assert capfd.readouterr() == ("", "")


def test_no_port_is_opened(policy: Policy):
    skip_without("procfs", Path("/proc/self/net/tcp").exists(), "no list of this process's sockets")
    assert not set(listening_inodes()) & set(own_inodes())


def test_closing_twice_is_harmless_and_sampling_afterwards_is_an_error(policy: Policy):
    policy.close()
    policy.close()
    with pytest.raises(BackendError):
        sample(policy, ask())
    with pytest.raises(BackendError):
        policy.load_adapter(None)


def test_what_is_said_of_the_model_fits(policy: Policy, backend: str, model: str):
    info = policy.info
    assert (info.model, info.backend) == (model, backend)
    assert 0 < info.context_length <= 512
    assert info.memory_bytes > 0
    assert info.quantisation


MAKERS = {"gguf": random_lora, "peft": random_peft, "mlx": random_mlx}


def make_adapter(policy: Policy, path: Path, weights: Path, seed: int) -> Path:
    """A random adapter in the policy's format, large enough to change every reply."""
    return MAKERS[str(policy.info.adapter_format)](path, weights, seed=seed)


def damaged_copy(adapter: Path, path: Path) -> Path:
    """The adapter with the end of its weights cut off."""
    if adapter.is_file():
        path.write_bytes(adapter.read_bytes()[:-600])
        return path
    shutil.copytree(adapter, path)
    for file in path.glob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:-600])
    return path


@pytest.fixture
def weights(policy: Policy, backend: str, model: str) -> Path:
    """The file or folder of the model, where adapters for it can be made."""
    if backend not in OURS:
        skip_without("adapters", policy.info.adapter_format in MAKERS, f"none is made for {backend} here")
    return find_model(model, layout(backend))


@pytest.fixture
def adapter(policy: Policy, weights: Path, tmp_path: Path) -> Path:
    """A random adapter."""
    return make_adapter(policy, tmp_path / "adapter", weights, seed=2)


def listening_inodes() -> Iterator[str]:
    """Sockets in the state LISTEN (0A), IPv4 and IPv6."""
    for table in ("tcp", "tcp6"):
        file = Path(f"/proc/self/net/{table}")
        rows = file.read_text().splitlines()[1:] if file.exists() else []
        yield from (row.split()[9] for row in rows if row.split()[3] == "0A")


def own_inodes() -> Iterator[str]:
    """Sockets of this process."""
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]
