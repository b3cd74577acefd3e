"""From what a person asks for to the events that it makes, or to the reason why it makes no sense now."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pydantic import ValidationError

from reason_tui.errors import RefusedError, TaskError
from reason_tui.search import acts, answering
from reason_tui.search import events as ev
from reason_tui.search.placing import objection
from reason_tui.search.steered import MAX_HINT
from reason_tui.search.tree import Tree
from reason_tui.tasks.literals import try_module
from reason_tui.tasks.prompt import clean_prompt, defined
from reason_tui.tasks.testfile import read_tests
from reason_tui.tasks.types import CallCase, Task, TestCase

Met = Callable[[str], int | None]
"""The node that has a program, up to its normal form."""


def events_of(tree: Tree, act: acts.Act, met: Met) -> list[ev.Event]:
    """What the act makes of the tree. Raises RefusedError; nothing is changed here."""
    assert tree.task is not None and tree.settings is not None, "the run has begun"
    match act:
        case acts.Prune():
            made: list[ev.Event] = [ev.NodePruned(node=act.node)]
        case acts.Restore():
            made = [ev.NodeRestored(node=act.node)]
        case acts.Pin():
            made = [ev.NodePinned(node=act.node, pinned=act.pinned)]
        case acts.GiveHint():
            made = [_hint(tree, act)]
        case acts.WithdrawHint():
            made = [ev.HintWithdrawn(hint=act.hint)]
        case acts.AddTest():
            made = _added(tree.task, act.source)
        case acts.EditTest():
            made = [_edited(tree.task, act)]
        case acts.RemoveTest():
            made = [ev.TestRemoved(index=_index(tree.task, act.index))]
        case acts.EditNode():
            made = [_program(tree, act, met)]
        case acts.ChangeSettings():
            made = [_settings(tree.settings, act)]
        case acts.Answer():
            made = [answering.answered(tree, act)]
        case acts.AskQuestion():
            made = []
    _check(tree, made)
    return made


def _check(tree: Tree, made: Iterable[ev.Event]) -> None:
    why = next(filter(None, (objection(tree, event) for event in made)), "")
    if why:
        raise RefusedError(f"{why[0].upper()}{why[1:]}.")


def _hint(tree: Tree, act: acts.GiveHint) -> ev.HintGiven:
    text = " ".join(clean_prompt(act.text).split())
    if not text:
        raise RefusedError("The hint is empty.")
    if len(text) > MAX_HINT:
        raise RefusedError("The hint is too long.", why=f"It has {len(text)} characters; {MAX_HINT} are allowed.")
    node = tree.nodes.get(act.node)
    if node is not None and node.dead:
        raise RefusedError(f"Node {act.node} is pruned.", why="Nothing is asked of the model there.")
    return ev.HintGiven(hint=tree.next_hint, node=act.node, text=text)


def _added(task: Task, source: str) -> list[ev.Event]:
    cases, entry_point = _read(task, source)
    for case in cases:
        _refuse_conflict(task, case, entry_point, range(len(task.visible)))
    return [ev.TestAdded(test=case, entry_point=None if task.entry_point else entry_point) for case in cases]


def _edited(task: Task, act: acts.EditTest) -> ev.TestEdited:
    index = _index(task, act.index)
    cases, entry_point = _read(task, act.source)
    if len(cases) != 1:
        raise RefusedError("One test can take the place of one test.", why=f"{len(cases)} were written.")
    if cases[0] == task.visible[index]:
        raise RefusedError("The test is as it was.")
    _refuse_conflict(task, cases[0], entry_point, (at for at in range(len(task.visible)) if at != index))
    return ev.TestEdited(index=index, test=cases[0])


def _read(task: Task, source: str) -> tuple[tuple[TestCase, ...], str]:
    try:
        cases, entry_point = read_tests(clean_prompt(source), task.entry_point, defined(task.preamble))
    except TaskError as error:
        raise RefusedError(error.what, why=error.why, hint=error.hint) from None
    if not cases or entry_point is None:
        raise RefusedError("There is no test in what was written.", hint="Write one as in `f(1) == 2`.")
    return cases, entry_point


def _refuse_conflict(task: Task, case: TestCase, entry_point: str, others: Iterable[int]) -> None:
    for at in others:
        other = task.visible[at]
        if case == other:
            raise RefusedError(f"That is visible test {at + 1} already.")
        if isinstance(case, CallCase) and isinstance(other, CallCase) and case.call("f") == other.call("f"):
            raise RefusedError(
                f"Visible test {at + 1} says otherwise: {other.describe(entry_point)}.", hint="Edit that one."
            )


def _index(task: Task, index: int) -> int:
    if not 0 <= index < len(task.visible):
        raise RefusedError(f"There is no visible test {index + 1}.", why=f"There are {len(task.visible)}.")
    return index


def _program(tree: Tree, act: acts.EditNode, met: Met) -> ev.HandEdited:
    program = clean_prompt(act.program).strip("\n") + "\n"
    if not program.strip():
        raise RefusedError("The program is empty.")
    found = try_module(program)
    if isinstance(found, SyntaxError):
        where = "" if found.lineno is None else f"Line {found.lineno}: "
        raise RefusedError("The program does not parse.", why=f"{where}{found.msg}.")
    same = met(program)
    if same is not None:
        raise RefusedError(
            "Nothing was changed." if same == act.node else f"Node {same} has this program already.",
            why="Comments, docstrings and the names of variables make no other program.",
        )
    return ev.HandEdited(node=tree.next_node, parent=act.node, program=program)


def _settings(settings: ev.SearchSettings, act: acts.ChangeSettings) -> ev.SettingsChanged:
    try:
        changed = ev.SearchSettings.model_validate(settings.model_dump() | act.changes)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise RefusedError(
            f"`{first['loc'][0]}` cannot be {first['input']!r}.", why=f"{first['msg'].replace('Input', 'It')}."
        ) from None
    if changed == settings:
        raise RefusedError("The settings are as they were.")
    return ev.SettingsChanged(settings=changed)
