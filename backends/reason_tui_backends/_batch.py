"""Siblings in lockstep: the prompt is evaluated once, its cache repeated, and one step gives every sibling a token.

Written for engines that compute with whole batches. All siblings begin at the same prompt, so the rows of a batch of
PyTorch or MLX are always equally long and need no padding; a sibling that ends leaves the batch. Where rows may differ
in length (llama.cpp) the next sibling takes its place.

A request determines its samples. Random numbers come from here, one for each token of each sibling, and not from the
engine; and prompts are evaluated in chunks that begin at multiples of one length, of which only whole ones are used
again, so that every sum is made over the same shapes whatever was asked before.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from reason_tui_backends._reply import Reply
from reason_tui_backends._snapshots import Snapshot, Snapshots

from reason_tui.errors import BackendError
from reason_tui.policy import CancelToken, SampleRequest

_LOG = logging.getLogger(__name__)
_SMALLEST_CHUNK = 16


class OutOfMemoryError(Exception):
    """What an engine raises where memory does not suffice; nothing of the batch is usable then."""


class CancelledError(Exception):
    """What an engine raises where it was cancelled in the middle of a computation."""


class Choice(NamedTuple):
    """A token and its log-probability (nats) at temperature 1, from the whole vocabulary."""

    token: int
    logprob: float


class Engine(Protocol):
    """One prompt with its cache, and one batch of siblings that continue it."""

    def extend(self, tokens: Sequence[int], cancel: CancelToken) -> None:
        """Evaluate these tokens behind the prompt so far. Raises OutOfMemoryError, CancelledError."""
        ...

    def keep(self, length: int) -> None:
        """Cut the prompt to its first `length` tokens."""
        ...

    @property
    def can_keep(self) -> bool:
        """Whether the cache can be cut to another length than 0."""
        ...

    @property
    def can_save(self) -> bool:
        """Whether parts of the prompt can be taken out of the cache and put in again later."""
        ...

    @property
    def can_join(self) -> bool:
        """Whether siblings of different lengths can be rows of one batch, so that more may begin while others go on."""
        ...

    def fork(self, rows: int) -> None:
        """Let siblings begin at the prompt's end, as rows behind those there are (none, unless the engine `can_join`).

        Raises OutOfMemoryError.
        """
        ...

    def choose(self, temperature: float, top_p: float, draws: Sequence[float]) -> list[Choice]:
        """The next token of every row: the likeliest at temperature 0, else the one that its draw falls on."""
        ...

    def select(self, rows: Sequence[int]) -> None:
        """Keep these rows of the batch only."""
        ...

    def step(self, tokens: Sequence[int], cancel: CancelToken) -> None:
        """Evaluate one token of each row. Raises OutOfMemoryError, CancelledError."""
        ...

    def release(self) -> None:
        """Forget the batch of siblings and free its memory."""
        ...

    def save(self, begin: int, *, complete: bool) -> Snapshot:
        """The prompt from its token `begin` on. Asked for only where a `Prompt` has snapshots."""
        ...

    def append(self, saved: Snapshot) -> None:
        """Put what was saved behind the prompt so far. Raises OutOfMemoryError."""
        ...


class Prompt:
    """Keeps the engine's prompt, and evaluates no more of the next one than is new (in whole chunks).

    With `snapshots`, which need an engine that can save and append, no more than is new since they began.
    """

    def __init__(self, engine: Engine, chunk: int, snapshots: Snapshots | None = None) -> None:
        self._engine = engine
        self._chunk = chunk
        self._snapshots = snapshots
        self._tokens: list[int] = []

    def clear(self) -> None:
        """Forget all prompts: the model has changed, or their memory is needed."""
        self._reset()
        if self._snapshots is not None:
            self._snapshots.clear()

    def forget_others(self) -> bool:
        """Give back the memory of all prompts but the engine's; whether there was any."""
        if self._snapshots is None or not self._snapshots.size:
            return False
        self._snapshots.clear()
        _LOG.warning("Out of memory: what was kept of earlier prompts is dropped.")
        return True

    def evaluate(self, tokens: list[int], cancel: CancelToken) -> int:
        """Make these tokens the engine's prompt; how many of them were evaluated. Stops where cancelled."""
        while True:
            try:
                return self._evaluate(tokens, cancel)
            except OutOfMemoryError as error:
                self._shorten(error)

    def _evaluate(self, tokens: list[int], cancel: CancelToken) -> int:
        if tokens == self._tokens:
            return 0
        try:
            first = done = self._recall(tokens)
            while done < len(tokens) and not cancel.cancelled:
                chunk = tokens[done : done + self._chunk]
                self._engine.extend(chunk, cancel)
                self._tokens += chunk
                done += len(chunk)
                if self._snapshots is not None:
                    saved = self._engine.save(done - len(chunk), complete=done == len(tokens))
                    self._snapshots.keep(tokens[:done], saved)
            if done < len(tokens):
                raise CancelledError  # a prompt that ends here would lack its logits
        except CancelledError:
            self._reset()
        except BaseException:
            self._reset()
            raise
        return done - first

    def _recall(self, tokens: list[int]) -> int:
        """Make the longest beginning of `tokens` that is known the engine's prompt; its length."""
        done = self._known(tokens)
        self._engine.keep(done)
        at = 0
        for piece in self._snapshots.find(tokens) if self._snapshots is not None else ():
            if at >= done:
                self._engine.append(piece)
                done += piece.tokens
            at += piece.tokens
        self._tokens = tokens[:done]
        return done

    def _reset(self) -> None:
        self._tokens = []
        self._engine.keep(0)

    def _known(self, tokens: list[int]) -> int:
        if not self._engine.can_keep:
            return 0
        pairs = enumerate(zip(self._tokens, tokens, strict=False))
        common = next((i for i, (old, new) in pairs if old != new), min(len(self._tokens), len(tokens)))
        common = min(common, len(tokens) - 1)  # the last token's logits are needed
        return common - common % self._chunk

    def _shorten(self, error: OutOfMemoryError) -> None:
        if self._chunk <= _SMALLEST_CHUNK:
            raise _no_memory("the prompt") from error
        self._chunk //= 2
        self._snapshots = None  # their pieces have the length of the chunks before
        _LOG.warning("Out of memory: prompts are evaluated in chunks of %d tokens from now on.", self._chunk)


