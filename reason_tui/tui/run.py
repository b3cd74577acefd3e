"""One run as the app shows it: the fold, its rows, its log, its best, and the text of what is being generated."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from reason_tui.runs.fold import RunView
from reason_tui.search import events as ev
from reason_tui.search.node import Node
from reason_tui.text import one_line
from reason_tui.tui.arranging import Arranging
from reason_tui.tui.attic import Attic
from reason_tui.tui.forest import ROOT, Forest
from reason_tui.tui.glyphs import LOOKS, State, outcome_of, state_of, tests_of
from reason_tui.tui.ink import Line
from reason_tui.tui.notes import reason
from reason_tui.tui.ranking import Ranking
from reason_tui.tui.rollup import RollUp
from reason_tui.tui.undoing import Undoing

MAX_LOG = 5000
HISTORY = 120
NOTE = 60
"""Characters of a note that are kept of a node in the attic."""


@dataclass
class Run:
    """`apply` takes the events; `frame` does, ten times a second, what need not be done for each of them."""

    view: RunView = field(default_factory=RunView)
    forest: Forest = field(default_factory=Forest)
    drafts: dict[int, list[str]] = field(default_factory=dict)
    log: deque[Line] = field(default_factory=lambda: deque(maxlen=MAX_LOG))
    logged: int = 0
    """How many lines were ever logged; the log keeps the last of them."""
    counts: Counter[State | None] = field(default_factory=Counter)
    """Judged nodes by what came of them."""
    best: Node | None = None
    path: frozenset[int] = frozenset()
    """The nodes from the root to the best."""
    rewards: deque[float] = field(default_factory=lambda: deque(maxlen=HISTORY))
    """The best reward after each judged node."""
    focus: int | None = None
    """Where one who follows the search should look."""
    depth: int = 0
    """Of the deepest node."""
    lost: bool = False
    """It was over before its last event: the engine died, or its journal could not be written."""
    stale: int = 0
    """Nodes that wait to be judged again, by the tests as they are now."""
    rollup: RollUp = field(default_factory=RollUp)
    arranging: Arranging = field(default_factory=Arranging)
    undoing: Undoing = field(default_factory=Undoing)
    _ranking: Ranking = field(default_factory=Ranking)
    _attic: Attic = field(default_factory=Attic)
    _changed: set[int] = field(default_factory=set)
    """Nodes that are new or have another status, since the last frame."""

    @property
    def id(self) -> str | None:
        """Its name in the state folder."""
        return None if self.view.started is None else self.view.started.run

    @property
    def resumable(self) -> bool:
        """Whether it could go on: it was interrupted, stopped, or failed."""
        finished = self.view.finished
        return self.view.started is not None and (self.lost if finished is None else not finished.final)

    @property
    def settings(self) -> ev.SearchSettings:
        """How it is searched now."""
        return self.view.settings or ev.SearchSettings()

    # Nodes.

    def node(self, number: int) -> Node:
        """A node with all its texts; the root where there is no such node."""
        tree = self.view.tree
        node = tree.nodes.get(number) or tree.root
        self._attic.down(node, tree)
        return node

    def tests(self, node: Node) -> str:
        """What its row says of its tests."""
        return self._attic.tests(node.id) if node.id in self._attic else tests_of(node)

    def note(self, node: Node) -> str:
        """Why it does not pass, in a few words."""
        return self._attic.note(node.id) if node.id in self._attic else reason(node)

    def is_stale(self, node: Node) -> bool:
        """Whether its figures are by tests that are no longer those of the task."""
        tree = self.view.tree
        judged = node.reward is not None and node.status != "unparsable" and node.id != ROOT
        return judged and node.tests != tree.tests and (node.id in self._attic or tree.stale(node))

    def draft(self, node: int) -> str:
        """What was generated of a node so far."""
        return "".join(self.drafts.get(node, ()))

    def describe(self, node: Node) -> str:
        """What a filter finds in it: id, state, origin, why it fails, its program."""
        program = self._attic.program(node.id) if node.id in self._attic else node.program or ""
        state = state_of(node)
        return f"n{node.id} {state} {LOOKS[state].word} {node.origin} {self.note(node)} {program}".lower()

    # The fold.

    def apply(self, event: ev.Event) -> None:
        """Fold one event in, and keep rows, tallies and best in step."""
        nodes, first = self.view.tree.nodes, True
        if isinstance(event, ev.NodeJudged) and event.node in nodes:
            first = self.node(event.node).reward is None
            self._forget(nodes[event.node])
        self.undoing.apply(event, self.view.tree)
        self.view.apply(event)
        self._grow(event)
        self._ranking.apply(event, self.view.tree, first=first)
        self._tally(event)
        if isinstance(event, ev.RunContinued):
            self._regrow()

    def _forget(self, node: Node) -> None:
        """Its verdict is about to be replaced."""
        if node.status is not None:
            self.counts[outcome_of(node)] -= 1
            self.stale -= self.is_stale(node)

    def _grow(self, event: ev.Event) -> None:
        tree = self.view.tree
        match event:
            case ev.ExpansionStarted():
                for node in event.nodes:
                    self.forest.add(node, event.parent)
                self.focus = event.nodes[0]
                self.depth = max(self.depth, tree.nodes[event.nodes[0]].depth)
                self._changed.update(event.nodes)
            case ev.ExpansionFailed():
                for node in tree.expansions[event.expansion].nodes:
                    if node not in tree.nodes:
                        self.forest.remove(node)
                        self.drafts.pop(node, None)
            case ev.NodeAdded():
                self.drafts.pop(event.node, None)
            case ev.HandEdited():
                self.forest.add(event.node, event.parent)
                self.focus = event.node
                self.depth = max(self.depth, tree.nodes[event.node].depth)
                self._changed.add(event.node)
            case _:
                pass

    def _tally(self, event: ev.Event) -> None:
        match event:
            case ev.NodeJudged():
                self.counts[outcome_of(self.view.tree.nodes[event.node])] += 1
                self.rewards.append(max(event.reward, self.rewards[-1] if self.rewards else 0.0))
                self.stale += self.is_stale(self.view.tree.nodes[event.node])
                self._changed.add(event.node)
                self._attic.judged(event.node)
            case ev.NodePruned() | ev.NodeRestored():
                self._changed.update(_below(self.view, event.node))
            case ev.NodePinned():
                self._changed.add(event.node)
            case ev.TestAdded() | ev.TestEdited() | ev.TestRemoved() | ev.QuestionAnswered():
                self.stale = sum(map(self.is_stale, self.view.tree.nodes.values()))
                self.rewards.clear()
            case ev.RunFinished():
                self.focus = event.answer
            case _:
                pass

    def _regrow(self) -> None:
        """A run that goes on forgot what was cut short: rows and tallies anew, folds kept."""
        nodes = self.view.tree.nodes.values()
        self.forest = Forest.of(((node.id, node.parent) for node in nodes), self.forest.folded)
        self.counts = Counter(outcome_of(node) for node in nodes if node.status is not None)
        self.drafts.clear()
        self.best, self.path, self.lost = None, frozenset(), False
        self.rollup = RollUp()
        self._changed.update(self.view.tree.nodes)

    # Once a frame.

    def frame(self) -> None:
        """Find the best, roll up, sort and filter what changed, and put away the texts that nobody looks at."""
        self.rank()
        tree = self.view.tree
        self.rollup.changed(sorted(self._changed), tree, self.forest)
        for number in self._changed:
            if number in tree.nodes:
                self.arranging.touched(tree.nodes[number], tree)
        self._changed.clear()
        self.arranging.frame(tree, self.forest, self.describe, self.settings.exploration)
        for number in self._attic.due():
            node = tree.nodes.get(number)
            if node is not None and node is not self.best and not node.pinned:
                self._attic.up(node, tree, tests_of(node), one_line(reason(node), NOTE))

    def rank(self) -> None:
        """Find the best, which an answered run names itself."""
        view, before = self.view, self.best
        self.best = view.answer if view.finished is not None else self._ranking.best(view.tree)
        if self.best is not None and self.best is not before:
            self.path = frozenset(node.id for node in view.tree.ancestors(self.best))
            self.focus = self.best.id
            self.node(self.best.id)


def _below(view: RunView, node: int) -> list[int]:
    """A node and all below it."""
    found = [node]
    for number in found:
        found += view.tree.nodes[number].children
    return found
