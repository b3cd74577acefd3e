"""One expansion: prompt, policy call, programs. Begins one, or samples what is missing of one that was cut off."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence

from reason_tui.errors import BackendError
from reason_tui.policy import Completion, SampleRequest
from reason_tui.programs import Extraction, extract, extract_solution
from reason_tui.prompts import Prompt, revise_math, solve_math, wrong_answer, wrong_step
from reason_tui.rewards import what_is_wrong
from reason_tui.search import events as ev
from reason_tui.search.consulting import Consulting
from reason_tui.search.control import Control
from reason_tui.search.effort import Effort
from reason_tui.search.judging import Emit, Judging
from reason_tui.search.pruning import fitting_draft, fitting_repair
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.strategies import Ask
from reason_tui.search.tree import Expansion, Node, Tree
from reason_tui.tasks.types import Task

OnToken = Callable[[int, str], None]
"""Called with the node that is being generated and its new text, from the policy's thread."""


def prompt_below(tree: Tree, parent: Node, way: ev.Prompting = "plain") -> Prompt:
    """What the policy is told for an expansion of `parent` as things are now; `way` is how a draft is asked for."""
    return _told(tree, parent, way)[0]


def _told(tree: Tree, parent: Node, way: ev.Prompting) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt, and in words what was left out of it."""
    assert tree.task is not None, "the run has begun"
    hints = [tree.hints[hint].text for hint in hints_at(tree, parent)]
    if tree.task.kind == "math":
        return _math_prompt(tree.task, parent, hints), ()
    if parent.program is None or parent.verdict is None:
        return fitting_draft(tree, tree.task, hints, way)
    return fitting_repair(tree, tree.task, parent, parent.program, parent.verdict, hints)


def _math_prompt(task: Task, parent: Node, hints: Sequence[str]) -> Prompt:
    if parent.program is None or parent.verdict is None:
        return solve_math(task.prompt, hints)
    wrong = what_is_wrong(parent.verdict)
    told = wrong_answer() if wrong is None else wrong_step(*wrong)
    return revise_math(task.prompt, parent.program, told, hints)


def hints_at(tree: Tree, parent: Node) -> tuple[int, ...]:
    """The hints that hold for an expansion of `parent`: those given to it or a node above it, oldest first."""
    if not tree.hints:
        return ()
    above = {node.id for node in tree.ancestors(parent)}
    return tuple(number for number, hint in tree.hints.items() if hint.node in above)


class Expanding:
    """Makes expansions of `tree`. Everything it finds out is emitted."""

    def __init__(
        self,
        tree: Tree,
        sampler: PolicyThread,
        judging: Judging,
        emit: Emit,
        control: Control,
        on_token: OnToken,
        effort: Effort,
    ) -> None:
        self._tree = tree
        self._sampler = sampler
        self._judging = judging
        self._emit = emit
        self._control = control
        self._on_token = on_token
        self._effort = effort
        self._consulting = Consulting(tree, sampler, emit, control)

    @property
    def _task(self) -> Task:
        assert self._tree.task is not None, "the run has begun"
        return self._tree.task

    @property
    def _settings(self) -> ev.SearchSettings:
        assert self._tree.settings is not None, "the run has begun"
        return self._tree.settings

    def begin(self, ask: Ask) -> Expansion:
        """A new expansion: its prompt, and the ids of its nodes."""
        parent = self._tree.nodes[ask.parent]
        prompt, cut = _told(self._tree, parent, ask.prompt)
        number = len(self._tree.expansions)
        first = self._tree.next_node
        n = self._settings.left(self._tree.ledger.completions, ask.n)
        self._emit(
            ev.ExpansionStarted(
                expansion=number,
                parent=ask.parent,
                origin="draft" if parent.program is None else "repair",
                nodes=tuple(range(first, first + n)),
                messages=prompt.messages,
                prefix=prompt.prefix,
                temperature=ask.temperature,
                seed=_seed(self._settings.seed, number),
                prompt=ask.prompt,
                hints=hints_at(self._tree, parent),
                cut=cut,
                stop=prompt.stop,
            )
        )
        return self._tree.expansions[number]

    async def sample(self, expansion: Expansion) -> None:
        """Make the policy call if samples are missing, and start what is to be run; nothing is told yet.

        Nothing that is in the tree is added or run again. Where some samples are missing the call is made as it was:
        the same seed gives the same siblings.
        """
        missing = {node.id for node in self._tree.of(expansion) if node.completion is None}
        if missing and (completions := await self._sample(expansion.started)):
            for node, completion in zip(expansion.nodes, completions, strict=True):
                if node in missing:
                    self._add(expansion, node, completion)
        self._judging.start(self._tree.of(expansion))

    async def prepare(self) -> bool:
        """What the policy is asked before the first draft, if anything; whether it was asked."""
        return await self._consulting.write_tests()

    async def consult(self, expansion: Expansion) -> None:
        """What the policy is asked once the verdicts of an expansion are told, if anything."""
        await self._consulting.rank(expansion)
        await self._consulting.reflect(expansion)

    async def _sample(self, started: ev.ExpansionStarted) -> Sequence[Completion]:
        """The completions; none where the policy failed, which costs a run with programs only this branch."""

        def stream(sibling: int, text: str) -> None:
            self._on_token(started.nodes[sibling], text)

        begun = time.monotonic()
        try:
            completions = await self._sampler.sample(self._request(started), stream, self._control.cancel)
        except BackendError as error:
            self._emit(ev.ExpansionFailed(expansion=started.expansion, message=str(error)))
            if not any(node.program is not None for node in self._tree.nodes.values()):
                raise
            return ()
        seconds = time.monotonic() - begun
        self._emit(ev.ExpansionSampled(expansion=started.expansion, seconds=seconds, controller_s=self._effort.take()))
        return completions

    def _request(self, started: ev.ExpansionStarted) -> SampleRequest:
        return SampleRequest(
            messages=started.messages,
            prefix=started.prefix,
            n=len(started.nodes),
            temperature=started.temperature,
            top_p=self._settings.top_p,
            max_tokens=self._settings.max_tokens,
            stop=started.stop,
            seed=started.seed,
        )

    def _add(self, expansion: Expansion, node: int, completion: Completion) -> None:
        found = _program(expansion.started.prefix, completion, self._task)
        original = None if found.program is None else self._judging.original(found.program, node)
        self._emit(
            ev.NodeAdded(
                expansion=expansion.id,
                node=node,
                completion=completion,
                program=found.program,
                rejection=found.reason,
                duplicate_of=original,
            )
        )


def _program(prefix: str, completion: Completion, task: Task) -> Extraction:
    if completion.finish == "cancelled":
        return Extraction(program=None, reason="stopped while it was being written")
    return extract_solution(completion.text) if task.kind == "math" else extract(prefix + completion.text, task)


def _seed(seed: int, expansion: int) -> int:
    """A seed for each expansion that nearby run seeds do not share."""
    digest = hashlib.blake2b(f"{seed}:{expansion}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) & 0x7FFFFFFF