class Siblings:
    """Samples replies, at most `width` at a time; where memory does not suffice for that, half as many from then on.

    Before that `spare` is asked to give back memory that can be done without, and says whether there was any.
    """

    def __init__(self, engine: Engine, width: int, spare: Callable[[], bool] = lambda: False) -> None:
        self._engine = engine
        self._spare = spare
        self._rows = 0
        self.width = width

    def sample(self, replies: Sequence[Reply], request: SampleRequest, cancel: CancelToken) -> None:
        """Continue the engine's prompt until every reply has its end, or the call is cancelled."""
        waiting = list(replies)
        while waiting and not cancel.cancelled:
            try:
                self._wave(deque(waiting), request, cancel)
            except CancelledError:
                return
            except OutOfMemoryError as error:
                if not self._spare():
                    self._narrow(error)
                for reply in waiting:
                    reply.rewind()
            finally:
                self._engine.release()
            waiting = [reply for reply in waiting if reply.finish is None]

    def _wave(self, waiting: deque[Reply], request: SampleRequest, cancel: CancelToken) -> None:
        """As many as fit at a time; where the engine can, the next begins when one ends."""
        rows = self._next(waiting, 0)
        self._engine.fork(len(rows))
        while rows and not cancel.cancelled:
            draws = [reply.draw() for reply in rows]
            for reply, choice in zip(rows, self._choose(request, draws), strict=True):
                reply.take(*choice)
            going = [i for i, reply in enumerate(rows) if reply.finish is None]
            if len(going) < len(rows) and (going or self._engine.can_join):
                self._engine.select(going)
            rows = [rows[i] for i in going]
            if rows and not cancel.cancelled:
                self._engine.step([reply.last for reply in rows], cancel)
            if self._engine.can_join and (more := self._next(waiting, len(rows))):
                self._engine.fork(len(more))
                rows += more

    def _next(self, waiting: deque[Reply], going: int) -> list[Reply]:
        more = [waiting.popleft() for _ in range(min(self.width - going, len(waiting)))]
        self._rows = going + len(more)
        return more

    def _choose(self, request: SampleRequest, draws: list[float]) -> list[Choice]:
        choices = self._engine.choose(request.temperature, request.top_p, draws)
        if not all(math.isfinite(choice.logprob) for choice in choices):
            raise BackendError(
                "The model's numbers are no numbers any more.",
                why="Its activations overflowed, or its weights are damaged.",
                hint="Load it with another dtype (bfloat16 or float32), or copy its files again.",
            )
        return choices

    def _narrow(self, error: OutOfMemoryError) -> None:
        if self._rows == 1:
            raise _no_memory("one sibling") from error
        self.width = self._rows // 2
        _LOG.warning("Out of memory with %d siblings at a time: %d at a time from now on.", self._rows, self.width)


def _no_memory(what: str) -> BackendError:
    return BackendError(
        "The model ran out of memory.",
        why=f"There is not even enough for {what}.",
        hint="Load a smaller or quantised model, or a shorter context.",
    )
