"""Small functions everyone knows, in many phrasings and a few ways to write each.

Placeholders `{x}`, `{y}`, `{z}` are the arguments. The first body is the reference; the others must agree with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Classic:
    """One function. `nouns` and `verbs` are phrases, `names` usual names; `weight` how often it is drawn."""

    key: str
    kinds: tuple[str, ...]
    returns: str
    names: tuple[str, ...]
    nouns: tuple[str, ...]
    verbs: tuple[str, ...]
    bodies: tuple[str, ...]
    weight: float = 1.0
    sentences: tuple[str, ...] = ()

    def function(self) -> Callable[..., Any]:
        """The reference, callable."""
        slots = ("x", "y", "z")[: len(self.kinds)]
        body = self.bodies[0]
        for slot in slots:
            body = body.replace(f"{{{slot}}}", f"{slot}_")
        lines = "\n".join(f"    {line}" for line in body.split("\n"))
        space: dict[str, Any] = {}
        exec(
            compile(f"import math\ndef f({', '.join(f'{slot}_' for slot in slots)}):\n{lines}", self.key, "exec"), space
        )
        made: Callable[..., Any] = space["f"]
        return made


def classic(
    key: str, kinds: str, returns: str, names: str, nouns: str, verbs: str, *bodies: str,
    weight: float = 1.0, sentences: tuple[str, ...] = (),
) -> Classic:  # fmt: skip
    """A classic from compact text: names separated by spaces, phrases by `|`."""
    return Classic(
        key, tuple(kinds.split()), returns, tuple(names.split()), tuple(n for n in nouns.split("|") if n),
        tuple(v for v in verbs.split("|") if v), bodies, weight, sentences,
    )  # fmt: skip
