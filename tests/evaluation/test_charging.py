"""Charging: what a search costs does not depend on what was searched before it."""

from __future__ import annotations

from support.scripted import ScriptedPolicy

from reason_tui.evaluation.charging import Charging
from reason_tui.policy import CancelToken, Completion, Message, SampleRequest, TokenSink, Usage


class CachingPolicy(ScriptedPolicy):
    """Keeps the last prompt, as engines do: of one that it has seen nothing is computed again."""

    last = ""

    def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        text = request.messages[0].content
        usage = Usage(cached=10) if text == self.last else Usage(prompt=10)
        self.last = text
        return [
            completion.model_copy(update={"usage": Usage(completion=3) if sibling else usage})
            for sibling, completion in enumerate(super().sample(request, on_token, cancel))
        ]


def prompt_tokens(policy: Charging, *texts: str) -> list[int]:
    policy.begin(0)
    requests = [SampleRequest(messages=(Message(role="user", content=text),), n=2) for text in texts]
    return [
        sum(each.usage.prompt for each in policy.sample(asked, lambda sibling, text: None, CancelToken()))
        for asked in requests
    ]


def test_a_search_is_charged_as_if_it_were_the_first():
    policy = Charging(CachingPolicy(lambda asked: ["x"] * asked.n))
    first = prompt_tokens(policy, "abcde", "abcde", "abcdefghij")
    assert first == [10, 0, 5]
    assert prompt_tokens(policy, "abcdefghij") == [10]
    assert prompt_tokens(policy, "abcdefghij") == [10]
