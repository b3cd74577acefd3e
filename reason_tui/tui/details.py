"""What the inspector says of one node, a list of lines for each tab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from reason_tui.programs.diff import diff
from reason_tui.programs.security import findings
from reason_tui.prompts.feedback import describe
from reason_tui.sandbox.types import TestRecord, Verdict
from reason_tui.search.events import ROOT, HintGiven
from reason_tui.search.node import Node
from reason_tui.search.tree import ucb1
from reason_tui.tui import highlight
from reason_tui.tui.glyphs import LOOKS, Glyphs, generating, number, state_of
from reason_tui.tui.ink import Line, line, lines
from reason_tui.tui.logbook import failed
from reason_tui.tui.run import Run

Lines = Sequence[Line]
Builder = Callable[[Node, Run, Glyphs], Lines]


def code(node: Node, run: Run, glyphs: Glyphs) -> Lines:
    """The program; while it is generated, what there is of it, plain."""
    del glyphs
    if generating(node):
        text = _prefix(node, run) + run.draft(node.id)
        return lines(text) if text else [_dim("waiting for the model …")]
    if node.program is not None:
        return highlight.python(node.program.rstrip("\n"))
    if node.id == ROOT:
        return [_dim("the search has not begun")] if run.view.task is None else lines(run.view.task.prompt)
    reason = _dim(node.rejection) if node.cancelled else line(("no program in this reply: ", "error"), node.rejection)
    return [reason, (), *lines(_prefix(node, run) + (node.completion or ""), "dim")]


def _prefix(node: Node, run: Run) -> str:
    """The beginning of the reply that was given to the model, without its fence."""
    if node.expansion is None:
        return ""
    prefix = run.view.tree.expansions[node.expansion].started.prefix
    return prefix.split("\n", 1)[1] if prefix.startswith("```") and "\n" in prefix else prefix


Target = Literal["parent", "beginning", "best"]
TARGETS: tuple[Target, ...] = ("parent", "beginning", "best")


def changes(node: Node, run: Run, glyphs: Glyphs, target: Target = "parent") -> Lines:
    """What changed from another program to this one: the parent's, the first of its line, or the best."""
    del glyphs
    other = compared_with(node, run, target)
    if node.program is None:
        return [_dim("there is no program to compare")]
    if other is None or other.program is None:
        return [_dim("a first draft: there is nothing to compare it with")]
    if other is node:
        return [_dim(f"this is the {target} itself")]
    change = diff(other.program, node.program)
    if not change.lines:
        return [_dim(f"the same as n{other.id}")]
    head = line((f"from {'' if target == 'parent' else f'the {target}, '}", "dim"), (f"n{other.id}", "strong"))
    head = (*head, *line(("  ", ""), (change.summary, "strong")))
    return [head, *(line((row, _DIFF.get(row[:1], ""))) for row in change.lines)]


def compared_with(node: Node, run: Run, target: Target) -> Node | None:
    """The node that `changes` compares with."""
    if target == "best":
        return None if run.best is None else run.node(run.best.id)
    parent = None if node.parent is None else run.node(node.parent)
    if target == "parent":
        return parent
    above = [each for each in run.view.tree.ancestors(node) if each.program is not None]
    return run.node(above[-1].id) if above and above[-1] is not node else parent


_DIFF = {"+": "added", "-": "removed", "@": "hunk"}


def tests(node: Node, run: Run, glyphs: Glyphs) -> Lines:
    """Each visible test: whether it passed, how long it took, and what it showed."""
    verdict = node.verdict
    if verdict is None:
        cases = () if run.view.task is None else run.view.task.visible
        entry = (run.view.task.entry_point if run.view.task else None) or ""
        head = "no visible tests" if not cases else _why_none(node)
        return [_dim(head), *(line(("  ", ""), (case.describe(entry), "dim")) for case in cases)]
    if not verdict.records:
        return [*_summary(node, verdict, glyphs), *_before_tests(verdict, run)]
    rows = [*_summary(node, verdict, glyphs)]
    for record in verdict.records:
        rows += _record(record, glyphs)
    return rows


def _why_none(node: Node) -> str:
    if node.id == ROOT and node.program is None:
        return "the visible tests"
    if node.rejection:
        return "not run: there is no program"
    return "not run: a duplicate" if node.duplicate_of is not None else "not run yet"


def _summary(node: Node, verdict: Verdict, glyphs: Glyphs) -> Lines:
    look = LOOKS[state_of(node)]
    glyph = glyphs.of(state_of(node))
    figure = f"{verdict.passed} of {len(verdict.records)} pass" if verdict.records else look.word
    weak = (" · weak: the program could have forged this", "warning") if verdict.strength == "weak" else ""
    return [line((f"{glyph} {figure}", look.style), (f"  {verdict.ms:.0f} ms", "dim"), weak)]


def _before_tests(verdict: Verdict, run: Run) -> Lines:
    if verdict.failure is not None:
        return [line(("  ", ""), (describe(verdict.failure), "error"))]
    if not verdict.has_entry_point and run.view.task is not None:
        return [line(("  ", ""), (f"it defines no {run.view.task.entry_point or 'function to call'}", "error"))]
    return [_dim("  there are no visible tests: candidates that agree decide")]


def _record(record: TestRecord, glyphs: Glyphs) -> Lines:
    mark = (glyphs["ok"], "passed") if record.ok else (glyphs["not ok"], "failed")
    rows = [line(mark, " ", record.test, (f"  {_ms(record.ms)}", "faint"))]
    if not record.ok:
        rows.append(line(("  ", ""), (failed(record), "failed")))
    return rows


def _ms(ms: float) -> str:
    return f"{ms:.1f} ms" if ms < 10 else f"{ms:.0f} ms" if ms < 10_000 else f"{ms / 1000:.1f} s"


