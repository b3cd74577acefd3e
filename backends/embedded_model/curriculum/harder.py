"""Harder families for the learning loop: an operation of one rare family joined with one of another.

Made after the training, and chosen by what the trained model was measured to solve. It had learned the families of
`families.py` too well for a search to have room, though they are rare in the training; and variants of them that it had
never read (the smaller of two neighbours instead of the larger) it did not write once in 64 tries. What it knows singly
and never saw together lies between. No training task has operations of two rare families.
"""

from __future__ import annotations

import random
from itertools import pairwise

from embedded_model.curriculum.chains import Chain, Unsuitable, check_chain, widened
from embedded_model.curriculum.collections_ops import draw
from embedded_model.curriculum.families import FAMILIES
from embedded_model.curriculum.operations import Op
from embedded_model.curriculum.problems import Problem, problem_of_chain

HARDER: dict[str, tuple[str, str]] = {
    "windows-neighbours": ("windows", "neighbours"),
    "windows-positions": ("windows", "positions"),
}
"""Family → the rare families it joins, in either order."""
KINDS = ("ints",)
"""What their functions take."""
_ORDINARY = 0.75
"""How often an ordinary operation comes before or after the two."""


def harder_problem(rng: random.Random, family: str, shape: str) -> Problem:
    """A problem of the family. Raises Unsuitable."""
    return problem_of_chain(rng, harder_chain(rng, family), family, shape)


def harder_chain(rng: random.Random, family: str) -> Chain:
    """An operation of each of the two rare families, mostly with an ordinary one beside them. Raises Unsuitable."""
    ops = [_rare(rng, name) for name in HARDER[family]]
    rng.shuffle(ops)
    if rng.random() < _ORDINARY:
        first = rng.random() < 0.5
        op = draw(rng, KINDS[0] if first else ops[-1].dst)
        ops = [*([op] if op and first else []), *ops, *([op] if op and not first else [])]
    if ops[0].src != KINDS[0] or any(one.dst != other.src for one, other in pairwise(ops)):
        raise Unsuitable("the types do not fit")
    chain = Chain(ops[0].src, tuple(ops))
    check_chain(chain)
    return chain


def _rare(rng: random.Random, family: str) -> Op:
    return widened(rng, rng.choice(FAMILIES[family])(rng), 2, 9)
