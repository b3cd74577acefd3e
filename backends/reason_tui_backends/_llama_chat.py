"""The template and the tokenizer of a loaded GGUF model: from chat messages to tokens, and back to text."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import jinja2
from llama_cpp.llama_chat_format import Jinja2ChatFormatter
from reason_tui_backends._chat_text import first_line, whole_characters
from reason_tui_backends._llama_library import lib

from reason_tui.chat_templates import same_day
from reason_tui.errors import BackendError, ModelDamagedError
from reason_tui.policy import Message

_KNOWN = 4096
"""Tokens become text two or three at a time, and mostly the same ones: so many such pieces are kept."""


class LlamaChat:
    """`model` is one of `_llama_library`. Raises ModelDamagedError where its template cannot be read."""

    def __init__(self, model: Any, name: str) -> None:
        self._vocabulary = lib.llama_model_get_vocab(model)
        self._said = lru_cache(_KNOWN)(partial(_said, self._vocabulary))
        template = lib.llama_model_chat_template(model, None) or b""
        self._begin = self._piece(lib.llama_vocab_bos(self._vocabulary))
        end = self._piece(lib.llama_vocab_eos(self._vocabulary))
        try:
            self._template = Jinja2ChatFormatter(same_day(template.decode("utf-8", "replace")), end, self._begin)
        except jinja2.TemplateError as error:
            raise ModelDamagedError(
                f"The chat template of {name} cannot be read.", why=first_line(error), hint="Use another model."
            ) from error

    @property
    def end_tokens(self) -> frozenset[int]:
        """All tokens that end a reply."""
        size = lib.llama_vocab_n_tokens(self._vocabulary)
        return frozenset(token for token in range(size) if lib.llama_vocab_is_eog(self._vocabulary, token))

    def tokens(self, messages: Sequence[Message], prefix: str) -> list[int]:
        """The chat up to where the assistant begins to speak, and `prefix` raw.

        Raises BackendError where the model's template refuses these messages.
        """
        try:
            rendered = self._template(messages=[message.model_dump() for message in messages]).prompt
        except (jinja2.TemplateError, ValueError) as error:
            raise BackendError(
                "The model's chat template refuses these messages.",
                why=first_line(error),
                hint="Use another model; some know no system message.",
            ) from error
        return self._tokenize(whole_characters(rendered + prefix))

    def text(self, tokens: Sequence[int]) -> str:
        """What these tokens say; special ones say nothing, half a character is U+FFFD."""
        return self._said(tuple(tokens))

    def _tokenize(self, text: str) -> list[int]:
        """Special tokens written in `text` become themselves. Where the template wrote the first one, it stays one."""
        data = text.encode()
        special = not (self._begin and text.startswith(self._begin))
        size = len(data) + 2
        found = (lib.llama_token * size)()
        count = lib.llama_tokenize(self._vocabulary, data, len(data), found, size, special, True)
        return list(found[: max(0, count)])

    def _piece(self, token: int) -> str:
        if token < 0:
            return ""
        return str((lib.llama_vocab_get_text(self._vocabulary, token) or b"").decode("utf-8", "replace"))


def _said(vocabulary: Any, tokens: tuple[int, ...]) -> str:
    given = (lib.llama_token * len(tokens))(*tokens)
    size = 16 * len(tokens) + 16
    while True:
        buffer = ctypes.create_string_buffer(size)
        found = lib.llama_detokenize(vocabulary, given, len(tokens), buffer, size, False, False)
        if found >= 0:
            return buffer.raw[:found].decode("utf-8", "replace")
        size = -found
