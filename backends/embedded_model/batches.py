"""Batches of about equally long examples, padded to a few fixed lengths (each is compiled once)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from embedded_model.team import Team

BUCKETS = (96, 128, 160, 192, 240, 320, 512)
COPY_WEIGHT = 0.5
"""What a repeated token of a prompt counts in the loss, against 1 for a token of a completion."""


@dataclass(frozen=True)
class Batch:
    """`ids` (rows, bucket); `where` are flat positions whose next token, in `targets`, is learned.

    `weights` is 1 for tokens of completions and COPY_WEIGHT for tokens that a prompt repeats.
    """

    ids: Tensor
    where: Tensor
    targets: Tensor
    weights: Tensor
    tokens: int


class Corpus:
    """The encoded examples of one file."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as arrays:
            self._ids, self._lengths, self._starts = arrays["ids"], arrays["lengths"], arrays["starts"]
        self._offsets = np.concatenate(([0], np.cumsum(self._lengths)))
        self._buckets = np.searchsorted(BUCKETS, self._lengths)

    def epoch(self, seed: int, batch_tokens: int, team: Team, skip: int = 0) -> Iterator[Batch]:
        """Every example once, in an order that `seed` fixes, without the first `skip` batches.

        `batch_tokens` is for the team; each of its processes gets other rows of the same bucket.
        """
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(self._lengths))
        groups: list[tuple[int, np.ndarray]] = []
        for bucket, length in enumerate(BUCKETS):
            rows = order[self._buckets[order] == bucket]
            size = max(1, batch_tokens // (length * team.size)) * team.size
            # A last batch that is not full would be compiled again for its own shape.
            groups += [(length, rows[at : at + size]) for at in range(0, len(rows) - size + 1, size)]
        groups = [groups[index] for index in rng.permutation(len(groups))]
        for length, rows in groups[skip:]:
            yield self._batch(length, rows[team.rank :: team.size], copies=True)

    def everything(self, batch_tokens: int) -> Iterator[Batch]:
        """Every example once, in order of length; only completions are learned."""
        for bucket, length in enumerate(BUCKETS):
            rows = np.flatnonzero(self._buckets == bucket)
            size = batch_tokens // length
            for at in range(0, len(rows), size):
                yield self._batch(length, rows[at : at + size], copies=False)

    def _batch(self, length: int, rows: np.ndarray, copies: bool) -> Batch:
        ids = np.zeros((len(rows), length), dtype=np.int64)
        where: list[np.ndarray] = []
        targets: list[np.ndarray] = []
        weights: list[np.ndarray] = []
        tokens = 0
        for index, row in enumerate(rows):
            begin, size, start = self._offsets[row], self._lengths[row], self._starts[row]
            line = self._ids[begin : begin + size].astype(np.int64)
            ids[index, :size] = line
            where.append(index * length + np.arange(start - 1, size - 1))
            targets.append(line[start:])
            weights.append(np.ones(size - start, dtype=np.float32))
            if copies:
                again = repeated(line[:start].tolist())
                where.append(index * length + again - 1)
                targets.append(line[again])
                weights.append(np.full(len(again), COPY_WEIGHT, dtype=np.float32))
            tokens += int(size)
        return Batch(torch.from_numpy(ids), _flat(where), _flat(targets), _flat(weights), tokens)


def _flat(parts: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.concatenate(parts))


def repeated(ids: list[int]) -> np.ndarray:
    """Where a token is the one that followed the same two tokens before: what a model that copies can know.

    Prompts repeat names and values (in their examples, in feedback); learning these teaches to copy, and the rest of a
    prompt (which numbers an example has) would only be noise.
    """
    followed: dict[tuple[int, int], int] = {}
    places = []
    for place in range(2, len(ids)):
        before = (ids[place - 2], ids[place - 1])
        if followed.get(before) == ids[place]:
            places.append(place)
        followed[before] = ids[place]
    return np.asarray(places, dtype=np.int64)
