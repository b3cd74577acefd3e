"""The tokenizer of a model folder: from chat messages to tokens, and back to text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jinja2
import reason_tui_backends._offline  # noqa: F401 - before the library below
from reason_tui_backends._chat_text import first_line, whole_characters
from transformers import AutoTokenizer
from transformers.utils import logging
from transformers.utils.chat_template_utils import render_jinja_template

from reason_tui.chat_templates import same_day
from reason_tui.errors import BackendError, ModelDamagedError
from reason_tui.policy import Message

logging.set_verbosity_error()
logging.disable_progress_bar()


class Chat:
    """Raises ModelDamagedError where the folder's tokenizer cannot be read or has no chat template."""

    def __init__(self, folder: Path) -> None:
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except Exception as error:  # the Rust tokenizers raise nothing narrower for damaged files
            raise ModelDamagedError(
                f"The tokenizer of {folder} cannot be read.",
                why=first_line(error),
                hint="Copy or download the folder again.",
            ) from error
        template = self._tokenizer.chat_template
        if isinstance(template, dict):  # several, by name
            template = template.get("default")
        if not isinstance(template, str):
            raise ModelDamagedError(
                f"{folder} has no chat template.",
                why="Neither tokenizer_config.json nor chat_template.jinja has one; base models have none.",
                hint="Use the instruct version of this model.",
            )
        self._template = same_day(template)

    @property
    def end_token(self) -> int | None:
        """The token with which the tokenizer ends a text."""
        end = self._tokenizer.eos_token_id
        return end if isinstance(end, int) else None

    def tokens(self, messages: Sequence[Message], prefix: str) -> list[int]:
        """The chat up to where the assistant begins to speak, and `prefix` raw.

        Raises BackendError where the model's template refuses these messages.
        """
        try:
            rendered, _ = render_jinja_template(
                conversations=[[message.model_dump() for message in messages]],
                chat_template=self._template,
                add_generation_prompt=True,
                **self._tokenizer.special_tokens_map,
            )
        except jinja2.TemplateError as error:
            raise BackendError(
                "The model's chat template refuses these messages.",
                why=first_line(error),
                hint="Use another model; some know no system message.",
            ) from error
        text = whole_characters(rendered[0] + prefix)
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def text(self, tokens: Sequence[int]) -> str:
        """What these tokens say; special ones say nothing, half a character is U+FFFD."""
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))
