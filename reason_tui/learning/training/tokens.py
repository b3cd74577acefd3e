"""Lessons as tokens: the prompt as the backends write it, and the reply behind it. Needs the extra `train`.

The policy continues the tokens of template + prefix; so prompt and reply are tokenised apart, and the loss begins
where the policy began to speak.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("TQDM_DISABLE", "1")

from transformers import AutoTokenizer

from reason_tui.chat_templates import same_day
from reason_tui.errors import ModelDamagedError
from reason_tui.learning.pairs import Example, Lesson, Pair, Problem
from reason_tui.policy import Message

_MARK = "the-reply-stands-here"


class ChatTokens:
    """The tokenizer of a model folder. Raises ModelDamagedError where it cannot be used for training."""

    def __init__(self, folder: Path) -> None:
        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        except Exception as error:  # what it raises depends on the tokenizer's kind, and is not documented
            why = (str(error).splitlines() or [""])[0]
            raise ModelDamagedError(f"The tokenizer of {folder} cannot be read.", why=why) from error
        if self.tokenizer.chat_template is None:
            raise ModelDamagedError(f"{folder} has no chat template.", hint="Use the instruct version of this model.")
        self._template = same_day(self.tokenizer.get_chat_template())
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        self._end = self._end_of_turn(folder)

    def prompt(self, messages: Sequence[Message], prefix: str) -> list[int]:
        """The chat up to where the policy begins to speak."""
        return self._ids(self._render(messages) + prefix)

    def reply(self, text: str) -> list[int]:
        """What it says, to the end of its turn."""
        return self._ids(text + self._end)

    def example(self, lesson: Example) -> dict[str, list[int]]:
        """The columns of SFT: loss on the reply only."""
        prompt, reply = self.prompt(lesson.messages, lesson.prefix), self.reply(lesson.text)
        return {"input_ids": prompt + reply, "labels": [-100] * len(prompt) + reply}

    def pair(self, lesson: Pair) -> dict[str, list[int]]:
        """The columns of DPO."""
        return {
            "prompt_ids": self.prompt(lesson.messages, lesson.prefix),
            "chosen_ids": self.reply(lesson.chosen),
            "rejected_ids": self.reply(lesson.rejected),
        }

    def problem(self, lesson: Problem, number: int) -> dict[str, Any]:
        """The columns of GRPO: the prompt as text, which TRL tokenises itself, and which problem it is.

        Raises ModelDamagedError where TRL's tokens would not be those of inference.
        """
        text = self._render(lesson.messages) + lesson.prefix
        if list(self.tokenizer(text)["input_ids"]) != self._ids(text):
            raise ModelDamagedError(
                "GRPO cannot be done with this model.",
                why="Its tokenizer begins every text with a token that its chat template writes too.",
                hint="Use SFT and DPO.",
            )
        return {"prompt": text, "problem": number}

    def rows(self, lessons: Sequence[Lesson], longest: int) -> tuple[list[dict[str, list[int]]], int]:
        """The rows of those that have at most `longest` tokens, and how many were longer: nothing is cut."""
        made = [self.pair(one) for one in lessons if isinstance(one, Pair)]
        made += [self.example(one) for one in lessons if isinstance(one, Example)]
        kept = [row for row in made if _length(row) <= longest]
        return kept, len(made) - len(kept)

    def _render(self, messages: Sequence[Message]) -> str:
        return self._written([message.model_dump() for message in messages])

    def _written(self, chat: list[dict[str, str]], prompt: bool = True) -> str:
        """What the template makes of it; with a prompt, up to where the policy begins to speak."""
        said = self.tokenizer.apply_chat_template(
            chat, chat_template=self._template, tokenize=False, add_generation_prompt=prompt
        )
        return str(said)

    def _end_of_turn(self, folder: Path) -> str:
        """What the template writes behind a reply, up to the line's end."""
        asked = [{"role": "user", "content": "x"}]
        said = [*asked, {"role": "assistant", "content": _MARK}]
        before, found, after = self._written(said, prompt=False).partition(_MARK)
        if not found or before != self._written(asked):
            raise ModelDamagedError(
                f"The chat template of {folder} cannot be trained with.",
                why="It writes a prompt otherwise once the reply is there, so training would not be like inference.",
                hint="Use another model.",
            )
        return after.rstrip("\n") or str(self.tokenizer.eos_token or "")

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])


def _length(row: dict[str, list[int]]) -> int:
    if "input_ids" in row:
        return len(row["input_ids"])
    return len(row["prompt_ids"]) + max(len(row["chosen_ids"]), len(row["rejected_ids"]))
