"""Different engines, one model: the same greedy programs, and logits that agree as far as their precision goes.

All keep keys and values in single precision. hf and mlx compute in it throughout; llama.cpp rounds what it multiplies
with half-precision weights to half precision. So programs may part where two tokens are nearly equally likely; how
near, hf says, by reading what the other engine wrote.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations

import pytest
from support.layouts import has_embedded
from support.needs import skip_without

from reason_tui.models.catalogue import EMBEDDED, embedded_model
from reason_tui.models.loader import backend_names, load_policy
from reason_tui.policy import CancelToken, Policy, SampleRequest
from reason_tui.prompts.templates import draft
from reason_tui.tasks.types import Task

BACKENDS = ("xllamacpp", "llama-cpp", "hf", "mlx")
GGUF = ("xllamacpp", "llama-cpp")
NEARLY = 0.05
"""Logits closer than this may change places in half precision."""
PROMPTS = 100
FEW = 20


@pytest.fixture(scope="module", autouse=True)
def _everything_is_here() -> None:
    for name in BACKENDS:
        skip_without(name, name in backend_names(), f"the extra `{name}` is not installed")
    for form in ("gguf", "folder"):
        skip_without("embedded-model", has_embedded(form), "assets/embedded has no model of this form")


@pytest.fixture(scope="module")
def policies() -> Iterator[dict[str, Policy]]:
    loaded = {name: load_policy(EMBEDDED, name, context_length=1024, dtype="float32") for name in BACKENDS}
    yield loaded
    for policy in loaded.values():
        policy.close()


@pytest.fixture(scope="module")
def requests() -> list[SampleRequest]:
    lines = (embedded_model("folder") / "heldout.jsonl").read_text("utf-8").splitlines()
    prompts = [draft(Task.model_validate(json.loads(line)["task"])) for line in lines[:: len(lines) // PROMPTS]]
    return [
        SampleRequest(messages=p.messages, prefix=p.prefix, stop=p.stop, temperature=0.0, max_tokens=120)
        for p in prompts[:PROMPTS]
    ]


def greedy(policy: Policy, request: SampleRequest) -> str:
    return policy.sample(request, lambda *_: None, CancelToken())[0].text


def test_every_engine_sees_the_same_prompt(policies: dict[str, Policy], requests: list[SampleRequest]):
    for request in requests:
        assert len({policy.count_tokens(request.messages, request.prefix) for policy in policies.values()}) == 1


@pytest.mark.timeout(600)
def test_greedy_programs_differ_in_few_tasks_and_only_where_logits_are_close(
    policies: dict[str, Policy], requests: list[SampleRequest]
):
    found = {name: [greedy(policy, request) for request in requests] for name, policy in policies.items()}
    for one, other in combinations(BACKENDS, 2):
        parted = [i for i in range(PROMPTS) if found[one][i] != found[other][i]]
        assert len(parted) <= PROMPTS // 20, (one, other, parted)
        if "hf" in (one, other):
            for i in parted:
                text = found[other if one == "hf" else one][i]
                assert gap_at_parting(policies["hf"], requests[i], text) < NEARLY


def gap_at_parting(policy: Policy, request: SampleRequest, text: str) -> float:
    """By how much hf would rather have had another token, at the first token of `text` that is not its own."""
    import torch

    chat, model = policy._chat, policy._model._model  # type: ignore[attr-defined]
    prompt = chat.tokens(request.messages, request.prefix)
    whole = chat.tokens(request.messages, request.prefix + text)
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([whole])).logits[0, len(prompt) - 1 : -1]
    gaps = logits.amax(-1) - logits.gather(-1, torch.tensor(whole[len(prompt) :])[:, None])[:, 0]
    return next((float(gap) for gap in gaps if gap > 0), 0.0)


def test_the_gap_at_a_parting_is_seen(policies: dict[str, Policy], requests: list[SampleRequest]):
    """The measure itself: what hf would never write is far from what it writes."""
    assert gap_at_parting(policies["hf"], requests[0], "    ]]") > 1
    whole = greedy(policies["hf"], requests[0])
    begun = whole[: whole.rindex(" ")]  # a cut where the tokenizer cuts too
    assert gap_at_parting(policies["hf"], requests[0], begun) == 0


def test_logits_agree_as_far_as_the_precision_of_each_engine_goes(
    policies: dict[str, Policy], requests: list[SampleRequest]
):
    """Of the first token, as each engine itself gives them; xllamacpp gives none but the likeliest's probability."""
    import torch

    for request in requests[:FEW]:
        heads = {}
        for name in ("hf", "mlx", "llama-cpp"):
            greedy(policies[name], request.model_copy(update={"max_tokens": 1}))
            heads[name] = torch.tensor(policies[name]._model._prompt_logits.tolist()).flatten()  # type: ignore[attr-defined]
        assert (heads["hf"] - heads["mlx"]).abs().max() < 1e-3
        assert (heads["hf"] - heads["llama-cpp"]).abs().max() < NEARLY


def test_log_probabilities_agree(policies: dict[str, Policy], requests: list[SampleRequest]):
    """Of the first token: hf and mlx to single precision, llama.cpp to half."""
    for request in requests[:FEW]:
        one = request.model_copy(update={"max_tokens": 1, "stop": ()})
        found = {}
        for name, policy in policies.items():
            found[name] = policy.sample(one, lambda *_: None, CancelToken())[0].mean_logprob
        assert found["mlx"] == pytest.approx(found["hf"], abs=1e-4)
        assert all(found[name] == pytest.approx(found["hf"], abs=1e-2) for name in GGUF)


@pytest.mark.parametrize(("other", "least"), [("mlx", 19), ("llama-cpp", 17)])
def test_engines_draw_the_same_siblings_from_one_seed(
    policies: dict[str, Policy], requests: list[SampleRequest], other: str, least: int
):
    """Their random numbers do not come from the engines, so that only rounding can part them."""
    same = 0
    for request in requests[:5]:
        sampled = request.model_copy(update={"n": 4, "temperature": 0.8, "seed": 5})
        replies = [policies[name].sample(sampled, lambda *_: None, CancelToken()) for name in ("hf", other)]
        same += sum(a.text == b.text for a, b in zip(*replies, strict=True))
    assert same >= least
