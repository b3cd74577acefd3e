"""From a prompt in tokens to completions: two requests to the engine, so that a request alone determines its samples.

llama.cpp's sums depend, in their last bits, on how many tokens are evaluated together and on where they lie in the
cache. Left to itself it evaluates a new prompt in one go and, of a prompt it has cached, the last token alone: one seed
then gives other texts the second time. So a new prompt is first evaluated in an empty cache, up to its last token, and
always sampled from there, with the siblings before erased. A prompt asked again, and later waves of siblings, still
find all but that token in the cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from reason_tui_backends._llama_server import Event, LlamaServer
from reason_tui_backends._siblings import Siblings, tokens_evaluated

from reason_tui.errors import BackendError
from reason_tui.policy import CancelToken, Completion, SampleRequest, TokenSink

_SEEDS = 1 << 31  # below the engine's own "random seed" mark, with room for the siblings' indices


class Sampler:
    """Samples from one server, `parallel` siblings at a time; remembers which prompt lies in its cache."""

    def __init__(self, server: LlamaServer, parallel: int) -> None:
        self._server = server
        self._parallel = parallel
        self._cached: tuple[list[int], float | None] | None = None
        self._siblings_left = True

    def sample(
        self,
        prompt: list[int],
        request: SampleRequest,
        limit: int,
        *,
        adapter: float | None,
        on_token: TokenSink,
        cancel: CancelToken,
    ) -> list[Completion]:
        """`request.n` completions of at most `limit` tokens. `adapter` is the scale of the server's, if it has one."""
        common = _common(prompt, adapter)
        cost = self._evaluate(common, (prompt, adapter), cancel)
        body = {**common, **_wishes(request, limit)}
        completions: list[Completion] = []
        for first in range(0, request.n, self._parallel):
            n = min(self._parallel, request.n - first)
            wave = Siblings(n, on_token, first=first, prompt=len(prompt), evaluated=0 if first else cost)
            self._erase(first_slot=1)
            self._siblings_left = True
            self._run({**body, "n": n, "seed": body["seed"] + first}, wave.receive, cancel)
            completions += wave.completions()
        return completions

    def forget(self) -> None:
        """Empty the cache."""
        self._cached = None
        self._siblings_left = True
        self._erase(first_slot=0)

    def _evaluate(self, common: Event, key: tuple[list[int], float | None], cancel: CancelToken) -> int:
        """Put a new prompt into the cache, but for its last token; how many tokens were evaluated."""
        if self._cached == key or cancel.cancelled:
            return 0
        self.forget()
        costs = [0]
        if beginning := key[0][:-1]:
            body = {**common, "prompt": beginning, "max_tokens": 1}
            self._run(body, lambda event: costs.append(tokens_evaluated(event)), cancel)
        if not cancel.cancelled:
            self._cached = key
        return max(costs)

    def _erase(self, first_slot: int) -> None:
        """Empty the slots from this one on, so that what comes lies in the same cells as it did the last time."""
        if self._siblings_left:
            self._server.erase(range(first_slot, self._parallel))
            self._siblings_left = False

    def _run(self, body: Event, receive: Callable[[Event], None], cancel: CancelToken) -> None:
        if cancel.cancelled:
            return
        stream = self._server.stream(body)
        try:
            for event in stream:
                if cancel.cancelled:
                    return
                if event is not None:
                    _raise_error(event)
                    receive(event)
        finally:
            stream.stop()


def _common(prompt: list[int], adapter: float | None) -> Event:
    return {
        "prompt": prompt,
        "id_slot": 0,
        "stream": True,
        "timings_per_token": True,
        "return_progress": True,
        "lora": [] if adapter is None else [{"id": 0, "scale": adapter}],
    }


def _wishes(request: SampleRequest, limit: int) -> dict[str, Any]:
    return {
        "max_tokens": limit,
        "stop": list(request.stop),
        "seed": _seed(request.seed),
        "samplers": ["temperature", "top_p"],
        "temperature": request.temperature,
        "top_p": request.top_p,
        "logprobs": 1,
    }


def _seed(seed: int) -> int:
    """The first sibling's seed; the others count up from it, so requests with neighbouring seeds must not lie close."""
    return int.from_bytes(hashlib.blake2b(str(seed).encode(), digest_size=8).digest(), "big") % _SEEDS


def _raise_error(event: Event) -> None:
    if "error" in event:
        message = str(event["error"].get("message", event["error"]))
        raise BackendError(
            "The model's engine failed while it sampled.", why=message, hint="Load the model again, or another one."
        )
