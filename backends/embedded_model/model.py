"""Qwen2's architecture in a page of torch: grouped attention is left out, everything else is as llama.cpp expects it.

Parameter names and shapes are those of the Hugging Face layout, so that the export only copies.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - the usual name
from torch import Tensor, nn


@dataclass(frozen=True)
class ModelConfig:
    """The shape of the model. `context` is declared in the export; training sees at most 512 tokens."""

    vocabulary: int = 1024
    width: int = 192
    layers: int = 6
    heads: int = 6
    hidden: int = 512
    context: int = 2048
    rope_theta: float = 10_000.0
    norm_eps: float = 1e-6


class Cache:
    """Keys and values of what was read, one pair a layer."""

    def __init__(self, layers: int) -> None:
        self.pairs: list[tuple[Tensor, Tensor] | None] = [None] * layers

    def extend(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Append along the time axis; returns everything so far."""
        pair = self.pairs[layer]
        if pair is not None:
            key, value = torch.cat((pair[0], key), 2), torch.cat((pair[1], value), 2)
        self.pairs[layer] = (key, value)
        return key, value


class Attention(nn.Module):
    """Causal attention with rotary positions; biases on q, k and v as Qwen2 has them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.o_proj = nn.Linear(width, width, bias=False)

    def forward(
        self, x: Tensor, rope: tuple[Tensor, Tensor], mask: Tensor | None, cache: Cache | None, layer: int
    ) -> Tensor:
        batch, time, width = x.shape
        shape = (batch, time, self.heads, width // self.heads)
        query = _rotate(self.q_proj(x).view(shape).transpose(1, 2), rope)
        key = _rotate(self.k_proj(x).view(shape).transpose(1, 2), rope)
        value = self.v_proj(x).view(shape).transpose(1, 2)
        if cache is not None:
            key, value = cache.extend(layer, key, value)
        out = _attend(query, key, value, mask)
        result: Tensor = self.o_proj(out.transpose(1, 2).reshape(batch, time, width))
        return result


def _attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Attention written out: over short rows on a CPU the fused kernel's backward is three times slower.

    Without a mask it is causal; a mask is True where a place may be seen.
    """
    scores = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-1, -2))
    if mask is None:
        time = query.shape[-2]
        scores = scores + torch.full((time, time), float("-inf"), dtype=scores.dtype, device=scores.device).triu(1)
    else:
        scores = scores.masked_fill(~mask, float("-inf"))
    return torch.matmul(scores.softmax(-1).to(value.dtype), value)


class Mlp(nn.Module):
    """SwiGLU."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.width, config.hidden, bias=False)
        self.up_proj = nn.Linear(config.width, config.hidden, bias=False)
        self.down_proj = nn.Linear(config.hidden, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
        return result


class Layer(nn.Module):
    """One block, normalised before each half."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = Mlp(config)
        self.input_layernorm = nn.RMSNorm(config.width, eps=config.norm_eps)
        self.post_attention_layernorm = nn.RMSNorm(config.width, eps=config.norm_eps)

    def forward(
        self, x: Tensor, rope: tuple[Tensor, Tensor], mask: Tensor | None, cache: Cache | None, layer: int
    ) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), rope, mask, cache, layer)
        result: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return result


class Qwen2(nn.Module):
    """Token ids to hidden states; the output matrix is the embedding."""

    cos: Tensor
    sin: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocabulary, config.width)
        blocks = [Layer(config) for _ in range(config.layers)]
        self.layers = nn.ModuleList(blocks)
        self.norm = nn.RMSNorm(config.width, eps=config.norm_eps)
        cos, sin = _rope_table(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.apply(_initialise)
        for block in blocks:
            for linear in (block.self_attn.o_proj, block.mlp.down_proj):
                nn.init.zeros_(linear.weight)

    def forward(
        self, ids: Tensor, positions: Tensor | None = None, mask: Tensor | None = None, cache: Cache | None = None
    ) -> Tensor:
        """Hidden states (batch, time, width). Without positions the rows begin at 0 and attention is causal."""
        cos, sin = self.cos, self.sin
        rope = (cos[: ids.shape[1]], sin[: ids.shape[1]]) if positions is None else _at(cos, sin, positions)
        x = self.embed_tokens(ids)
        for index, block in enumerate(self.layers):
            x = block(x, rope, mask, cache, index)
        result: Tensor = self.norm(x)
        return result

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores over the vocabulary."""
        return F.linear(hidden, self.embed_tokens.weight)


def load_model(path: Path) -> Qwen2:
    """The model of a checkpoint, or of the end of the training."""
    state = torch.load(path, weights_only=True)
    model = Qwen2(ModelConfig(**state["config"]))
    model.load_state_dict(state["model"])
    model.eval()
    return model


def parameters_of(model: nn.Module) -> int:
    """How many parameters, the shared embedding counted once."""
    return sum(parameter.numel() for parameter in model.parameters())


def _rope_table(config: ModelConfig) -> tuple[Tensor, Tensor]:
    half = config.width // config.heads // 2
    frequencies = config.rope_theta ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.arange(config.context, dtype=torch.float64)[:, None] * frequencies
    return angles.cos().float(), angles.sin().float()


def _at(cos: Tensor, sin: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
    return cos[positions].unsqueeze(1), sin[positions].unsqueeze(1)


def _rotate(x: Tensor, rope: tuple[Tensor, Tensor]) -> Tensor:
    cos, sin = rope
    first, second = x.chunk(2, -1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), -1).to(x.dtype)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=module.in_features**-0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