def output(node: Node, run: Run, glyphs: Glyphs) -> Lines:
    """The exception, then what the program wrote, as the sandbox kept it."""
    del run, glyphs
    verdict = node.verdict
    if verdict is None:
        return [_dim("the program did not run")]
    rows: list[Line] = []
    if verdict.failure is not None:
        rows += [line((f"{verdict.failure.type}", "error"), (f": {verdict.failure.message}", ""))]
        if verdict.failure.line is not None:
            rows += [line((f"  line {verdict.failure.line}  ", "dim"), verdict.failure.source)]
        rows.append(())
    for name, text, written in (
        ("stderr", verdict.stderr, verdict.stderr_bytes),
        ("stdout", verdict.stdout, verdict.stdout_bytes),
    ):
        kept = len(text.encode("utf-8", "replace"))
        more = f", the first {kept:,} of {written:,} bytes" if written > kept else ""
        rows.append(line((name, "title"), (more if text else "  nothing", "dim")))
        rows += lines(text.rstrip("\n")) if text else []
    return rows


def asked(node: Node, run: Run, glyphs: Glyphs) -> Lines:
    """The exact prompt, and how it was sampled."""
    del glyphs
    if node.expansion is None:
        who = "written by hand" if node.origin == "edit" else "this is the problem as it was given"
        return [_dim(f"nobody was asked: {who}")]
    started = run.view.tree.expansions[node.expansion].started
    head = f"{started.origin} · T {started.temperature:g} · seed {started.seed} · siblings {len(started.nodes)}"
    rows: list[Line] = [line((head, "dim"))]
    rows += [line(("hint told: ", "dim"), hint.text) for hint in _hints(started.hints, run)]
    if not started.hints and run.view.tree.hints:
        rows.append(_dim("made before any hint"))
    rows += [line(("left out: ", "warning"), words) for words in started.cut]
    for message in started.messages:
        rows += [(), line((message.role, "title")), *lines(message.content)]
    return [*rows, (), line(("assistant, begun for it", "title")), *lines(started.prefix)]


def _hints(told: Sequence[int], run: Run) -> list[HintGiven]:
    return [run.view.tree.hints[hint] for hint in told if hint in run.view.tree.hints]


def score(node: Node, run: Run, glyphs: Glyphs) -> Lines:
    """The reward, and the selection formula with its numbers."""
    look = LOOKS[state_of(node)]
    rows = [line((f"{glyphs.of(state_of(node))} {look.word}", look.style), (_fate(node, run), "dim"))]
    if node.verdict is not None and node.verdict.records:
        share = f"{node.verdict.passed}/{len(node.verdict.records)} visible tests"
        rows.append(_pair("reward", number(node.reward), f".2 + .8 × {share}, 1 if all pass"))
    elif node.reward is not None:
        rows.append(_pair("reward", number(node.reward), "of a program without a test result"))
    if node.visits:
        rows.append(_pair("Q", number(node.value), f"mean reward, W {node.total:.2f} / N {node.visits}"))
    rows += _bound(node, run)
    if node.completion is not None:
        rows.append(_pair("tokens", str(node.completion_tokens), "in this completion"))
    if node.mean_logprob is not None:
        rows.append(_pair("log p", f"{node.mean_logprob:.2f}", "nats per token, mean"))
    group = next((group for group in run.view.tree.groups if node.id in group.nodes), None)
    if group is not None:
        passed = f"programs pass the same {group.passed} of {group.inputs} tests that the model wrote"
        alike = f"programs behave alike on {group.inputs} inputs" if group.passed is None else passed
        rows.append(_pair("agree", str(len(group.nodes)), alike))
    return [*rows, *_security(node)]


def _security(node: Node) -> Lines:
    """What Bandit says, where the extra `security` is installed."""
    found = findings(node.program) if node.program is not None else None
    if found is None:
        return []
    head = _pair("bandit", str(len(found)), "findings, which no reward counts")
    styles = {"low": "dim", "medium": "warning", "high": "error"}
    return [head, *(line(("  ", ""), (each.describe(), styles[each.severity])) for each in found)]


def _fate(node: Node, run: Run) -> str:
    parts = [f"  {node.origin}"]
    if node.parent is not None:
        parts.append("child of the root" if node.parent == ROOT else f"child of n{node.parent}")
    if run.best is node:
        parts.append("the best so far" if run.view.finished is None else "the answer")
    return " · ".join(parts)


def _bound(node: Node, run: Run) -> Lines:
    started = run.view.started
    if node.parent is None or started is None or not node.visits + node.pending:
        return []
    parent = run.view.tree.nodes[node.parent]
    exploration = started.settings.exploration
    visits, above = node.visits + node.pending, max(parent.visits + parent.pending, 1)
    value = ucb1(node, parent, exploration)
    formula = f"{node.total:.2f}/{visits} + {exploration:g} √(ln {above} / {visits})"
    pending = f", {node.pending} below in flight" if node.pending else ""
    return [_pair("U", number(value), f"UCB1: {formula}{pending}")]


def _pair(name: str, value: str, why: str) -> Line:
    return line((f"{name:<8}", "dim"), (f"{value:>5}", "strong"), (f"  {why}", "dim"))


def _dim(text: str) -> Line:
    return line((text, "dim"))


TABS: tuple[tuple[str, Builder], ...] = (
    ("Code", code),
    ("Diff", changes),
    ("Tests", tests),
    ("Stderr", output),
    ("Prompt", asked),
    ("Score", score),
)
WRAPPED = frozenset(("Tests", "Prompt", "Score", "Stderr"))
"""Tabs whose long lines are broken; the others scroll to the side."""
