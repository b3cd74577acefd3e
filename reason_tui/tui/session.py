"""What the app knows: the run as its events tell it, the latest telemetry, and how the engine is. No Textual here.

`apply` takes the engine's messages in order; widgets read, ten times a second.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from reason_tui.engine import protocol as pr
from reason_tui.errors import ReasonTuiError
from reason_tui.rewards import Status
from reason_tui.runs.fold import RunView
from reason_tui.search import events as ev
from reason_tui.search.tree import Node
from reason_tui.tui.forest import Forest
from reason_tui.tui.glyphs import Glyphs
from reason_tui.tui.ink import Line
from reason_tui.tui.logbook import told

MAX_LOG = 5000
HISTORY = 120
Phase = Literal["none", "loading", "ready", "dead"]


@dataclass
class Run:
    """One run: the fold, its rows, its log, and the text of what is being generated."""

    view: RunView = field(default_factory=RunView)
    forest: Forest = field(default_factory=Forest)
    drafts: dict[int, list[str]] = field(default_factory=dict)
    log: deque[Line] = field(default_factory=lambda: deque(maxlen=MAX_LOG))
    logged: int = 0
    """How many lines were ever logged; the log keeps the last of them."""
    counts: Counter[Status] = field(default_factory=Counter)
    best: Node | None = None
    path: frozenset[int] = frozenset()
    """The nodes from the root to the best."""
    rewards: deque[float] = field(default_factory=lambda: deque(maxlen=HISTORY))
    """The best reward after each judged node."""
    focus: int | None = None
    """Where one who follows the search should look."""

    depth: int = 0
    """Of the deepest node."""
    unranked: bool = False
    lost: bool = False
    """It was over before its last event: the engine died, or its journal could not be written."""

    @property
    def id(self) -> str | None:
        """Its name in the state folder."""
        return None if self.view.started is None else self.view.started.run

    @property
    def resumable(self) -> bool:
        """Whether it could go on: it was interrupted, stopped, or failed."""
        finished = self.view.finished
        return self.view.started is not None and (self.lost if finished is None else not finished.final)

    def rank(self) -> None:
        """Find the best, if it may have changed. Called before each frame."""
        if not self.unranked:
            return
        self.unranked = False
        before, self.best = self.best, self.view.answer
        if self.best is not None and self.best is not before:
            self.path = frozenset(node.id for node in self.view.tree.ancestors(self.best))
            self.focus = self.best.id

    def draft(self, node: int) -> str:
        """What was generated of a node so far."""
        return "".join(self.drafts.get(node, ()))


class Session:
    """The engine and the run that is shown."""

    def __init__(self, glyphs: Glyphs | None = None) -> None:
        self.glyphs = glyphs or Glyphs()
        self.phase: Phase = "none"
        self.info: pr.Ready | None = None
        self.death: ReasonTuiError | None = None
        self.problems: deque[pr.Problem] = deque()
        """What should be told to the user, and was not yet."""
        self.run = Run()
        self.served = False
        """Whether the engine that is there, or was there last, was ever ready."""
        self.stopping = False
        self.starting = False
        self.tokens_per_s = 0.0
        self.speeds: deque[float] = deque(maxlen=HISTORY)
        self.engine_mb = 0.0
        self.version = 0
        """Grows with every message: nothing is drawn again while it stands still."""

    @property
    def going(self) -> bool:
        """Whether a run is going on or about to."""
        return self.starting or (not self.run.lost and self.run.view.state in ("running", "paused"))

    @property
    def elapsed(self) -> float:
        """Seconds of the run, by the clock while it goes on."""
        view = self.run.view
        return view.elapsed_at(time.time()) if self.going and not self.starting else view.elapsed

    def apply(self, message: pr.Message) -> None:
        """Fold one message in."""
        self.version += 1
        match message:
            case pr.Ready():
                self.phase, self.info, self.death, self.served = "ready", message, None, True
            case pr.RunEvent() if isinstance(message.event, ev.RunStarted) or message.run == self.run.id:
                self._event(message.event)
            case pr.TokenText():
                self.run.drafts.setdefault(message.node, []).append(message.text)
            case pr.Metrics():
                self.tokens_per_s, self.engine_mb = message.tokens_per_s, message.engine_memory_mb
                self.speeds.append(message.tokens_per_s)
            case pr.Problem():
                self.starting = False
                self.run.lost = self.run.lost or (message.run is not None and self.run.view.finished is None)
                if not message.fatal:
                    self.problems.append(message)

    def loading(self) -> None:
        """An engine is being started."""
        self.phase, self.death, self.served = "loading", None, False
        self.version += 1

    def died(self, error: ReasonTuiError) -> None:
        """The engine is gone; whatever run there was is over, its journal is kept."""
        self.phase, self.death, self.info = "dead", error, None
        self.starting = self.stopping = False
        self.run.lost = self.run.view.finished is None and self.run.view.started is not None
        self.tokens_per_s = 0.0
        self.version += 1

    def replay(self, events: Iterable[ev.Event]) -> None:
        """Show a run out of its journal."""
        for event in events:
            self._event(event)
        self.run.lost = self.run.view.finished is None
        self.version += 1

    def _event(self, event: ev.Event) -> None:
        if isinstance(event, ev.RunStarted):
            self.run = Run()
            self.starting = self.stopping = False
            self.speeds.clear()
        run = self.run
        run.view.apply(event)
        _grow(run, event)
        _rank(run, event)
        if isinstance(event, ev.RunContinued):
            _regrow(run)
            self.starting = self.stopping = False
        if isinstance(event, ev.RunFinished):
            run.focus = event.answer
            self.stopping = False
            self.tokens_per_s = 0.0
        for row in told(event, run.view, self.glyphs):
            run.log.append(row)
            run.logged += 1


def _grow(run: Run, event: ev.Event) -> None:
    """Keep the rows in step with the tree."""
    match event:
        case ev.ExpansionStarted():
            for node in event.nodes:
                run.forest.add(node, event.parent)
            run.focus = event.nodes[0]
            run.depth = max(run.depth, run.view.tree.nodes[event.nodes[0]].depth)
        case ev.ExpansionFailed():
            for node in run.view.tree.expansions[event.expansion].nodes:
                if node not in run.view.tree.nodes:
                    run.forest.remove(node)
                    run.drafts.pop(node, None)
        case ev.NodeAdded():
            run.drafts.pop(event.node, None)
        case _:
            pass


def _regrow(run: Run) -> None:
    """A run that goes on forgot what was cut short: rows and tallies anew, folds kept."""
    nodes = run.view.tree.nodes.values()
    run.forest = Forest.of(((node.id, node.parent) for node in nodes), run.forest.folded)
    run.counts = Counter(node.status for node in nodes if node.status is not None)
    run.drafts.clear()
    run.best, run.path, run.unranked, run.lost = None, frozenset(), True, False


def _rank(run: Run, event: ev.Event) -> None:
    """Note whether the best may have changed. To find it every node is looked at: once a frame, not once an event."""
    if isinstance(event, ev.NodeJudged):
        run.counts[event.status] += 1
        run.rewards.append(max(event.reward, run.rewards[-1] if run.rewards else 0.0))
        if run.best is None or event.reward >= (run.best.reward or 0.0):
            run.unranked = True
    elif isinstance(event, ev.CandidatesCompared | ev.RunFinished):
        run.unranked = True
