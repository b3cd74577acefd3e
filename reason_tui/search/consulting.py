"""Policy calls that give no candidate: a sentence on what is wrong, a ranking of siblings, tests.

None is made unless the settings ask for it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from reason_tui.errors import BackendError
from reason_tui.policy import Completion, SampleRequest
from reason_tui.prompts import OPEN, Prompt, critique, reflect, write_tests
from reason_tui.rewards.codet import written_tests
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
TESTS_A_REPLY = 5
TEST_REPLIES = 4
"""Replies with tests that are sampled in one call: their number is fixed, whatever the width of the search."""
TEST_TOKENS = 256


def _unheard(node: int, text: str) -> None:
    """What is said here belongs to no node that is being written."""


class Consulting:
    """Asks the policy of `tree` beside its expansions. A call that fails costs its answer and nothing else."""

    def __init__(self, tree: Tree, sampler: PolicyThread, emit: Emit, control: Control) -> None:
        self._tree = tree
        self._sampler = sampler
        self._emit = emit
        self._control = control
        self._asked_for_tests = False

    async def write_tests(self) -> bool:
        """Where nothing is visible and the settings say `codet`: tests, once. Whether the policy was asked."""
        settings, task = self._tree.settings, self._tree.task
        if settings is None or task is None or settings.without_tests != "codet" or self._asked_for_tests:
            return False
        if task.visible or task.kind == "math" or task.entry_point is None or self._tree.written is not None:
            return False
        self._asked_for_tests = True  # a call that failed would fail again
        prompt = write_tests(task, TESTS_A_REPLY)
        said = await self._ask(prompt, settings.temperature, TEST_TOKENS, TEST_REPLIES)
        if said is not None:
            completions, seconds = said
            replies = [prompt.prefix.removeprefix(OPEN) + completion.text for completion in completions]
            self._emit(
                ev.TestsWritten(
                    messages=prompt.messages,
                    prefix=prompt.prefix,
                    temperature=settings.temperature,
                    completions=tuple(completions),
                    seconds=seconds,
                    tests=written_tests(replies, task.entry_point),
                )
            )
        return True

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
        said = await self._say(prompt, 0.0, REFLECTION_TOKENS)
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
        said = await self._say(prompt, RANKING_TEMPERATURE, RANKING_TOKENS)
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

    async def _say(self, prompt: Prompt, temperature: float, limit: int) -> tuple[Completion, float] | None:
        said = await self._ask(prompt, temperature, limit, 1)
        return None if said is None else (said[0][0], said[1])

    async def _ask(
        self, prompt: Prompt, temperature: float, limit: int, n: int
    ) -> tuple[list[Completion], float] | None:
        """`n` replies and the seconds they took; None where the call failed or was cut short."""
        seed = 0 if self._tree.settings is None else self._tree.settings.seed
        request = SampleRequest(
            messages=prompt.messages,
            prefix=prompt.prefix,
            n=n,
            temperature=temperature,
            max_tokens=limit,
            stop=prompt.stop,
            seed=seed,
        )
        begun = time.monotonic()
        try:
            completions = await self._sampler.sample(request, _unheard, self._control.cancel)
        except BackendError:
            return None  # e.g. a prompt that is too long: the search goes on without
        if any(completion.finish == "cancelled" for completion in completions):
            return None
        return completions, time.monotonic() - begun
