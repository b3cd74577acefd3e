"""A whole search with a scripted policy: what is asked, what is told, and how it ends."""

from __future__ import annotations

import asyncio
import threading

import pytest
from support.scripted import Script, ScriptedPolicy, TableSandbox

from reason_tui.errors import BackendError, PromptTooLongError
from reason_tui.policy import SampleRequest
from reason_tui.sandbox.types import Job, TestRecord, Verdict
from reason_tui.search import events as ev
from reason_tui.search.control import Control
from reason_tui.search.driver import search
from reason_tui.search.sampling import PolicyThread
from reason_tui.search.tree import Tree
from reason_tui.tasks.types import CallCase, Task

TASK = Task(
    id="t",
    prompt="Return x.",
    entry_point="f",
    signature="def f(x):",
    visible=(CallCase(args=("1",), expected="1"),),
)
TABLE = {"return x": 1.0, "return 0": 0.3, "return 1": 0.5}


class Run:
    """One search, and everything it said: of a tree, unless the settings name another strategy."""

    def __init__(self, script: Script, task: Task = TASK, **settings: object) -> None:
        self.policy = ScriptedPolicy(script)
        self.sandbox = TableSandbox(TABLE)
        self.events: list[ev.Event] = []
        self.control = Control()
        self.task = task
        self.settings = ev.SearchSettings(**{"strategy": "mcts"} | settings)
        self.streamed: list[tuple[int, str]] = []

    def emit(self, event: ev.Event) -> None:
        self.events.append(event)

    async def go(self) -> Tree:
        sampler = PolicyThread(self.policy)
        try:
            return await search(
                self.task,
                run="r",
                settings=self.settings,
                sampler=sampler,
                sandbox=self.sandbox,
                emit=self.emit,
                control=self.control,
                on_token=lambda node, text: self.streamed.append((node, text)),
            )
        finally:
            await sampler.close()

    @property
    def finished(self) -> ev.RunFinished:
        last = self.events[-1]
        assert isinstance(last, ev.RunFinished)
        return last


def always(*bodies: str) -> Script:
    def script(request: SampleRequest) -> list[str]:
        return [f"    return {bodies[i % len(bodies)]}\n" for i in range(request.n)]

    return script


async def test_a_search_ends_at_the_first_program_that_passes():
    run = Run(always("0", "x"), strategy="best-of-n", width=2)
    await run.go()
    assert (run.finished.reason, run.finished.outcome, run.finished.answer) == ("solved", "solved", 2)
    assert run.finished.ledger.completions == 2


async def test_the_tree_is_the_fold_of_what_was_emitted():
    run = Run(always("0", "1", "y"), budget=9, width=3)
    tree = await run.go()
    again = Tree()
    for event in run.events:
        again.apply(ev.EVENT.validate_json(ev.EVENT.dump_json(event)))
    assert again.nodes == tree.nodes
    assert again.ledger == tree.ledger == run.finished.ledger


async def test_the_budget_counts_completions_and_the_last_expansion_is_cut_to_it():
    run = Run(always("0", "1", "2"), budget=7, width=3, strategy="best-of-n")
    await run.go()
    assert run.finished.reason == "budget"
    assert run.finished.outcome == "unsolved"
    assert [request.n for request in run.policy.requests] == [3, 3, 1]


async def test_a_token_budget_ends_a_search_too():
    run = Run(always("0"), tokens=30, width=1, strategy="best-of-n")
    await run.go()
    assert run.finished.reason == "budget"
    assert run.finished.ledger.tokens == 30


async def test_a_budget_in_seconds_cuts_short_what_is_being_generated():
    never = threading.Event()

    class Endless(ScriptedPolicy):
        def sample(self, request, on_token, cancel):
            while not cancel.cancelled:
                never.wait(0.001)
            return super().sample(request, on_token, cancel)

    run = Run(always("x"), seconds=0.05, width=2)
    run.policy = Endless(always("x"))
    tree = await run.go()
    assert (run.finished.reason, run.finished.answer) == ("budget", None)
    assert tree.nodes[1].rejection == "stopped while it was being written"
    assert run.finished.ledger.completions == 2


async def test_a_duplicate_is_not_executed_again_and_shares_the_reward():
    run = Run(always("0"), budget=4, width=4, strategy="best-of-n")
    tree = await run.go()
    assert len(run.sandbox.jobs) == 1
    assert [tree.nodes[i].duplicate_of for i in (1, 2, 3, 4)] == [None, 1, 1, 1]
    assert [tree.nodes[i].reward for i in (1, 2, 3, 4)] == [pytest.approx(0.44)] * 4
    assert run.finished.ledger.programs == 1


async def test_a_reply_without_a_program_is_a_node_with_its_reason():
    run = Run(lambda request: ["    return ((\n"] * request.n, budget=1)
    tree = await run.go()
    assert tree.nodes[1].status == "unparsable"
    assert tree.nodes[1].rejection
    assert run.sandbox.jobs == []
    assert run.finished.answer is None


