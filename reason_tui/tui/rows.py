"""A node as one row: where it hangs, `status tests id`, then in columns `Q U visits`, flags, and a note."""

from __future__ import annotations

from dataclasses import dataclass

from reason_tui.search.events import ROOT, SearchSettings
from reason_tui.search.node import Node
from reason_tui.search.tree import ucb1
from reason_tui.text import one_line
from reason_tui.tui.forest import Row
from reason_tui.tui.glyphs import LOOKS, Glyphs, State, generating, number, state_of
from reason_tui.tui.ink import Line, Span, cut, fit, line, width
from reason_tui.tui.run import Run

COLUMNS = 5 + 5 + 5 + 3
"""Cells of Q, U, visits and flags."""
NOTE_MIN = 8
_STATUS = 2 + 4
"""Cells of glyph and tests."""
LEVELS = 8
"""Levels of the tree that are drawn at most; what hangs deeper is marked as such."""


@dataclass(frozen=True)
class Grid:
    """How the cells of a row are shared out: `left` for the tree, `levels` of it drawn, `note` for what may be cut."""

    left: int
    levels: int
    note: int

    @classmethod
    def of(cls, cells: int, run: Run) -> Grid:
        """For a pane of this width: the tree gets what it needs, the note what is left."""
        left = max(cells - COLUMNS, 14)
        name = len(f"n{run.view.tree.next_node - 1}")
        levels = max(2, min(LEVELS, (left - _STATUS - name) // 2))
        needed = 2 * min(max(run.depth, 2), levels) + _STATUS + name + 2
        if left < needed + NOTE_MIN:
            return cls(left, levels, 0)
        return cls(needed, levels, left - needed)


def heading(cells: int, run: Run) -> Line:
    """The names of the columns."""
    grid = Grid.of(cells, run)
    names = f"{'Q':>5}{'U':>5}{'v':>5}"
    return line((fit(" tests id", grid.left), "dim"), (names, "dim"), ("    note" if grid.note else "", "dim"))


def version(row: Row, run: Run, exploration: float) -> tuple[object, ...]:
    """Everything that a row depends on: two rows with the same version look the same."""
    node = run.view.tree.nodes[row.node]
    return (
        row,
        run.depth,
        len(str(run.view.tree.next_node - 1)),
        node.status,
        node.reward,
        node.completion is None,
        node.dead,
        node.pinned,
        node.tests,
        run.is_stale(node),
        run.rollup.is_rolled(node.id) and run.forest.hidden(node.id),
        node.visits,
        node.pending,
        _bound(node, run, exploration),
        run.best is node,
        node.id in run.path,
        len(run.drafts.get(node.id, ())),
    )


def node_row(row: Row, run: Run, settings: SearchSettings, glyphs: Glyphs, cells: int) -> Line:
    """The row in at most `cells` cells."""
    node = run.view.tree.nodes[row.node]
    grid = Grid.of(cells, run)
    if node.id == ROOT and node.program is None:
        return cut(_root(row, run, glyphs), cells)
    state = seen_as(node, run)
    look = LOOKS[state]
    on_path = node.id in run.path
    left: list[Span | str] = [
        (guides(row, glyphs, grid.levels), "faint"),
        (f"{glyphs.of(state)} ", look.style),
    ]
    left.append((f"{run.tests(node):<3} ", look.style))
    left.append((f"n{node.id}", "strong" if on_path else ""))
    if row.folded:
        left.append((f" {glyphs['folded']}{run.forest.hidden(node.id)}", "key"))
    return cut(
        (*_padded(line(*left), grid.left), *_figures(node, run, settings, glyphs, on_path), *_note(node, run, grid)),
        cells,
    )


def seen_as(node: Node, run: Run) -> State:
    """The state of a node, as the run goes."""
    state = state_of(node)
    return "stale" if state not in ("pruned", "root") and run.is_stale(node) else state


def guides(row: Row, glyphs: Glyphs, levels: int) -> str:
    """The lines that show where a row hangs, in at most `levels` steps of two cells."""
    last = row.last
    if not last:
        return ""
    begin = ""
    if len(last) > levels:
        begin, last = fit(glyphs["deep"], 2), last[1 - levels :]
    bars = "".join(glyphs["gap"] if is_last else glyphs["bar"] for is_last in last[:-1])
    return begin + bars + glyphs["corner" if last[-1] else "branch"]


def _root(row: Row, run: Run, glyphs: Glyphs) -> Line:
    task = run.view.task
    name = "" if task is None else task.entry_point or task.id
    hidden = f" {glyphs['folded']}{run.forest.hidden(ROOT)}" if row.folded else ""
    return line((one_line(name, 60) or "the problem", "title"), (hidden, "key"))


def _padded(spans: Line, cells: int) -> Line:
    spans = cut(spans, cells)
    return (*spans, (" " * max(cells - width(spans), 0), ""))


def _figures(node: Node, run: Run, settings: SearchSettings, glyphs: Glyphs, on_path: bool) -> Line:
    style = "strong" if on_path else ""
    value = node.value if node.visits else None
    bound = _bound(node, run, settings.exploration)
    first = glyphs["best"] if run.best is node else glyphs["pinned"] if node.pinned else " "
    second = glyphs[node.origin] if node.origin in ("repair", "edit") else " "
    if run.best is node and node.pinned:
        second = glyphs["pinned"]
    flags = first + second
    return (
        (fit(number(value), 5, ">"), style),
        (fit(number(bound), 5, ">"), "dim"),
        (fit(str(node.visits) if node.visits else "—", 5, ">"), style or "dim"),
        (" " + flags, "best" if run.best is node else "running"),
    )


def _bound(node: Node, run: Run, exploration: float) -> float | None:
    """UCB1 of a node, as the strategy sees it; None where there is nothing to choose."""
    if node.parent is None or not (node.visits + node.pending):
        return None
    return ucb1(node, run.view.tree.nodes[node.parent], exploration)


def _note(node: Node, run: Run, grid: Grid) -> Line:
    if grid.note < 2:
        return ()
    return cut(line((f" {note(node, run)}", "dim")), grid.note)


def note(node: Node, run: Run) -> str:
    """A few words on a node: what was rolled up below it, why it does not pass, or how far it is."""
    if run.rollup.is_rolled(node.id):
        return f"{run.forest.hidden(node.id)} below failed"
    if generating(node):
        characters = sum(map(len, run.drafts.get(node.id, ())))
        return f"{characters} characters" if characters else "waiting"
    return run.note(node)
