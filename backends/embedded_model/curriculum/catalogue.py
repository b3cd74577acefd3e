"""Where problems are drawn from: chains by level, well-known functions, FizzBuzz."""

from __future__ import annotations

import random
from collections.abc import Mapping

from embedded_model.curriculum.chains import Chain, random_chain
from embedded_model.curriculum.classics import Classic
from embedded_model.curriculum.classics_lists import LISTS
from embedded_model.curriculum.classics_numbers import NUMBERS
from embedded_model.curriculum.classics_text import TEXT
from embedded_model.curriculum.families import SHARES, reserved_problem
from embedded_model.curriculum.fizzbuzz import fizzbuzz
from embedded_model.curriculum.problems import Problem, behaviour, problem_of_chain, problem_of_classic

CLASSICS: tuple[Classic, ...] = TEXT + NUMBERS + LISTS
_WEIGHTS = tuple(classic.weight for classic in CLASSICS)
_BY_KEY = {classic.key: classic for classic in CLASSICS}
GROUPS: Mapping[str, float] = {"L1": 0.24, "L2": 0.28, "L3": 0.20, "classic": 0.24, "fizzbuzz": 0.04, **SHARES}
"""How often a problem is of each group."""
_WIDE = 0.8
"""How often constants come from a wide range, so that they are copied from the prompt and not remembered."""
_SHAPES = {"signature": 0.38, "examples": 0.36, "asserts": 0.12, "bare": 0.14}


def group_of(rng: random.Random, groups: Mapping[str, float] = GROUPS) -> str:
    """A group in these proportions."""
    return _pick(rng, groups)


def draw(rng: random.Random, group: str) -> tuple[Problem, Chain | None]:
    """A problem of `group`, which may be the key of one well-known function. Raises Unsuitable without luck."""
    shape = _pick(rng, _SHAPES)
    if group == "classic":
        return problem_of_classic(rng, rng.choices(CLASSICS, _WEIGHTS)[0], shape), None
    if group in _BY_KEY:
        return problem_of_classic(rng, _BY_KEY[group], shape), None
    if group == "fizzbuzz":
        return problem_of_classic(rng, fizzbuzz(rng, 0.7), shape), None
    if group in SHARES:
        return reserved_problem(rng, group, shape)
    chain = random_chain(rng, group, rng.random() < _WIDE)
    return problem_of_chain(rng, chain, group, shape), chain


def fingerprints() -> set[str]:
    """The behaviours of all well-known functions; none of them may be held out."""
    return {behaviour(classic.kinds, classic.function()) for classic in CLASSICS}


def _pick(rng: random.Random, weights: Mapping[str, float]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]
