"""What can be written of a run to a file, for the dialog."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from reason_tui.runs import export as exporting
from reason_tui.runs.journal import load
from reason_tui.runs.with_tests import with_tests
from reason_tui.search.node import Node
from reason_tui.tui.glyphs import LOOKS, Glyphs, state_of, tests_of
from reason_tui.tui.ink import Line, line
from reason_tui.tui.picture import html, rows_of, svg
from reason_tui.tui.run import Run
from reason_tui.tui.screens.export import Kind

_LABELS = {"report": "report", "journal": "run bundle", "bundle": "run bundle", "pairs": "pairs", "sft": "sft"}


def kinds(node: Node, run: Run, glyphs: Glyphs, folder: Path | None, theme: str) -> list[Kind]:
    """The program of the node first, then what there is of the whole run."""
    found = _program(node, run, glyphs) if node.program is not None else []
    if folder is not None:
        for kind in get_args(exporting.ExportKind):
            if kind not in ("solution", "tests"):
                found.append(_whole(kind, run, folder))
    title = run.id or "tree"
    many = f"{len(run.forest):,} rows as they are folded and sorted now"
    found.append(Kind("tree.svg", "tree.svg", _head(many), lambda: svg(rows_of(run, glyphs), theme, title).encode()))
    found.append(Kind("tree.html", "tree.html", _head(many), lambda: html(rows_of(run, glyphs), theme, title).encode()))
    return found


def _program(node: Node, run: Run, glyphs: Glyphs) -> list[Kind]:
    task, program = run.view.task, (node.program or "").rstrip("\n") + "\n"
    state = state_of(node)
    mark = f"{glyphs.of(state)} {tests_of(node)}"
    head = line((f"n{node.id}  ", "strong"), (mark, LOOKS[state].style), (f"  {program.count(chr(10))} lines", "dim"))
    entry = (task.entry_point if task is not None else None) or ""
    name = entry if entry.isidentifier() else "solution"
    made = [Kind("program", f"{name}.py", head, lambda: program.encode("utf-8", "replace"))]
    if task is not None and task.visible:
        tested = with_tests(task, program)
        made.append(Kind("with tests", f"test_{name}.py", head, lambda: tested.encode("utf-8", "replace")))
    return made


def _whole(kind: exporting.ExportKind, run: Run, folder: Path) -> Kind:
    """The whole run, out of its journal: what is in memory may have been put away."""
    label = _LABELS.get(kind, kind)

    def content() -> bytes:
        view, _ = load(folder)
        return exporting.content(view, kind, folder)

    return Kind(label, exporting.NAMES[kind], _head(f"{run.id}"), content)


def _head(words: str) -> Line:
    return line((words, "dim"))
