"""What a model takes of memory: predicted, and measured in this process with every cell in use. Linux."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from processes import peak_memory
from reason_tui_backends import llama_cpp as backend
from reason_tui_backends._llama_library import lib

from reason_tui.policy import CancelToken, Message, ModelSpec, SampleRequest

CHUNK = 128
"""Tokens of a prompt at a time, as the backend takes them on a CPU."""


def predicted_and_measured(path: Path, width: int, room: int) -> tuple[int, int]:
    """Bytes: what `width` siblings with `room` tokens each were said to take, and by how much this process's peak grew.

    To be called in a new process. Raises ClickException where the machine has no memory for so many siblings.
    """
    before = peak_memory()
    policy = backend.load(ModelSpec(name=path.stem, path=path, context_length=room, parallel=width))
    if policy.info.width < width:
        raise click.ClickException(f"There is memory for {policy.info.width} siblings of {path.stem}, not for {width}.")
    short = SampleRequest(messages=(Message(role="user", content="x"),), n=width, max_tokens=2)
    policy.sample(short, lambda *_: None, CancelToken())
    policy._prompt.clear()
    _fill(policy._model, width, room)
    return policy.info.memory_bytes, peak_memory() - before


def _fill(engine: Any, width: int, room: int) -> None:
    """Use every cell, as siblings do that have nothing in common and are full; for the price of one prompt.

    Each piece of the first is put behind the others as bytes, so that the next piece is computed over all of them.
    """
    for begin in range(0, room, CHUNK):
        engine.extend([65] * CHUNK, CancelToken())
        state = engine.save(begin, complete=False).state[0]
        for sequence in range(1, width):
            if not lib.llama_state_seq_set_data(engine._context, state, len(state), engine._spare):
                raise click.ClickException("llama.cpp has fewer cells than it was asked for.")
            lib.llama_memory_seq_cp(engine._memory, engine._spare, sequence, -1, -1)
            lib.llama_memory_seq_rm(engine._memory, engine._spare, -1, -1)