async def test_mcts_repairs_with_the_verdict_in_the_prompt():
    run = Run(always("0", "1"), budget=6, width=2)
    await run.go()
    repairs = [event for event in run.events if isinstance(event, ev.ExpansionStarted) and event.origin == "repair"]
    assert repairs
    text = repairs[0].messages[-1].content
    assert "return 1" in text
    assert "5 of 10 tests pass" in text


async def test_a_program_to_repair_is_the_root_and_runs_first():
    task = TASK.model_copy(update={"given": "def f(x):\n    return 0\n"})
    run = Run(always("x"), task=task, width=1)
    tree = await run.go()
    first = run.events[1]
    assert isinstance(first, ev.NodeJudged) and first.node == ev.ROOT
    assert tree.root.program == task.given
    assert "return 0" in run.policy.requests[0].messages[-1].content
    assert run.finished.outcome == "solved"


async def test_a_program_to_repair_that_already_passes_is_the_answer():
    task = TASK.model_copy(update={"given": "def f(x):\n    return x\n"})
    run = Run(always("0"), task=task)
    await run.go()
    assert (run.finished.outcome, run.finished.answer) == ("solved", ev.ROOT)
    assert run.policy.requests == []


async def test_the_same_seed_asks_the_same_and_another_seed_does_not():
    asked = []
    for seed in (1, 1, 2):
        run = Run(always("0", "1", "2"), budget=12, seed=seed)
        await run.go()
        asked.append([request.seed for request in run.policy.requests])
    assert asked[0] == asked[1] != asked[2]
    assert len(set(asked[0])) == len(asked[0])


async def test_tokens_are_streamed_with_the_node_they_belong_to():
    run = Run(always("x"), budget=1)
    await run.go()
    assert run.streamed == [(1, "    return x\n")]


async def test_a_prompt_too_long_for_the_first_draft_fails_the_run_and_says_why():
    def script(request: SampleRequest) -> list[str]:
        raise PromptTooLongError("The prompt is too long.", why="5000 tokens, 2048 fit.")

    run = Run(script)
    with pytest.raises(PromptTooLongError):
        await run.go()
    assert run.finished.reason == "failed"
    assert "2048" in run.finished.message


async def test_a_repair_that_fails_costs_only_its_branch():
    def script(request: SampleRequest) -> list[str]:
        if "This program is wrong" in request.messages[-1].content:
            raise BackendError("no")
        return always(*(f"{i}" for i in range(20)))(request)

    run = Run(script, budget=12, width=4)
    tree = await run.go()
    assert run.finished.reason == "budget"
    assert any(isinstance(event, ev.ExpansionFailed) for event in run.events)
    assert all(node.pending == 0 for node in tree.nodes.values())


async def test_a_stopped_search_keeps_its_best():
    run = Run(always("0", "1"), budget=50, width=2)
    original = run.emit

    def stop_after_the_first_expansion(event: ev.Event) -> None:
        original(event)
        if isinstance(event, ev.NodeJudged) and event.node == 2:
            run.control.stop()

    run.emit = stop_after_the_first_expansion
    await run.go()
    assert (run.finished.reason, run.finished.answer) == ("stopped", 2)


async def test_a_paused_search_waits_and_a_step_makes_one_expansion():
    run = Run(always("0", "1"), budget=6, width=2, strategy="best-of-n")
    original, both_judged = run.emit, asyncio.Event()

    def notice(event: ev.Event) -> None:
        original(event)
        if isinstance(event, ev.NodeJudged) and event.node == 2:
            both_judged.set()

    run.emit = notice
    run.control.pause()
    going = asyncio.create_task(run.go())
    run.control.step()
    await both_judged.wait()
    await turns_of_the_loop(100)
    assert len(run.policy.requests) == 1
    assert run.control.paused
    run.control.resume()
    await going
    assert run.finished.ledger.completions == 6


async def turns_of_the_loop(count: int) -> None:
    """Long enough for anything that is ready to run to have run: nothing of it waits for a clock."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_without_tests_the_answer_is_what_most_candidates_agree_on():
    task = TASK.model_copy(update={"visible": (), "signature": "def f(x: int) -> int:"})
    run = Run(always("0", "1", "2", "1"), task=task, budget=4)
    run.sandbox = AgreeingSandbox()
    await run.go()
    assert (run.finished.reason, run.finished.outcome) == ("budget", "unverified")
    assert run.finished.answer == 2


class AgreeingSandbox(TableSandbox):
    """Programs return the number in their text, whatever they are given."""

    def __init__(self) -> None:
        super().__init__({})

    async def run(self, job: Job) -> Verdict:
        value = job.program.strip()[-1]
        value = "1" if value == "2" else value
        records = tuple(TestRecord(test="f", ok=True, got=value) for _ in job.cases)
        return Verdict(status="pass", records=records, loaded=True, has_entry_point=True)
