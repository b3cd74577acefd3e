"""An engine whose model throws dice, for benchmarks: everything but the model is the real thing.

The request's seed and the sibling's index decide what it writes, as with a real model; it takes a few milliseconds
for each piece of text.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from reason_tui.engine.__main__ import leave, main
from reason_tui.engine.protocol import EngineSettings
from reason_tui.policy import CancelToken, Completion, Message, PolicyInfo, SampleRequest, TokenSink, Usage

PIECE_S = 0.004
BODIES = (
    *("a - b", "a * b", "b", "a", "a + a", "b - a", "abs(a) + b", "a + b + 1", "max(a, b)", "(", "a // b", "c"),
    *("a ** 2", "-a", "a if b else 0", "a and b", "a | b", "[a, b]", "a + abs(b)", "a % 7 + b", "sum([a, b, b])"),
    "a + b",
)


class Dice:
    """A `Policy`. One body in twenty-two is right."""

    def __init__(self) -> None:
        self.info = PolicyInfo(model="dice", backend="benchmark", context_length=4096)

    def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        """The siblings, a piece of each in turn."""
        texts = [_body(request.seed, sibling) for sibling in range(request.n)]
        written = [0] * request.n
        while any(done < len(text) for done, text in zip(written, texts, strict=True)):
            if cancel.cancelled:
                break
            threading.Event().wait(PIECE_S)
            for sibling, text in enumerate(texts):
                on_token(sibling, text[written[sibling] : written[sibling] + 8])
                written[sibling] = min(written[sibling] + 8, len(text))
        return [
            Completion(
                text=text[:done],
                usage=Usage(prompt=0 if sibling else 50, cached=50 if sibling else 0, completion=done // 4),
                finish="stop" if done == len(text) else "cancelled",
            )
            for sibling, (text, done) in enumerate(zip(texts, written, strict=True))
        ]

    def count_tokens(self, messages: Sequence[Message], prefix: str = "") -> int:
        """Four characters a token."""
        return (sum(len(message.content) for message in messages) + len(prefix)) // 4

    def load_adapter(self, adapter: Path | None) -> None:
        """Dice do not learn."""

    def close(self) -> None:
        """Nothing to free."""


def _body(seed: int, sibling: int) -> str:
    draw = int.from_bytes(hashlib.blake2b(f"{seed}:{sibling}".encode(), digest_size=4).digest())
    return f"a, b):\n    # attempt {draw % 3}\n    return {BODIES[draw % len(BODIES)]}\n"


def load(settings: EngineSettings) -> Dice:
    """The dice."""
    return Dice()


if __name__ == "__main__":
    leave(main(sys.argv[1:], load))
