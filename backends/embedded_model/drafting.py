"""Completions through the application's own backend: what is measured is the file that ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reason_tui_backends.xllamacpp import load

from reason_tui.policy import CancelToken, Completion, ModelSpec, SampleRequest
from reason_tui.prompts import OPEN, Prompt

CONTEXT = 1024
SLOTS = 16


@dataclass(frozen=True)
class Sampling:
    """How completions are drawn. Temperature 0 is greedy."""

    samples: int
    temperature: float = 0.8
    top_p: float = 0.95
    max_tokens: int = 200
    seed: int = 1


def programs(gguf: Path, prompts: Sequence[Prompt], sampling: Sampling) -> list[list[str]]:
    """For each prompt the programs in `samples` completions of it."""
    found = texts(gguf, prompts, sampling)
    return [[program_of(prompt, text) for text in drawn] for prompt, drawn in zip(prompts, found, strict=True)]


def texts(gguf: Path, prompts: Sequence[Prompt], sampling: Sampling) -> list[list[str]]:
    """For each prompt the `samples` completions of it, as they were written."""
    return [[completion.text for completion in drawn] for drawn in completions(gguf, prompts, sampling)]


def completions(gguf: Path, prompts: Sequence[Prompt], sampling: Sampling) -> list[list[Completion]]:
    """For each prompt `samples` completions of it, with what they cost."""
    policy = load(ModelSpec(name="embedded", path=gguf, context_length=CONTEXT * SLOTS, parallel=sampling.samples))
    requests = [_request(prompt, sampling, index) for index, prompt in enumerate(prompts)]
    try:
        return [list(policy.sample(request, _ignore, CancelToken())) for request in requests]
    finally:
        policy.close()


def program_of(prompt: Prompt, completion: str) -> str:
    """The program in a reply: everything after the opening fence."""
    return (prompt.prefix + completion).removeprefix(OPEN)


def _request(prompt: Prompt, sampling: Sampling, index: int) -> SampleRequest:
    return SampleRequest(
        messages=prompt.messages,
        prefix=prompt.prefix,
        stop=prompt.stop,
        n=sampling.samples,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=sampling.max_tokens,
        seed=sampling.seed * 1_000_000 + index * 1000,
    )


def _ignore(index: int, text: str) -> None:
    del index, text
