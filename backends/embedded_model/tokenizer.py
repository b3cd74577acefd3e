"""A byte-level BPE with Qwen2's splitting (digits stand alone) and ChatML's special tokens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from embedded_model.steps import Folder, read_lines

END_OF_TEXT, IM_START, IM_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL = (END_OF_TEXT, IM_START, IM_END)
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SAMPLE = 40_000


def train_tokenizer(folder: Folder, vocabulary: int) -> None:
    """Learn the merges from the beginning of the corpus; ids are tokens first, the special ones last."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_QWEN2), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(folder.corpus(0)), trainer)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in SPECIAL])
    part = folder.tokenizer.with_name("tokenizer.part")
    tokenizer.save(str(part))
    part.replace(folder.tokenizer)


def load_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of a run."""
    return Tokenizer.from_file(str(path))


def chat_text(user: str, prefix: str) -> str:
    """The prompt as the chat template writes it, with the beginning of the reply."""
    return f"{IM_START}user\n{user}{IM_END}\n{IM_START}assistant\n{prefix}"


def prompt_ids(tokenizer: Tokenizer, user: str, prefix: str) -> list[int]:
    """Ids of the prompt. Encoded apart from the completion, as it is when the model is used."""
    ids: list[int] = tokenizer.encode(chat_text(user, prefix)).ids
    return ids


def completion_ids(tokenizer: Tokenizer, reply: str) -> list[int]:
    """Ids of what the model should write, its end included."""
    ids: list[int] = tokenizer.encode(f"{reply}{IM_END}").ids
    return ids


def _texts(corpus: Path) -> Iterator[str]:
    for index, item in enumerate(read_lines(corpus)):
        if index == _SAMPLE:
            return
        yield item["user"]
        yield item["prefix"]
        yield item["reply"]
