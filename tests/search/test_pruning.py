"""Prompts are cut to what the model's context leaves, in a fixed order, and the expansion says what was cut."""

from __future__ import annotations

import pytest
from support.resuming import Bench, by_seed
from support.scripted import ScriptedPolicy

from reason_tui.policy import Completion, PolicyInfo, SampleRequest, Usage
from reason_tui.prompts import Prompt, draft, repair
from reason_tui.runs.decisions import decisions
from reason_tui.runs.research import research
from reason_tui.sandbox.types import TestRecord, Verdict
from reason_tui.search import events as ev
from reason_tui.search.node import Node
from reason_tui.search.pruning import fitting_draft, fitting_repair
from reason_tui.search.room import TEMPLATE, fits, taken
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import CallCase, Task

LONG = "[" + ", ".join(["7"] * 60) + "]"
PROGRAM = "def f(x):\n    return 3\n"


def task_of(tests: int) -> Task:
    cases = (CallCase(args=(str(i),), expected=LONG if i == 2 else str(i)) for i in range(tests))
    return Task(id="t", prompt="Return x.\n>>> f(0)\n0", entry_point="f", signature="def f(x):", visible=tuple(cases))


def verdict_of(task: Task, failing: tuple[int, ...]) -> Verdict:
    records = (
        TestRecord(test=case.describe("f"), ok=at not in failing, call=case.call("f"), expected=case.expected, got=LONG)
        for at, case in enumerate(task.visible)
    )
    return Verdict(status="fail", records=tuple(records), loaded=True, has_entry_point=True)


def tree_of(task: Task, context: int, **settings: object) -> Tree:
    tree = Tree()
    tree.apply(
        ev.RunStarted(
            run="r",
            task=task,
            settings=ev.SearchSettings(**settings),
            policy=PolicyInfo(model="m", backend="b", context_length=context),
            sandbox="",
            app_version="",
        )
    )
    return tree


def text_of(prompt: Prompt) -> str:
    return prompt.messages[-1].content


def context_for(task: Task, prompt: Prompt, reply: int = 64) -> int:
    """The smallest context that holds the prompt and a reply of so many tokens."""
    return taken(tree_of(task, 4096), prompt) + reply


def test_what_fits_is_sent_whole():
    task, parent = task_of(30), Node(1, 0, "draft")
    verdict = verdict_of(task, (1, 2))
    for whole, fitted in (
        (draft(task), lambda tree: fitting_draft(tree, task, (), "plain")),
        (repair(task, PROGRAM, verdict), lambda tree: fitting_repair(tree, task, parent, PROGRAM, verdict, ())),
    ):
        assert fitted(tree_of(task, context_for(task, whole), max_tokens=64)) == (whole, ())
        prompt, cut = fitted(tree_of(task, context_for(task, whole) - 1, max_tokens=64))
        assert len(text_of(prompt)) < len(text_of(whole)) and cut


def test_the_verdict_is_shortened_before_an_example_is_cut():
    task, parent = task_of(30), Node(1, 0, "draft")
    verdict = verdict_of(task, (1, 2))
    tree = tree_of(task, context_for(task, repair(task, PROGRAM, verdict)) - 1, max_tokens=64)
    prompt, cut = fitting_repair(tree, task, parent, PROGRAM, verdict, ())
    assert cut == ("all of the verdict but its first failure, in short",)
    assert "28 of 30 tests pass.\nf(1) returned [7, 7" in text_of(prompt)
    assert "f(2) returned" not in text_of(prompt)
    assert text_of(prompt).count(">>> ") == 30


