"""What a recorded run has to offer to a search that samples and executes nothing: completions and verdicts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reason_tui.errors import BackendError, UsageError
from reason_tui.policy import CancelToken, Completion, Message, PolicyInfo, SampleRequest, TokenSink
from reason_tui.programs import identity
from reason_tui.rewards import tests_key
from reason_tui.runs.decisions import overtaken, piece
from reason_tui.sandbox.types import TestRecord, Verdict
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
    or the end cut short are none, and nothing counts of an expansion that the end overtook: how much there is of it is
    a matter of time.
    """

    def __init__(self, events: Iterable[ev.Event]) -> None:
        self._samples: dict[Key, list[Completion]] = {}
        self._failures: dict[Key, str] = {}
        self.verdicts: dict[tuple[str, tuple[str, ...]], Verdict] = {}
        """By the program's identity and the visible tests."""
        self.records: dict[str, dict[str, TestRecord]] = {}
        """By the program's identity: what each test that it ever met showed."""
        self.groups: tuple[ev.Agreement, ...] | None = None
        """As they were recorded; None where nothing was compared."""
        self.group_of: dict[str, int] = {}
        """The index in `groups`, by the program's fingerprint."""
        self.score_of: dict[str, float] = {}
        """How far the others agree with it, by the program's identity; as it was found last."""
        self.scores_among: dict[frozenset[str], dict[str, float]] = {}
        """The same, by which programs were compared."""
        self.total = 0
        """How many samples there are."""
        self._read(list(events))

    def _read(self, events: Sequence[ev.Event]) -> None:
        tree, keys = Tree(), dict[int, Key]()
        completions: dict[int, Completion] = {}
        tasks: dict[int, Task] = {}
        for event in events:
            tree.apply(event)
            if tree.task is not None:
                tasks[tree.tests] = tree.task
            match event:
                case ev.NodeJudged():
                    self._judged(event, tree.nodes[event.node].program, tasks.get(event.tests))
                case ev.ExpansionStarted():
                    keys[event.expansion] = key_of(event.messages, event.prefix, event.temperature)
                case ev.ExpansionFailed():
                    self._failures[keys[event.expansion]] = event.message
                case ev.NodeReflected() | ev.SiblingsRanked():
                    key = key_of(event.messages, event.prefix, event.temperature)
                    self._samples.setdefault(key, []).append(event.completion)
                case ev.NodeAdded():
                    completions[event.node] = event.completion
                case ev.TestsWritten():
                    key = key_of(event.messages, event.prefix, event.temperature)
                    self._samples.setdefault(key, []).extend(event.completions)
                case ev.CandidatesCompared():
                    self.groups = event.groups
                    self._compared(event, tree)
        task, void = tree.task, overtaken(events, tree)
        for node in tree.nodes.values():
            if node.expansion is None or node.expansion in void:
                continue
            if node.reward is not None and not piece(node, tree):
                self._samples.setdefault(keys[node.expansion], []).append(completions[node.id])
                self.total += 1
        for number, group in enumerate(self.groups or ()):
            programs = [tree.nodes[node].program or "" for node in group.nodes]
            self.group_of.update({identity(program, task): number for program in programs if task is not None})

    def _compared(self, event: ev.CandidatesCompared, tree: Tree) -> None:
        if tree.task is not None:
            task = tree.task
            found = {identity(tree.nodes[node].program or "", task): score for node, score in event.scores}
            self.score_of = found
            self.scores_among[frozenset(found)] = found

    def _judged(self, event: ev.NodeJudged, program: str | None, task: Task | None) -> None:
        if program is None or task is None or event.verdict is None:
            return
        key = identity(program, task)
        self.verdicts.setdefault((key, tests_key(task)), event.verdict)
        self.records.setdefault(key, {}).update({record.test: record for record in event.verdict.records})

    def verdict(self, program: str, task: Task) -> Verdict | None:
        """What was found of a program by these tests, or by all of them among others; None where it was not."""
        key = identity(program, task)
        found = self.verdicts.get((key, tests_key(task)))
        known = [verdict for (name, _), verdict in self.verdicts.items() if name == key]
        if found is not None or not known or not known[0].loaded or not known[0].has_entry_point:
            return found or (known[0] if known else None)
        wanted = [case.describe(task.entry_point or "") for case in task.visible]
        records = self.records[key]
        if not wanted or not all(test in records for test in wanted):
            return None
        kept = tuple(records[test] for test in wanted)
        status = "pass" if all(record.ok for record in kept) else "fail"
        return known[0].model_copy(update={"records": kept, "status": status})

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
        found = self._supply.verdict(program, task)
        if found is None:
            raise UsageError(
                "The run cannot be searched again.",
                why="It has no verdict for one of its programs: another version read them out of the replies.",
            )
        return found

    async def observe(self, program: str, task: Task, cases: Sequence[CallCase]) -> Verdict:
        """Nobody knows any more."""
        raise UsageError("A recorded run cannot try new inputs.")

    async def compare(
        self, candidates: Mapping[int, str], weights: Mapping[int, int], task: Task, tests: Sequence[CallCase] = ()
    ) -> Comparison | None:
        """As far as the candidates were compared in the recorded run."""
        if self._supply.groups is None:
            return None
        found: dict[int, list[int]] = {}
        for node, program in candidates.items():
            number = self._supply.group_of.get(identity(program, task))
            if number is not None:
                found.setdefault(number, []).append(node)
        recorded = self._supply.groups
        groups = {number: recorded[number].model_copy(update={"nodes": tuple(n)}) for number, n in found.items()}
        if any(group.passed is not None for group in recorded):  # CodeT's groups stand in the order of their worth
            ordered = [groups[number] for number in sorted(groups)]
        else:
            ordered = sorted(groups.values(), key=lambda group: (-len(group.nodes), group.nodes[0]))
        names = {node: identity(program, task) for node, program in candidates.items()}
        scores = self._supply.scores_among.get(frozenset(names.values()), self._supply.score_of)
        known = ((node, scores.get(name)) for node, name in names.items())
        return Comparison(tuple(ordered), tuple((node, score) for node, score in known if score is not None))
