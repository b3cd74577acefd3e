"""Fold the events of one request with several siblings into completions, and pass new text on as it comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reason_tui.policy import Completion, FinishReason, TokenSink, Usage


def tokens_evaluated(event: Mapping[str, Any]) -> int:
    """How much of the prompt the engine has evaluated for this request so far."""
    return int((event.get("timings") or {}).get("prompt_n", 0))


@dataclass
class _Sibling:
    text: list[str] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    tokens: int = 0
    finish: FinishReason = "cancelled"


class Siblings:
    """`n` siblings, the first of which has the index `first` in the request; `prompt` is the prompt's tokens.

    `evaluated` of them were evaluated for this request before it began, and are charged to the first sibling too.
    """

    def __init__(self, n: int, on_token: TokenSink, *, first: int, prompt: int, evaluated: int = 0) -> None:
        self._siblings = [_Sibling() for _ in range(n)]
        self._on_token = on_token
        self._first = first
        self._prompt = prompt
        self._before = evaluated
        self._evaluated = 0

    def receive(self, event: Mapping[str, Any]) -> None:
        """Take one `text_completion` chunk in."""
        choice = event["choices"][0]
        index = int(choice["index"])
        sibling = self._siblings[index]
        if text := choice["text"]:
            sibling.text.append(text)
            self._on_token(self._first + index, text)
        for entry in (choice.get("logprobs") or {}).get("content", ()):
            sibling.logprobs.append(float(entry["logprob"]))
        sibling.tokens = max(sibling.tokens, int((event.get("timings") or {}).get("predicted_n", 0)))
        self._evaluated = max(self._evaluated, tokens_evaluated(event))
        if reason := choice["finish_reason"]:
            sibling.finish = "length" if reason == "length" else "stop"

    def completions(self) -> list[Completion]:
        """What there is, in the order of the indices; siblings that had no end are `cancelled`.

        The engine holds text back while a stop string or a character of several bytes may be beginning. Tokens held
        back have no log-prob here, so the mean is over the others; and a reply that ends at its limit of tokens
        lacks what was held back just then.
        """
        return [self._completion(i, sibling) for i, sibling in enumerate(self._siblings)]

    def _completion(self, index: int, sibling: _Sibling) -> Completion:
        charged = self._before + self._evaluated if index == 0 else 0
        cached = self._prompt - charged if sibling.tokens else 0
        mean = sum(sibling.logprobs) / len(sibling.logprobs) if sibling.logprobs else None
        return Completion(
            text="".join(sibling.text),
            usage=Usage(prompt=charged, cached=cached, completion=sibling.tokens),
            mean_logprob=mean,
            finish=sibling.finish,
        )
