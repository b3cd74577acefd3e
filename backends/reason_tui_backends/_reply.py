"""One sibling while it is sampled: its tokens, its random numbers, and the text that is already certain."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reason_tui.policy import Completion, FinishReason, Usage

_HALF = "\ufffd"
_TAIL = 8
"""Tokens of the prompt that are decoded along: some tokenizers write a word differently at the beginning of a text."""

_CHARACTER = 4
"""Tokens that one character has at most: its bytes. What is no character by then never becomes one."""


@dataclass(frozen=True)
class Rules:
    """When a reply ends, and how tokens become text."""

    decode: Callable[[Sequence[int]], str]
    ends: frozenset[int]
    stop: tuple[str, ...]
    limit: int


@dataclass
class _Text:
    """Decodes token by token, holding back half characters and what may be the beginning of a stop string."""

    rules: Rules
    tokens: list[int]
    begin: int = 0
    read: int = field(init=False)
    held: str = ""

    def __post_init__(self) -> None:
        self.read = len(self.tokens)

    def add(self, token: int) -> tuple[str, bool]:
        """The text that is now certain, and whether a stop string ended it."""
        self.tokens.append(token)
        known = self.rules.decode(self.tokens[self.begin : self.read])
        whole = self.rules.decode(self.tokens[self.begin :])
        half = whole.endswith(_HALF) and len(self.tokens) - self.read < _CHARACTER
        if len(whole) > len(known) and not half:
            self.held += whole[len(known) :]
            self.begin, self.read = self.read, len(self.tokens)
        return self._release()

    def _release(self) -> tuple[str, bool]:
        found = [at for stop in self.rules.stop if stop and (at := self.held.find(stop)) >= 0]
        if found:
            return self.held[: min(found)], True
        keep = max((_overlap(self.held, stop) for stop in self.rules.stop), default=0)
        certain, self.held = self.held[: len(self.held) - keep], self.held[len(self.held) - keep :]
        return certain, False


class Reply:
    """`write` gets new text. The sibling's index and the request's seed determine its random numbers."""

    def __init__(
        self, rules: Rules, prompt: Sequence[int], *, seed: int, index: int, write: Callable[[str], None]
    ) -> None:
        self._rules = rules
        self._text = _Text(rules, list(prompt[-_TAIL:]))
        self._random = random.Random(f"{seed}/{index}")
        self._write = write
        self._written: list[str] = []
        self._tokens: list[int] = []
        self._logprobs: list[float] = []
        self._at = 0
        self.finish: FinishReason | None = None

    @property
    def replaying(self) -> bool:
        """Whether the next token is known already (see `rewind`)."""
        return self._at < len(self._tokens)

    @property
    def last(self) -> int:
        """The token at the sibling's end."""
        return self._tokens[self._at - 1]

    def draw(self) -> float:
        """The random number in [0, 1) that chooses the next token."""
        return 0.0 if self.replaying else self._random.random()

    def take(self, token: int, logprob: float) -> None:
        """Go on by this token, or by the one that is known already; sets `finish` at the end."""
        self._at += 1
        if self._at <= len(self._tokens):
            return
        self._tokens.append(token)
        self._logprobs.append(logprob)
        if token in self._rules.ends:
            self._end("stop")
            return
        text, stopped = self._text.add(token)
        if stopped:
            self._text.held = ""
        self._say(text)
        if stopped:
            self._end("stop")
        elif len(self._tokens) >= self._rules.limit:
            self._end("length")

    def rewind(self) -> None:
        """Begin again at the prompt; the tokens there are will be evaluated again, not sampled."""
        self._at = 0

    def completion(self, usage: Usage) -> Completion:
        """What there is; `usage` says what the prompt cost."""
        logprobs = self._logprobs
        return Completion(
            text="".join(self._written),
            usage=usage.model_copy(update={"completion": len(self._tokens)}),
            mean_logprob=sum(logprobs) / len(logprobs) if logprobs else None,
            finish=self.finish or "cancelled",
        )

    @property
    def begun(self) -> bool:
        """Whether a token was sampled."""
        return bool(self._tokens)

    def _end(self, reason: FinishReason) -> None:
        self._say(self._text.held)
        self.finish = reason

    def _say(self, text: str) -> None:
        if text:
            self._written.append(text)
            self._write(text)


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` may be the beginning of `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(stop[:size])), 0)
