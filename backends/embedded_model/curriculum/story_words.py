"""The people and things of word problems."""

# ruff: noqa: E501 - rows of a table
from __future__ import annotations

import random


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SHE = _listed(
    "Anna Mary Lisa Emma Sara Mia Julia Nina Rosa Lena Kate Amy Lucy Ella Grace Maya Zoe Eva Clara Ruth Natalia Jane Betty Olivia Sophie Priya Mei Aisha"
)
_HE = _listed(
    "Tom Ben Sam Max Paul John Leo Peter Jack Adam Luke Omar Ali Noah David James Mark Tim Carlos Ivan Ken Ravi Weng Bob Dan Eric Oscar Felix"
)
_THINGS = _listed(
    "apple pear orange lemon plum banana cookie muffin cupcake candle book pen pencil card coin stamp marble sticker toy ball balloon shell stone flower rose "
    "egg bottle cup plate ticket photo button bead ribbon hat shirt notebook eraser crayon puzzle game badge key magazine token bracelet peg nail brick doughnut"
)
_BOXES = (
    ("box", "boxes"), ("bag", "bags"), ("basket", "baskets"), ("packet", "packets"), ("jar", "jars"), ("tray", "trays"),
    ("shelf", "shelves"), ("case", "cases"), ("drawer", "drawers"), ("crate", "crates"), ("pack", "packs"), ("pile", "piles"),
)  # fmt: skip
_GROUPS = _listed("friends children classmates cousins students people neighbors teams")
_DAYS = _listed("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_COUNTS = _listed("zero one two three four five six seven eight nine ten eleven twelve")


def words(rng: random.Random) -> dict[str, str]:
    """What the letters of a template stand for, freshly drawn.

    N, M, P: people; T, U: things, t, u: one of them; he, his, him, He, His: of N; the others stand for themselves.
    """
    (name, she), (other, _), (third, _) = _people(rng)
    thing, second = rng.sample(_THINGS, 2)
    box, boxes = rng.choice(_BOXES)
    day = rng.randrange(7)
    he = "she" if she else "he"
    return {
        "N": name, "M": other, "P": third,
        "t": thing, "T": plural(thing), "u": second, "U": plural(second),
        "box": box, "boxes": boxes,
        "he": he, "He": he.capitalize(), "his": "her" if she else "his", "His": "Her" if she else "His", "him": "her" if she else "him",
        "group": rng.choice(_GROUPS), "day": _DAYS[day], "next_day": _DAYS[(day + 1) % 7],
    }  # fmt: skip


def spelled(number: int) -> str:
    """`three` for 3; digits above twelve."""
    return _COUNTS[number] if 0 <= number < len(_COUNTS) else str(number)


def plural(noun: str) -> str:
    """The plural of one of the nouns here."""
    return f"{noun}es" if noun.endswith(("x", "s", "ch", "sh")) else f"{noun}s"


def _people(rng: random.Random) -> list[tuple[str, bool]]:
    picked = rng.sample(range(len(_SHE) + len(_HE)), 3)
    return [(_SHE[at], True) if at < len(_SHE) else (_HE[at - len(_SHE)], False) for at in picked]
