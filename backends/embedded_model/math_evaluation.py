"""How many held-out problems the model answers rightly at its first, greedy try."""

from __future__ import annotations

import re
from pathlib import Path

from embedded_model.curriculum.sums import HeldOut, math_heldout
from embedded_model.drafting import Sampling, texts
from reason_tui.prompts import ANSWER, solve_math

SEED = 1
MAX_TOKENS = 96
_ANSWERED = re.compile(rf"^{ANSWER}\s*(-?\d+)\s*$", re.MULTILINE)


def math_figures(gguf: Path, seed: int = SEED) -> dict[str, dict[str, float]]:
    """For each kind of held-out problem: how many there are (`n`), and the share answered rightly (`greedy`)."""
    return answered(gguf, math_heldout(seed))


def answered(gguf: Path, items: list[HeldOut]) -> dict[str, dict[str, float]]:
    """The same for these problems."""
    prompts = [solve_math(item.problem) for item in items]
    replies = texts(gguf, prompts, Sampling(samples=1, temperature=0.0, max_tokens=MAX_TOKENS))
    return tally(items, [found[0] for found in replies])


def tally(items: list[HeldOut], replies: list[str]) -> dict[str, dict[str, float]]:
    """The figures of these replies, one to an item."""
    figures: dict[str, dict[str, float]] = {}
    for kind in dict.fromkeys(item.kind for item in items):
        hits = [
            answer_of(reply) == item.answer for item, reply in zip(items, replies, strict=True) if item.kind == kind
        ]
        figures[kind] = {"n": len(hits), "greedy": round(sum(hits) / len(hits), 4)}
    return figures


def answer_of(reply: str) -> int | None:
    """The integer in the last line that begins with ####, None without one."""
    found = _ANSWERED.findall(reply)
    return int(found[-1]) if found else None
