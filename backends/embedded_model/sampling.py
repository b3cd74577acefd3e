"""Greedy continuations by torch: what the exported file is compared with."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer

from embedded_model.model import Cache, Qwen2
from embedded_model.tokenizer import IM_END, prompt_ids
from reason_tui.prompts import Prompt


def greedy(model: Qwen2, tokenizer: Tokenizer, prompts: Sequence[Prompt], max_tokens: int) -> list[str]:
    """The likeliest continuation of each prompt, cut at its stop strings."""
    return [_cut(tokenizer.decode(_continue(model, tokenizer, prompt, max_tokens)), prompt.stop) for prompt in prompts]


@torch.no_grad()
def _continue(model: Qwen2, tokenizer: Tokenizer, prompt: Prompt, max_tokens: int) -> list[int]:
    ids = prompt_ids(tokenizer, prompt.messages[-1].content, prompt.prefix)
    end = tokenizer.token_to_id(IM_END)
    cache = Cache(model.config.layers)
    hidden = model(torch.tensor([ids]), torch.arange(len(ids))[None], cache=cache)
    out: list[int] = []
    while len(out) < max_tokens:
        token = int(model.logits(hidden[:, -1]).argmax())
        if token == end:
            break
        place = len(ids) + len(out)
        out.append(token)
        everything = torch.ones(1, 1, 1, place + 1, dtype=torch.bool)
        hidden = model(torch.tensor([[token]]), torch.tensor([[place]]), everything, cache)
    return out


def _cut(text: str, stops: Sequence[str]) -> str:
    for stop in stops:
        text = text.split(stop, 1)[0]
    return text
