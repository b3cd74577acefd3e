"""How much of the model's context a prompt takes, and how much it may.

Tokens are estimated, so that a prompt depends on the run alone and not on who counts: a search that is made again from
its journal sends the same prompts. The estimate is on the safe side for code and English (`CHARACTERS` of text each);
what the first prompts of a run really had corrects it for other texts and small vocabularies.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reason_tui.policy import Usage

if TYPE_CHECKING:
    from reason_tui.prompts import Prompt
    from reason_tui.search.tree import Tree

CHARACTERS = 3.0
"""Characters of text a token, where nothing is known yet."""
TEMPLATE = 32
"""Tokens that a chat template puts around a prompt."""


def tokens(text: str, characters: float = CHARACTERS) -> int:
    """How many tokens a text has at most, as far as can be said without a tokenizer."""
    return math.ceil(len(text) / characters)


def characters_of(known: float, text: int, usage: Usage) -> float:
    """The fewest characters a token: `known` so far, and those of a prompt of `text` characters that cost `usage`."""
    counted = usage.prompt + usage.cached - TEMPLATE
    return min(known, text / counted) if counted > 0 and text else known


def taken(tree: Tree, prompt: Prompt) -> int:
    """Tokens of the context that a prompt takes."""
    return TEMPLATE + tokens(
        "".join((*(message.content for message in prompt.messages), prompt.prefix)), tree.characters
    )


def beside_a_whole_reply(tree: Tree, prompt: Prompt) -> int | None:
    """Tokens left beside the prompt and the longest reply; None where the context is not known."""
    if tree.context_length is None or tree.settings is None:
        return None
    return tree.context_length - tree.settings.max_tokens - taken(tree, prompt)


def fits(tree: Tree, prompt: Prompt) -> bool:
    """Whether the prompt leaves room for a reply: `max_tokens` of it, but no more than half of the context."""
    if tree.context_length is None or tree.settings is None:
        return True
    return taken(tree, prompt) <= tree.context_length - min(tree.settings.max_tokens, tree.context_length // 2)
