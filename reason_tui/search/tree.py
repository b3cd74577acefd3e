"""The search tree: a fold over events. The strategies read it, the screens show it, a journal rebuilds it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from reason_tui.search import events as ev
from reason_tui.search.folding import steer
from reason_tui.search.ledger import Ledger
from reason_tui.search.node import Expansion, Node
from reason_tui.search.room import CHARACTERS, characters_of
from reason_tui.tasks.types import CallCase, Task

_GRAIN = 2.0**-32
"""Rewards are added up in these steps: a million of them still are a sum without a rounding."""


class Tree:
    """Nodes by id, in the order in which they came to be. `apply` is the only way in which a tree changes."""

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {ev.ROOT: Node(ev.ROOT, None, "root")}
        self.expansions: dict[int, Expansion] = {}
        self.ledger = Ledger()
        self.groups: tuple[ev.Agreement, ...] = ()
        self.task: Task | None = None
        """What is being solved, with the visible tests as they are now."""
        self.tests = 0
        """The version of the visible tests: how often they were changed."""
        self.context_length: int | None = None
        """Of the policy, in tokens."""
        self.characters = CHARACTERS
        """The fewest characters a token that a prompt of this run had; see `room`."""
        self.edited = False
        """Whether there are programs by hand."""
        self.settings: ev.SearchSettings | None = None
        """As they are now."""
        self.hints: dict[int, ev.HintGiven] = {}
        """Those that hold, by their number."""
        self.next_hint = 0
        self.questions: list[ev.QuestionAsked] = []
        """Every one that was asked."""
        self.answers: dict[int, ev.QuestionAnswered] = {}
        """By the question's number."""
        self.question: ev.QuestionAsked | None = None
        """The one that waits for its answer."""
        self.scores: dict[int, float] = {}
        """How far the other samples agree with each program that was compared."""
        self.compared = False
        """Whether `groups` speaks of every candidate there is."""
        self.met: frozenset[int] = frozenset()
        """The nodes that were compared to make `groups`."""
        self.written: tuple[CallCase, ...] | None = None
        """The tests that the policy wrote, where it was asked for some."""
        self.next_node = ev.ROOT + 1
        """The first id that no node ever had."""
        self.seconds = 0.0
        """How long was searched: from event to event, without the time in which nobody did."""
        self.last_at: float | None = None
        """When the last event was, by its own clock."""
        self._failed = False

    @property
    def root(self) -> Node:
        """Node 0."""
        return self.nodes[ev.ROOT]

    def children(self, node: Node) -> list[Node]:
        """The children of a node, oldest first."""
        return [self.nodes[child] for child in node.children]

    def ancestors(self, node: Node) -> Iterator[Node]:
        """The node itself, its parent, and so on up to the root."""
        at: Node | None = node
        while at is not None:
            yield at
            at = None if at.parent is None else self.nodes[at.parent]

    def candidates(self) -> list[Node]:
        """Every node with a program and a reward, oldest first."""
        return [node for node in self.nodes.values() if node.program is not None and node.reward is not None]

    def stale(self, node: Node) -> bool:
        """Whether the reward of a node is by visible tests that are no longer those of the task."""
        return node.reward is not None and node.verdict is not None and node.tests != self.tests

    def of(self, expansion: Expansion) -> list[Node]:
        """The nodes of an expansion, without those that vanished when it failed."""
        return [self.nodes[node] for node in expansion.nodes if node in self.nodes]

    def unfinished(self) -> list[Expansion]:
        """Expansions with nodes that wait for their completion or their verdict, oldest first."""
        return [each for each in self.expansions.values() if any(node.reward is None for node in self.of(each))]

    def apply(self, event: ev.Event) -> None:
        """Fold one event in. Events that do not concern the tree change nothing."""
        self._pass_time(event)
        match event:
            case ev.RunStarted():
                self.root.program = event.task.given
                self.task, self.settings = event.task, event.settings
                self.context_length = event.policy.context_length
            case ev.ExpansionStarted():
                self._start(event)
            case ev.ExpansionSampled():
                self.expansions[event.expansion].sampled = True
                self.ledger = self.ledger.charge_model(event.seconds).charge_controller(event.controller_s)
            case ev.ExpansionFailed():
                self._fail(event.expansion)
            case ev.NodeAdded():
                self._add(event)
            case ev.NodeJudged():
                self._judge(event)
            case ev.CandidatesCompared():
                self.groups, self.scores = event.groups, dict(event.scores)
                self.compared = True
                self.met = frozenset(event.nodes) or frozenset(node for group in event.groups for node in group.nodes)
            case ev.RunContinued():
                self._go_on()
            case ev.RunFinished():
                self._failed = event.reason == "failed"
                self.ledger = self.ledger.charge_controller(event.controller_s)
            case _:
                steer(self, event)

    def _pass_time(self, event: ev.Event) -> None:
        """A clock that was set back costs nothing."""
        if self.last_at is not None and not isinstance(event, ev.RunContinued):
            self.seconds += max(event.at - self.last_at, 0.0)
        self.last_at = event.at

    def _start(self, event: ev.ExpansionStarted) -> None:
        parent = self.nodes[event.parent]
        self.next_node = max(self.next_node, *(node + 1 for node in event.nodes))
        self.expansions[event.expansion] = Expansion(event.expansion, event.parent, event.origin, event.nodes, event)
        for node in event.nodes:
            self.nodes[node] = Node(
                node, parent.id, event.origin, depth=parent.depth + 1, expansion=event.expansion, dead=parent.dead
            )
            parent.children.append(node)
        for node_ in self.ancestors(parent):
            node_.pending += len(event.nodes)

    def _fail(self, expansion: int) -> None:
        parent = self.nodes[self.expansions[expansion].parent]
        parent.blocked = True
        self.expansions[expansion].failed = True
        missing = [n for n in self.expansions[expansion].nodes if self.nodes[n].completion is None]
        for node in missing:
            parent.children.remove(node)
            del self.nodes[node]
        for above in self.ancestors(parent):
            above.pending -= len(missing)

    def _add(self, event: ev.NodeAdded) -> None:
        node = self.nodes[event.node]
        self.compared = False
        node.completion = event.completion.text
        node.cancelled = event.completion.finish == "cancelled"
        node.completion_tokens = event.completion.usage.completion
        node.tokens = event.completion.usage.total
        node.mean_logprob = event.completion.mean_logprob
        node.program = event.program
        node.rejection = event.rejection
        node.duplicate_of = event.duplicate_of
        self.ledger = self.ledger.charge_completion(event.completion.usage)
        started = self.expansions[event.expansion].started
        asked = sum(len(message.content) for message in started.messages) + len(started.prefix)
        self.characters = characters_of(self.characters, asked, event.completion.usage)

    def _judge(self, event: ev.NodeJudged) -> None:
        node = self.nodes[event.node]
        before = node.reward
        node.reward, node.status, node.verdict, node.tests = event.reward, event.status, event.verdict, event.tests
        if event.executed and event.verdict is not None:
            self.ledger = self.ledger.charge_program(event.verdict.ms / 1000)
        for above in self.ancestors(node):
            above.total += _grained(event.reward) - _grained(before or 0.0)
            if before is None:
                above.visits += 1
                above.pending -= above is not node and node.id != ev.ROOT

    def _go_on(self) -> None:
        """What was cut short is in flight again, and what a failed run gave up may be tried once more."""
        for node in list(self.nodes.values()):
            if node.cancelled:
                self._take_back(node)
            elif self._failed:
                node.blocked = False
        self._failed = False

    def _take_back(self, node: Node) -> None:
        """As it was before it was sampled. Its expansion's other nodes are as they are."""
        if node.reward is not None:
            for above in self.ancestors(node):
                above.visits -= 1
                above.total -= _grained(node.reward)
                above.pending += above is not node
        self.nodes[node.id] = Node(
            node.id,
            node.parent,
            node.origin,
            depth=node.depth,
            expansion=node.expansion,
            pruned=node.pruned,
            dead=node.dead,
        )
        self.ledger = self.ledger.take_back_completion()


def _grained(reward: float) -> float:
    """To a multiple of `_GRAIN`, whose sums are exact: the same in whatever order siblings are judged."""
    return round(reward / _GRAIN) * _GRAIN


def ucb1(node: Node, parent: Node, exploration: float) -> float:
    """W/N + c * sqrt(ln N_parent / N), siblings in flight below counted as visits without reward (virtual loss).

    Infinite for a node that was never visited.
    """
    visits = node.visits + node.pending
    if visits == 0:
        return math.inf
    above = max(parent.visits + parent.pending, 1)
    return node.blended(node.total / visits) + exploration * math.sqrt(math.log(above) / visits)


__all__ = ["Expansion", "Node", "Tree", "ucb1"]
