"""Sampling from the torch model, many prompts at a time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer
from torch import Tensor

from embedded_model.model import Cache, Qwen2
from embedded_model.tokenizer import IM_END, prompt_ids
from reason_tui.prompts import Prompt

BATCH = 48


def complete(
    model: Qwen2, tokenizer: Tokenizer, prompts: Sequence[Prompt],
    temperature: float, top_p: float, max_tokens: int, seed: int,
) -> list[str]:  # fmt: skip
    """One completion for each prompt, cut at the prompt's stop strings. Temperature 0 is greedy."""
    encoded = [prompt_ids(tokenizer, prompt.messages[-1].content, prompt.prefix) for prompt in prompts]
    order = sorted(range(len(prompts)), key=lambda index: len(encoded[index]))
    generator = torch.Generator().manual_seed(seed)
    texts = [""] * len(prompts)
    for at in range(0, len(order), BATCH):
        rows = order[at : at + BATCH]
        new = _generate(model, tokenizer, [encoded[row] for row in rows], temperature, top_p, max_tokens, generator)
        for row, ids in zip(rows, new, strict=True):
            texts[row] = cut(tokenizer.decode(ids), prompts[row].stop)
    return texts


def cut(text: str, stops: Sequence[str]) -> str:
    """`text` up to the first stop string."""
    for stop in stops:
        text = text.split(stop, 1)[0]
    return text


@torch.no_grad()
def _generate(
    model: Qwen2, tokenizer: Tokenizer, prompts: list[list[int]], temperature: float, top_p: float, max_tokens: int,
    generator: torch.Generator,
) -> list[list[int]]:  # fmt: skip
    """New ids of each row. Rows are padded on the left; a mask hides the padding."""
    longest = max(map(len, prompts))
    pads = torch.tensor([longest - len(ids) for ids in prompts])
    ids = torch.tensor([[0] * (longest - len(row)) + row for row in prompts])
    positions = (torch.arange(longest) - pads[:, None]).clamp(min=0)
    seen = torch.arange(longest) >= pads[:, None]
    # A padded row sees itself, so that no softmax is empty.
    causal = torch.ones(longest, longest, dtype=torch.bool).tril()
    mask = (causal & seen[:, None, :]) | torch.eye(longest, dtype=torch.bool)
    cache = Cache(model.config.layers)
    hidden = model(ids, positions, mask[:, None], cache)[:, -1]
    end = tokenizer.token_to_id(IM_END)
    done = torch.zeros(len(prompts), dtype=torch.bool)
    fence = tokenizer.encode("```").ids
    out: list[list[int]] = [[] for _ in prompts]
    place = positions[:, -1:]
    for _ in range(max_tokens):
        token = _choose(model.logits(hidden), temperature, top_p, generator)
        for row, value in enumerate(token.tolist()):
            if not done[row]:
                out[row].append(value)
                done[row] = value == end or out[row][-len(fence) :] == fence
        if bool(done.all()):
            break
        place = place + 1
        seen = torch.cat((seen, torch.ones(len(prompts), 1, dtype=torch.bool)), 1)
        hidden = model(token[:, None], place, seen[:, None, None], cache)[:, -1]
    return [row[:-1] if row and row[-1] == end else row for row in out]


def _choose(logits: Tensor, temperature: float, top_p: float, generator: torch.Generator) -> Tensor:
    if temperature == 0:
        return logits.argmax(-1)
    chances = torch.softmax(logits / temperature, -1)
    ordered, index = chances.sort(-1, descending=True)
    ordered[ordered.cumsum(-1) - ordered > top_p] = 0
    return index.gather(-1, torch.multinomial(ordered, 1, generator=generator)).squeeze(-1)
