"""What a completion is charged in an evaluation: the same whatever was searched before it.

An engine keeps the prompts of earlier searches and computes less for the next one that begins alike. Were that charged,
the first strategy would pay for the prompts of all the others. So each search is charged as if it were the first: of a
prompt those tokens that no earlier prompt of the same search begins with, by the share of its characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reason_tui.policy import CancelToken, Completion, Message, Policy, SampleRequest, TokenSink, Usage


class Charges:
    """The prompts of one search so far, and what the next one is charged."""

    def __init__(self) -> None:
        self._prompts: list[str] = []

    def clear(self) -> None:
        """A new search begins."""
        self._prompts.clear()

    def charge(self, request: SampleRequest, completions: Sequence[Completion]) -> list[Completion]:
        """The completions of this request, the prompt charged to the first of them."""
        text = "\n".join(message.content for message in request.messages) + request.prefix
        shared = max((_shared(text, each) for each in self._prompts), default=0)
        self._prompts.append(text)
        fresh = 1.0 - shared / max(len(text), 1)
        return [_charged(each, 0.0 if sibling else fresh) for sibling, each in enumerate(completions)]


class Charging:
    """A `Policy` whose completions are charged by their own search. `begin` before each search."""

    def __init__(self, policy: Policy) -> None:
        self.info = policy.info
        self._policy = policy
        self._charges = Charges()

    def begin(self, seed: int) -> None:
        """A new search, with this seed."""
        del seed
        self._charges.clear()

    def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        """As the policy samples. Raises what it raises."""
        return self._charges.charge(request, self._policy.sample(request, on_token, cancel))

    def count_tokens(self, messages: Sequence[Message], prefix: str = "") -> int:
        """As the policy counts them."""
        return self._policy.count_tokens(messages, prefix)

    def load_adapter(self, adapter: Path | None) -> None:
        """As the policy does it."""
        self._policy.load_adapter(adapter)

    def close(self) -> None:
        """Close the policy."""
        self._policy.close()


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _charged(completion: Completion, fresh: float) -> Completion:
    whole = completion.usage.prompt + completion.usage.cached
    prompt = round(whole * fresh)
    usage = Usage(prompt=prompt, cached=whole - prompt, completion=completion.usage.completion)
    return completion.model_copy(update={"usage": usage})
