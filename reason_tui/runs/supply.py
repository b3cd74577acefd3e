"""What a recorded run has to offer to a search that samples and executes nothing: completions and verdicts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reason_tui.errors import BackendError, UsageError
from reason_tui.policy import CancelToken, Completion, Message, PolicyInfo, SampleRequest, TokenSink
from reason_tui.programs import identity
from reason_tui.sandbox.types import Verdict
from reason_tui.search import events as ev
from reason_tui.search.referee import Comparison
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import CallCase, Task

Key = tuple[str, float]
"""The digest of a prompt, and the temperature: samples of another temperature would answer another question."""


def key_of(messages: Sequence[Message], prefix: str, temperature: float) -> Key:
    """What a sample depends on, but for its index."""
    text = json.dumps([[message.role, message.content] for message in messages] + [prefix])
    return hashlib.sha256(text.encode("ascii")).hexdigest(), temperature


class Supply:
    """The completions of a run, by prompt, in the order in which they were sampled. Each is given once.

    Only those that were judged count: of an interrupted run the last may not have been. Pieces of samples that a stop
    cut short are none.
    """

    def __init__(self, events: Iterable[ev.Event]) -> None:
        self._samples: dict[Key, list[Completion]] = {}
        self._failures: dict[Key, str] = {}
        self.verdicts: dict[str, Verdict] = {}
        """By the program's fingerprint."""
        self.groups: tuple[ev.Agreement, ...] | None = None
        """As they were recorded; None where nothing was compared."""
        self.group_of: dict[str, int] = {}
        """The index in `groups`, by the program's fingerprint."""
        self.score_of: dict[str, float] = {}
        """How far the others agree with it, by the program's identity."""
        self.total = 0
        """How many samples there are."""
        self._read(list(events))

    def _read(self, events: Sequence[ev.Event]) -> None:
        tree, keys = Tree(), dict[int, Key]()
        completions: dict[int, Completion] = {}
        scores: tuple[tuple[int, float], ...] = ()
        for event in events:
            tree.apply(event)
            match event:
                case ev.ExpansionStarted():
                    keys[event.expansion] = key_of(event.messages, event.prefix, event.temperature)
                case ev.ExpansionFailed():
                    self._failures[keys[event.expansion]] = event.message
                case ev.NodeReflected() | ev.SiblingsRanked():
                    key = key_of(event.messages, event.prefix, event.temperature)
                    self._samples.setdefault(key, []).append(event.completion)
                case ev.NodeAdded():
                    completions[event.node] = event.completion
                case ev.CandidatesCompared():
                    self.groups, scores = event.groups, event.scores
        task = tree.task
        for node in tree.nodes.values():
            if node.program is not None and node.verdict is not None and task is not None:
                self.verdicts.setdefault(identity(node.program, task), node.verdict)
            if node.expansion is not None and node.reward is not None and not node.cancelled:
                self._samples.setdefault(keys[node.expansion], []).append(completions[node.id])
                self.total += 1
        if task is not None:
            self.score_of = {identity(tree.nodes[node].program or "", task): score for node, score in scores}
        for number, group in enumerate(self.groups or ()):
            programs = [tree.nodes[node].program or "" for node in group.nodes]
            self.group_of.update({identity(program, task): number for program in programs if task is not None})

    def left(self, key: Key) -> int:
        """How many samples of this prompt were not given yet."""
        return len(self._samples.get(key, ()))

    def failure(self, key: Key) -> str | None:
        """Why the policy had no answer to this prompt; None where it was never asked in vain."""
        return self._failures.get(key)

    def take(self, key: Key, n: int) -> list[Completion]:
        """The next `n` samples of this prompt. Raises BackendError, as the policy did, where there are fewer."""
        found = self._samples.get(key, [])
        if len(found) < n:
            raise BackendError(self._failures.get(key, "The recorded samples ran out."))
        self._samples[key] = found[n:]
        return found[:n]


class RecordedPolicy:
    """A `Policy` that answers from a supply."""

    def __init__(self, info: PolicyInfo, supply: Supply) -> None:
        self.info = info
        self._supply = supply

    def sample(self, request: SampleRequest, on_token: TokenSink, cancel: CancelToken) -> list[Completion]:
        """The next recorded ones."""
        return self._supply.take(key_of(request.messages, request.prefix, request.temperature), request.n)

    def count_tokens(self, messages: Sequence[Message], prefix: str = "") -> int:
        """Nobody knows any more."""
        raise BackendError("A recorded run cannot count tokens.")

    def load_adapter(self, adapter: Path | None) -> None:
        """A record is of one adapter."""
        raise BackendError("A recorded run cannot load an adapter.")

    def close(self) -> None:
        """Nothing to free."""


class RecordedReferee:
    """A `Referee` that answers from a supply."""

    def __init__(self, supply: Supply) -> None:
        self._supply = supply

    async def verdict(self, program: str, task: Task) -> Verdict:
        """The verdict of the program that had this normal form."""
        found = self._supply.verdicts.get(identity(program, task))
        if found is None:
            raise UsageError(
                "The run cannot be searched again.",
                why="It has no verdict for one of its programs: another version read them out of the replies.",
            )
        return found

    async def observe(self, program: str, task: Task, cases: Sequence[CallCase]) -> Verdict:
        """Nobody knows any more."""
        raise UsageError("A recorded run cannot try new inputs.")

    async def compare(self, candidates: Mapping[int, str], weights: Mapping[int, int], task: Task) -> Comparison | None:
        """As far as the candidates were compared in the recorded run."""
        if self._supply.groups is None:
            return None
        found: dict[int, list[int]] = {}
        for node, program in candidates.items():
            number = self._supply.group_of.get(identity(program, task))
            if number is not None:
                found.setdefault(number, []).append(node)
        groups = [
            ev.Agreement(nodes=tuple(nodes), inputs=self._supply.groups[number].inputs)
            for number, nodes in found.items()
        ]
        ordered = sorted(groups, key=lambda group: (-len(group.nodes), group.nodes[0]))
        known = ((node, self._supply.score_of.get(identity(program, task))) for node, program in candidates.items())
        return Comparison(tuple(ordered), tuple((node, score) for node, score in known if score is not None))
