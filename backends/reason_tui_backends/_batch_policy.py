"""A `Policy` (see `reason_tui.policy`) over an engine that computes with whole batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from reason_tui_backends._batch import Engine, Prompt, Siblings
from reason_tui_backends._reply import Reply, Rules
from reason_tui_backends._room import answer_room
from reason_tui_backends._snapshots import Snapshots

from reason_tui.errors import BackendError
from reason_tui.policy import CancelToken, Completion, Message, PolicyInfo, SampleRequest, TokenSink, Usage


class Chat(Protocol):
    """From messages to tokens and back."""

    def tokens(self, messages: Sequence[Message], prefix: str) -> list[int]:
        """The chat up to where the assistant begins to speak, and `prefix` raw. Raises BackendError."""
        ...

    def text(self, tokens: Sequence[int]) -> str:
        """What these tokens say; special ones say nothing, half a character is U+FFFD."""
        ...


class LoadedModel(Engine, Protocol):
    """An engine whose model can be adapted."""

    def load_adapter(self, adapter: Path | None) -> None:
        """Put this adapter in the place of the one there is, or none. Raises as `Policy.load_adapter` does."""
        ...

    def close(self) -> None:
        """Free the model. Nothing else is called afterwards."""
        ...


class BatchPolicy:
    """`width` siblings at a time; prompts in chunks of `chunk` tokens, up to `kept_bytes` of them kept for later.

    `serial` frees all caches after each call. `device_bytes` were taken of an accelerator's own memory, as measured
    after loading.
    """

    info: PolicyInfo

    def __init__(
        self,
        model: LoadedModel,
        chat: Chat,
        info: PolicyInfo,
        *,
        ends: frozenset[int],
        width: int,
        chunk: int,
        serial: bool = False,
        kept_bytes: int,
        device_bytes: int = 0,
    ) -> None:
        self.info = info
        self.device_bytes = device_bytes
        self._model: LoadedModel | None = model
        self._chat = chat
        self._ends = ends
        self._prompt = Prompt(model, chunk, Snapshots(kept_bytes, chunk) if model.can_save and kept_bytes else None)
        self._siblings = Siblings(model, 1 if serial else width, self._prompt.forget_others)
        self._serial = serial

    def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        """`request.n` completions, in the order of their index. See `Policy.sample`."""
        self._alive()
        prompt = self._chat.tokens(request.messages, request.prefix)
        rules = self._rules(request, len(prompt))
        replies = [
            Reply(rules, prompt, seed=request.seed, index=index, write=_writer(on_token, index))
            for index in range(request.n)
        ]
        try:
            evaluated = self._prompt.evaluate(prompt, cancel)
            if not cancel.cancelled:
                self._siblings.sample(replies, request, cancel)
        finally:
            if self._serial:
                self._prompt.clear()
        return [
            reply.completion(_cost(reply, len(prompt), evaluated if i == 0 else 0)) for i, reply in enumerate(replies)
        ]

    def count_tokens(self, messages: Sequence[Message], prefix: str = "") -> int:
        """Tokens of the prompt as the model sees it."""
        self._alive()
        return len(self._chat.tokens(messages, prefix))

    def load_adapter(self, adapter: Path | None) -> None:
        """Use this adapter from now on, or none; the base model stays where it is.

        Raises ModelNotFoundError or ModelDamagedError; the policy then is as it was.
        """
        model = self._alive()
        model.load_adapter(adapter)
        self._prompt.clear()
        self.info = self.info.model_copy(update={"adapter": adapter and str(adapter)})

    def close(self) -> None:
        """Free the model."""
        if self._model is not None:
            self._prompt.clear()
            self._model.close()
            del self._prompt, self._siblings
            self._model = None

    def _alive(self) -> LoadedModel:
        if self._model is None:
            raise BackendError("This model has been closed.", hint="Load it again.")
        return self._model

    def _rules(self, request: SampleRequest, prompt: int) -> Rules:
        room = answer_room(prompt, self.info.context_length)
        return Rules(self._chat.text, self._ends, request.stop, min(request.max_tokens, room))


def _writer(on_token: TokenSink, index: int) -> Callable[[str], None]:
    return lambda text: on_token(index, text)


def _cost(reply: Reply, prompt: int, evaluated: int) -> Usage:
    """What of the prompt was computed for this reply, and what it found in the cache."""
    return Usage(prompt=evaluated, cached=prompt - evaluated if reply.begun else 0)
