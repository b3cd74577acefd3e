"""Strategies over a dataset, with a scripted policy and the real sandbox."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from support.scripted import ScriptedPolicy

from reason_tui.errors import BackendError, PromptTooLongError, StateError
from reason_tui.evaluation import EvaluationSettings, Results, check_dataset, evaluate, render_table, summarise
from reason_tui.evaluation.check import stub
from reason_tui.evaluation.grade import grade
from reason_tui.policy import SampleRequest
from reason_tui.sandbox import Sandbox, open_sandbox
from reason_tui.sandbox.types import Job
from reason_tui.search.events import SearchSettings
from reason_tui.search.sampling import PolicyThread
from reason_tui.tasks.prompt import read_prompt
from reason_tui.tasks.types import CallCase, GradedTask, HiddenTests

WRONG = ("    return x\n", "    return 2 * x + 1\n", "    return None\n", "    raise ValueError\n", "    return )\n")
FITS_THE_EXAMPLE_ONLY = "    return x + 1\n"
RIGHT = "    return 2 * x\n"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """The real one, or without walls where this machine has none: these programs are our own."""
    opened = await open_sandbox(slots=2, unsafe_local=True)
    yield opened
    await opened.close()


class Counting:
    """Passes every job on to a sandbox and keeps it."""

    def __init__(self, inner: Sandbox) -> None:
        self.jobs: list[Job] = []
        self._inner = inner

    def __getattr__(self, name: str):
        return getattr(self._inner, name)

    async def run(self, job: Job):
        self.jobs.append(job)
        return await self._inner.run(job)


def graded(name: str, group: str = "") -> GradedTask:
    return GradedTask(
        task=read_prompt("def double(x): ...\n\ndouble(1) == 2\n", id=name),
        hidden=HiddenTests(cases=(CallCase(args=("3",), expected="6"),), check="assert double('a') == 'aa'"),
        reference="def double(x):\n    return 2 * x",
        group=group,
    )


def chance(right: float):
    """Says the right thing with this probability; a sample depends on its seed and its place alone."""

    def script(request: SampleRequest) -> list[str]:
        texts = []
        for sibling in range(request.n):
            draw = random.Random(f"{request.seed}:{sibling}:{request.temperature}")
            texts.append(RIGHT if draw.random() < right else draw.choice((*WRONG, FITS_THE_EXAMPLE_ONLY)))
        return texts

    return script


def settings(*strategies: str, budgets: tuple[int, ...] = (1, 4, 8), **search: object) -> EvaluationSettings:
    return EvaluationSettings(
        strategies=strategies or ("greedy", "best-of-n", "mcts"), budgets=budgets, search=SearchSettings(**search)
    )


async def run(tasks, script, sandbox, chosen=None, **options) -> Results:
    sampler = PolicyThread(ScriptedPolicy(script))
    try:
        return await evaluate(tasks, chosen or settings(), sampler=sampler, sandbox=sandbox, **options)
    finally:
        await sampler.close()


class TestGrading:
    async def test_a_right_program_passes_and_wrong_ones_fail(self, sandbox):
        assert await grade(sandbox, graded("t"), "def double(x):\n    return x * 2")
        for body in (*WRONG, FITS_THE_EXAMPLE_ONLY):
            assert not await grade(sandbox, graded("t"), f"def double(x):\n{body}")

    async def test_both_kinds_of_hidden_tests_must_pass(self, sandbox):
        numbers_only = "def double(x):\n    return x + x if isinstance(x, int) else x"
        assert not await grade(sandbox, graded("t"), numbers_only)

    async def test_a_check_runs_after_its_setup(self, sandbox):
        hidden = HiddenTests(
            check="def check(candidate):\n    assert candidate(two()) == 4", setup="def two(): return 2"
        )
        assert await grade(sandbox, graded("t").model_copy(update={"hidden": hidden}), "def double(x): return 2 * x")

    async def test_a_task_without_hidden_tests_is_never_passed(self, sandbox):
        task = graded("t").model_copy(update={"hidden": HiddenTests()})
        assert not await grade(sandbox, task, task.reference)


class TestCheckingADataset:
    async def test_sound_tasks_are_counted(self, sandbox):
        told: list[tuple[int, int]] = []
        found = await check_dataset([graded("a"), graded("b")], sandbox, lambda done, total: told.append((done, total)))
        assert found.ok
        assert found.text() == "2/2 references pass\n2/2 stubs fail"
        assert told == [(1, 2), (2, 2)]

    async def test_unsound_tasks_are_named(self, sandbox):
        wrong = graded("wrong").model_copy(update={"reference": "def double(x):\n    return x"})
        lax = graded("lax").model_copy(update={"hidden": HiddenTests(check="assert double(1) != 7")})
        found = await check_dataset([wrong, lax, graded("fine")], sandbox)
        assert not found.ok
        assert [(item.task, item.fault) for item in found.faults] == [
            ("wrong", "reference fails"),
            ("lax", "stub passes"),
        ]
        assert (found.references_passed, found.stubs_failed) == (2, 2)

    def test_a_stub_takes_whatever_it_is_given(self):
        names: dict[str, object] = {}
        exec(stub(graded("t")), names)
        assert names["double"](1, 2, key=3) is None


class TestAnEvaluation:
    async def test_grades_what_each_strategy_answers(self, sandbox):
        kept = await run([graded("a")], chance(1.0), sandbox)
        assert {(r.strategy, r.budget, r.passed, r.outcome) for r in kept.found} == {
            (name, budget, True, "solved") for name in ("greedy", "best-of-n", "mcts") for budget in (1, 4, 8)
        }

    async def test_tells_a_claim_from_a_pass(self, sandbox):
        kept = await run([graded("a")], lambda request: [FITS_THE_EXAMPLE_ONLY] * request.n, sandbox)
        assert all(r.outcome == "solved" and not r.passed for r in kept.found)

    @pytest.mark.parametrize("strategy", ["best-of-n", "mcts"])
    async def test_gives_for_a_smaller_budget_what_a_run_with_it_gives(self, sandbox, strategy):
        tasks = [graded(f"t{number}") for number in range(3)]
        for seed in range(4):
            nested = settings(strategy, budgets=(1, 2, 4, 8, 16)).model_copy(update={"seeds": (seed,)})
            together = await run(tasks, chance(0.06), sandbox, nested)
            for budget in nested.budgets:
                alone = await run(tasks, chance(0.06), sandbox, nested.model_copy(update={"budgets": (budget,)}))
                assert [r for r in together.found if r.budget == budget] == alone.found

    async def test_charges_what_was_sampled_within_the_budget(self, sandbox):
        kept = await run([graded("a")], lambda request: [WRONG[0]] * request.n, sandbox, settings("best-of-n"))
        assert [r.completions for r in kept.found] == [1, 4, 8]
        # The scripted policy charges a prompt of 10 to the first sibling and 5 tokens a completion.
        assert [(r.prompt_tokens, r.completion_tokens) for r in kept.found] == [(10, 5), (10, 20), (20, 40)]

    async def test_grades_each_distinct_answer_once(self, sandbox):
        counting = Counting(sandbox)
        await run([graded("a")], lambda request: [FITS_THE_EXAMPLE_ONLY] * request.n, counting)
        assert sum(job.kind == "check" for job in counting.jobs) == 1

    async def test_keeps_hidden_tests_from_the_search(self, sandbox):
        policy = ScriptedPolicy(chance(0.0))
        sampler = PolicyThread(policy)
        await evaluate([graded("a")], settings("mcts"), sampler=sampler, sandbox=sandbox)
        await sampler.close()
        said = "".join(request.model_dump_json() for request in policy.requests)
        assert "double(3)" not in said and "'aa'" not in said

    async def test_counts_a_prompt_that_is_too_long_as_failed(self, sandbox):
        def refuse(request: SampleRequest) -> list[str]:
            raise PromptTooLongError("The prompt is too long.", why="It has 9 tokens and the context holds 8.")

        kept = await run([graded("a"), graded("b")], refuse, sandbox)
        assert len(kept.found) == 18
        assert not any(r.passed for r in kept.found)
        assert {r.error for r in kept.found} == {"The prompt is too long.\nIt has 9 tokens and the context holds 8."}

    async def test_goes_on_where_it_was_interrupted(self, sandbox, tmp_path):
        tasks = [graded(name) for name in "abc"]
        path = tmp_path / "results" / "run.jsonl"
        asked: list[str] = []

        def broken(request: SampleRequest) -> list[str]:
            if len(asked) == 4:
                raise BackendError("The engine died.")
            asked.append("")
            return chance(1.0)(request)

        with pytest.raises(BackendError):
            await run(tasks, broken, sandbox, results=path)
        with path.open("a", encoding="utf-8") as file:
            file.write('{"type":"result","task":"b","cut')
        told: list[int] = []
        resumed = await run(tasks, chance(1.0), sandbox, results=path, progress=lambda item: told.append(item.done))
        assert told == [5, 6, 7, 8, 9]
        assert resumed.found == (await run(tasks, chance(1.0), sandbox)).found
        again = await run(tasks, lambda request: pytest.fail("nothing is left to ask"), sandbox, results=path)
        assert again.found == resumed.found

    async def test_does_not_mix_two_evaluations_in_one_file(self, sandbox, tmp_path):
        path = tmp_path / "run.jsonl"
        await run([graded("a")], chance(1.0), sandbox, results=path)
        with pytest.raises(StateError, match="another evaluation"):
            await run([graded("a")], chance(1.0), sandbox, settings("mcts"), results=path)
        with pytest.raises(StateError, match="another evaluation"):
            await run([graded("b")], chance(1.0), sandbox, results=path)

    async def test_does_not_write_into_a_file_that_another_adds_to(self, sandbox, tmp_path):
        path = tmp_path / "run.jsonl"
        kept = await run([graded("a")], chance(1.0), sandbox, results=path)
        with Results(kept.header, path) as first:
            with pytest.raises(StateError, match="Another process"):
                Results(kept.header, path)
            assert first.found == kept.found
        with Results(kept.header, path) as again:
            assert again.found == kept.found
        assert [found.name for found in tmp_path.iterdir()] == ["run.jsonl"]

    async def test_names_a_damaged_line_of_its_results(self, sandbox, tmp_path):
        path = tmp_path / "run.jsonl"
        await run([graded("a")], chance(1.0), sandbox, results=path)
        path.write_text(path.read_text(encoding="utf-8") + "rubbish\n", encoding="utf-8")
        with pytest.raises(StateError, match="Line 11"):
            await run([graded("a")], chance(1.0), sandbox, results=path)

    async def test_that_is_cancelled_ends_and_keeps_what_it_has(self, sandbox, tmp_path):
        path = tmp_path / "run.jsonl"
        second = asyncio.Event()
        job = asyncio.create_task(
            run([graded(name) for name in "abc"], chance(0.0), sandbox, results=path, progress=lambda _: second.set())
        )
        await second.wait()
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert len(path.read_text(encoding="utf-8").splitlines()) >= 4


class TestTheReport:
    async def test_gives_a_row_for_each_budget_and_one_for_greedy(self, sandbox):
        tasks = [graded("a", "L1"), graded("b", "L2")]
        kept = await run(tasks, chance(1.0), sandbox, dataset="mine", model_sha256="ab" * 32)
        report = summarise(kept.header, kept.found)
        assert [(row.strategy, row.budget) for row in report.rows] == [
            ("greedy", 1), ("best-of-n", 1), ("best-of-n", 4), ("best-of-n", 8), ("mcts", 1), ("mcts", 4), ("mcts", 8)
        ]  # fmt: skip
        assert all((row.passed, row.low, row.high, row.tasks) == (1.0, 1.0, 1.0, 2) for row in report.rows)
        assert report.rows[0].groups == {"L1": 1.0, "L2": 1.0}
        text = render_table(report)
        assert "Dataset mine, 2 tasks" in text and "abababababababab" in text and "100.0 [100.0, 100.0]" in text

    async def test_compares_pairs_on_the_same_tasks(self, sandbox):
        def by_temperature(request: SampleRequest) -> list[str]:
            return [RIGHT if request.temperature else WRONG[0]] * request.n

        kept = await run([graded(str(number)) for number in range(6)], by_temperature, sandbox)
        report = summarise(kept.header, kept.found)
        found = {(item.first, item.second, item.budget): item for item in report.comparisons}
        won = found["mcts", "greedy", 4]
        assert (won.difference, won.only_first, won.only_second, won.p) == (1.0, 6, 0, pytest.approx(2 / 64))
        even = found["mcts", "best-of-n", 8]
        assert (even.difference, even.p) == (0.0, 1.0)

    async def test_as_markdown_is_a_table_and_as_json_is_the_report(self, sandbox):
        kept = await run([graded("a")], chance(1.0), sandbox)
        report = summarise(kept.header, kept.found)
        lines = render_table(report, "markdown").split("\n")
        table = [line for line in lines if line.startswith("|")]
        assert len({line.count("|") for line in table[:9]}) == 1
        assert type(report).model_validate_json(render_table(report, "json")) == report
        unsure = tuple(item.model_copy(update={"p": None}) for item in report.comparisons)  # the narrowest column
        told = render_table(report.model_copy(update={"comparisons": unsure}), "markdown")
        rules = [line for line in told.split("\n") if line and set(line) <= set("|-: ")]
        assert len(rules) == 2 and all("-" in cell for line in rules for cell in line.strip("|").split("|"))

    async def test_counts_searches_that_could_not_be_made(self, sandbox):
        def refuse(request: SampleRequest) -> list[str]:
            raise PromptTooLongError("Too long.")

        kept = await run([graded("a")], refuse, sandbox)
        report = summarise(kept.header, kept.found)
        assert all(row.refused == 1 and row.passed == 0.0 for row in report.rows)
        assert "refused" in render_table(report)
