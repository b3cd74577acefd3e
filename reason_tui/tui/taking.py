"""What can be written of a run to a file, for the dialog."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

from reason_tui.errors import UsageError
from reason_tui.runs import export as exporting
from reason_tui.runs.journal import load, read_events
from reason_tui.runs.with_tests import with_tests
from reason_tui.search.node import Node
from reason_tui.tui.glyphs import LOOKS, Glyphs, state_of, tests_of
from reason_tui.tui.ink import Line, line
from reason_tui.tui.picture import html, rows_of, svg
from reason_tui.tui.run import Run
from reason_tui.tui.screens.export import Kind

_LABELS = {"journal": "run bundle"}


def kinds(node: Node, run: Run, glyphs: Glyphs, folder: Path | None, theme: str) -> list[Kind]:
    """The program of the node first, then what there is of the whole run."""
    found = _program(node, run, glyphs) if node.program is not None else []
    if folder is not None:
        for kind in get_args(exporting.ExportKind):
            if kind not in ("solution", "tests"):
                found.append(_whole(kind, run, folder))
        found += [_learned("pairs", run, folder), _learned("sft", run, folder)]
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


def _learned(name: str, run: Run, folder: Path) -> Kind:
    """What a model could learn of this run alone, as rows that TRL reads."""

    def content() -> bytes:
        from reason_tui.learning.pairs import PairRules, examples_of, pairs_of  # not needed to draw the first frame
        from reason_tui.learning.rows import row_of
        from reason_tui.learning.samples import samples_of

        samples = list(samples_of(read_events(folder)))
        lessons = pairs_of(samples, PairRules()) if name == "pairs" else examples_of(samples, PairRules())
        if not lessons:
            raise UsageError(f"This run has no {name}.", why="No two programs of one prompt differ enough in reward.")
        return "".join(json.dumps(row_of(lesson)) + "\n" for lesson in lessons).encode()

    return Kind(name, f"{name}.jsonl", _head(f"{run.id}, as TRL reads it"), content)


def _head(words: str) -> Line:
    return line((words, "dim"))
