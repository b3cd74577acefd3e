"""Policy calls that give no candidate: a sentence on what is wrong, and a ranking of siblings. Off unless asked for."""

from __future__ import annotations

import time
from collections.abc import Sequence

from reason_tui.errors import BackendError
from reason_tui.policy import Completion, SampleRequest
from reason_tui.prompts import Prompt, critique, reflect
from reason_tui.rewards.critique import ranking
from reason_tui.search import events as ev
from reason_tui.search.control import Control
from reason_tui.search.judging import Emit
from reason_tui.search.node import Expansion, Node
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.tree import Tree
from reason_tui.text import one_line

REFLECTION_TOKENS = 64
MAX_REFLECTION = 300
"""Characters that are kept of a sentence."""
RANKING_TOKENS = 32
RANKING_TEMPERATURE = 0.2


def _unheard(node: int, text: str) -> None:
    """What is said here belongs to no node that is being written."""


class Consulting:
    """Asks the policy of `tree` beside its expansions. A call that fails costs its answer and nothing else."""

    def __init__(self, tree: Tree, sampler: PolicyThread, emit: Emit, control: Control) -> None:
        self._tree = tree
        self._sampler = sampler
        self._emit = emit
        self._control = control

    async def reflect(self, expansion: Expansion) -> None:
        """After repairs of a program that are to be repaired themselves: a sentence on what was wrong with it."""
        settings, task = self._tree.settings, self._tree.task
        node = self._tree.nodes[expansion.parent]
        if settings is None or task is None or not settings.reflect or task.kind == "math":
            return
        if node.verdict is None or node.program is None or node.reflection is not None:
            return
        if not any(child.repairable for child in self._tree.of(expansion)):
            return
        prompt = reflect(task, node.program, node.verdict)
        said = await self._say(prompt, 0.0, REFLECTION_TOKENS, node.id)
        if said is not None:
            completion, seconds = said
            self._emit(
                ev.NodeReflected(
                    node=node.id,
                    text=one_line(completion.text, MAX_REFLECTION),
                    messages=prompt.messages,
                    prefix=prompt.prefix,
                    completion=completion,
                    seconds=seconds,
                )
            )

    async def rank(self, expansion: Expansion) -> None:
        """After the verdicts of an expansion: its distinct programs ranked, if none of them passes."""
        settings, task = self._tree.settings, self._tree.task
        nodes = self._contenders(expansion)
        if (
            settings is None
            or task is None
            or not settings.critic
            or task.kind == "math"
            or len(nodes) < 2
            or expansion.ranked
        ):
            return
        prompt = critique(task, [node.program or "" for node in nodes])
        said = await self._say(prompt, RANKING_TEMPERATURE, RANKING_TOKENS, expansion.parent)
        if said is None:
            return
        completion, seconds = said
        order = ranking(completion.text, len(nodes)) or ()
        self._emit(
            ev.SiblingsRanked(
                expansion=expansion.id,
                order=tuple(nodes[at].id for at in order),
                alpha=settings.alpha,
                messages=prompt.messages,
                prefix=prompt.prefix,
                temperature=RANKING_TEMPERATURE,
                completion=completion,
                seconds=seconds,
            )
        )

    def _contenders(self, expansion: Expansion) -> Sequence[Node]:
        nodes = [node for node in self._tree.of(expansion) if node.program is not None and node.duplicate_of is None]
        return () if any(node.status in (None, "passed") for node in nodes) else nodes

    async def _say(self, prompt: Prompt, temperature: float, limit: int, node: int) -> tuple[Completion, float] | None:
        seed = 0 if self._tree.settings is None else self._tree.settings.seed
        request = SampleRequest(
            messages=prompt.messages,
            prefix=prompt.prefix,
            temperature=temperature,
            max_tokens=limit,
            stop=prompt.stop,
            seed=seed,
            node=node,
        )
        begun = time.monotonic()
        try:
            (completion,) = await self._sampler.sample(request, _unheard, self._control.cancel)
        except BackendError:
            return None  # e.g. a prompt that is too long: the search goes on without
        return None if completion.finish == "cancelled" else (completion, time.monotonic() - begun)