def test_examples_that_pass_are_cut_before_others_and_the_last_first():
    task, parent = task_of(30), Node(1, 0, "draft")
    verdict = verdict_of(task, (1, 29))
    brief = repair(task, PROGRAM, verdict, brief=True)
    tree = tree_of(task, context_for(task, brief) - 20, max_tokens=64)
    prompt, cut = fitting_repair(tree, task, parent, PROGRAM, verdict, ())
    kept = [at for at in range(30) if f">>> f({at})\n" in text_of(prompt)]
    gone = 30 - len(kept)
    assert kept == [*range(29 - gone), 29] and gone
    assert cut[1:] == (f"{gone} examples of tests that pass",)
    assert fits(tree, prompt)


def test_the_problem_hints_the_program_and_the_first_failure_are_never_cut():
    task, parent = task_of(30), Node(1, 0, "draft")
    prompt, cut = fitting_repair(tree_of(task, 64), task, parent, PROGRAM, verdict_of(task, (1, 29)), ("Mind 0.",))
    for kept in (task.prompt, "Hint: Mind 0.", PROGRAM.strip(), "f(1) returned"):
        assert kept in text_of(prompt)
    assert text_of(prompt).count(">>> ") == 1, "the one that was typed"
    assert cut[1:] == ("27 examples of tests that pass", "2 other examples of tests")


@pytest.mark.parametrize("way", ["plain", "reason"])
def test_a_draft_loses_the_last_examples(way: ev.Prompting):
    task = task_of(30)
    tree = tree_of(task, context_for(task, draft(task)) - 30, max_tokens=64)
    prompt, cut = fitting_draft(tree, task, (), way)
    assert fits(tree, prompt)
    assert cut == (f"{30 - text_of(prompt).count('>>> ')} examples of tests",)
    assert ">>> f(29)" not in text_of(prompt) and ">>> f(1)\n" in text_of(prompt)


def test_a_long_reply_leaves_half_of_the_context_to_the_prompt():
    task = task_of(5)
    context = 2 * (taken(tree_of(task, 4096), draft(task)) + 1)
    assert fitting_draft(tree_of(task, context, max_tokens=99_999), task, (), "plain")[1] == ()


def test_what_prompts_really_cost_corrects_the_estimate():
    task = task_of(5)
    tree = tree_of(task, 4096)
    before = taken(tree, draft(task))
    asked = draft(task)
    tree.apply(
        ev.ExpansionStarted(
            expansion=0, parent=0, origin="draft", nodes=(1,), messages=asked.messages, prefix=asked.prefix,
            temperature=0.8, seed=0,
        )
    )  # fmt: skip
    length = len(text_of(asked)) + len(asked.prefix)
    usage = Usage(prompt=length, cached=TEMPLATE, completion=3)
    tree.apply(ev.NodeAdded(expansion=0, node=1, completion=Completion(text="", usage=usage)))
    assert tree.characters == 1.0, "a token for each character, as in Chinese"
    assert taken(tree, asked) == TEMPLATE + length > before


class Counting(ScriptedPolicy):
    """Charges a prompt by its length."""

    def sample(self, request: SampleRequest, on_token: object, cancel: object) -> list[Completion]:
        made = super().sample(request, on_token, cancel)  # type: ignore[arg-type]
        whole = sum(len(message.content) for message in request.messages) // 2
        return [each.model_copy(update={"usage": Usage(prompt=whole, completion=5)}) for each in made]


async def test_a_search_with_too_many_tests_goes_on_and_is_made_again_alike():
    def bench() -> Bench:
        made = Bench(by_seed("0", "1", "2", "y"))
        made.policy = Counting(made.policy._script)
        return made

    task = task_of(400)
    whole = await bench().search(task, strategy="mcts", budget=12, width=3)
    started = [event for event in whole if isinstance(event, ev.ExpansionStarted)]
    assert {event.origin for event in started} == {"draft", "repair"} and all(event.cut for event in started)
    for cut in range(2, len(whole), 3):
        rest = await bench().resume(whole[:cut])
        assert decisions([*whole[:cut], *rest]) == decisions(whole), cut
    again = await research(whole)
    assert not again.ran_out and decisions(again.events) == decisions(whole)
