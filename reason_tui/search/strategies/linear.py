"""One chain: act, observe, repair the last program. Capped at R repairs it is Bern's feedback; at one, a revision."""

from __future__ import annotations

from reason_tui.search.events import SearchSettings
from reason_tui.search.node import Node
from reason_tui.search.strategies.base import Ask, can_expand, siblings
from reason_tui.search.tree import Tree


class Linear:
    """Repairs the last program that can be repaired, one at a time; drafts again only where there is none."""

    def ask(self, tree: Tree, settings: SearchSettings) -> Ask | None:
        """The next link; None where the chain is as long as it may be, or broken."""
        return _next(tree, settings, settings.repairs)


class Revise:
    """One draft at temperature 0, and one revision if it is wrong."""

    def ask(self, tree: Tree, settings: SearchSettings) -> Ask | None:
        """The draft, the revision, and then no more; none of what nothing speaks against."""
        if any(node.status == "unverified" for node in tree.nodes.values()):
            return None
        ask = _next(tree, settings, 1)
        return ask and ask.model_copy(update={"temperature": 0.0})


def _next(tree: Tree, settings: SearchSettings, repairs: int | None) -> Ask | None:
    links = [tree.nodes[node] for each in tree.expansions.values() for node in each.nodes if node in tree.nodes]
    if repairs is not None and len(links) > repairs:
        return None
    if any(node.reward is None for node in links):
        return None  # what to repair is not known yet
    last = _last(tree, links[-1] if links else tree.root)
    return None if last is None else siblings(last, tree, settings).model_copy(update={"n": 1})


def _last(tree: Tree, link: Node) -> Node | None:
    """The program to repair: the last one, or what it was made from where that makes no sense."""
    return next((node for node in tree.ancestors(link) if can_expand(node)), None)
