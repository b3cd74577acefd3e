"""The curriculum: every program is right, every prompt is one the app could send, nothing held out is taught."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from embedded_model.curriculum import catalogue, execution
from embedded_model.curriculum.chains import Unsuitable, random_chain
from embedded_model.curriculum.classics import Classic
from embedded_model.curriculum.corpus import KINDS, Example, examples, training_tasks
from embedded_model.curriculum.families import FAMILIES, SHARES, reserved_problem
from embedded_model.curriculum.fizzbuzz import fizzbuzz
from embedded_model.curriculum.heldout import held_out
from embedded_model.curriculum.problems import behaviour, cases, problem_of_chain, problem_of_classic
from embedded_model.curriculum.rendering import Renderer, tidy
from embedded_model.curriculum.reserved import reserved_tasks
from embedded_model.curriculum.shapes import task_of

from reason_tui.tasks.prompt import read_prompt
from reason_tui.tasks.types import AssertCase, CallCase, Task

SEED = 11


@pytest.fixture(scope="module")
def made() -> list[Example]:
    return list(examples(SEED, 400, ()))


def test_the_same_seed_makes_the_same_examples(made: list[Example]):
    assert list(examples(SEED, 400, (), processes=2)) == made
    assert list(examples(SEED + 1, 400, ())) != made


def test_every_kind_of_example_is_there(made: list[Example]):
    counts = Counter(example.kind for example in made)
    assert set(counts) == set(KINDS)
    assert counts["draft"] > counts["repair"] > 50


def test_a_prompt_with_the_reply_is_one_program_in_a_fence(made: list[Example]):
    programs = [example for example in made if example.kind in ("draft", "repair", "fix", "reason", "tests")]
    for example in programs:
        whole = (example.prefix + example.reply).partition("```python\n")[2]
        assert whole.endswith("\n```") and whole.count("```") == 1
        compile(whole.removesuffix("\n```"), "reply", "exec")


def test_a_pasted_program_is_read_as_one_to_repair(made: list[Example]):
    fixes = [example for example in made if example.kind == "fix"]
    assert fixes
    for example in fixes:
        text = example.user.partition("\n\nThis program is wrong:")[0].removesuffix(
            "\n\nWrite the whole program in one Python code block."
        )
        assert read_prompt(text).given is not None


@pytest.mark.parametrize("classic", catalogue.CLASSICS, ids=lambda classic: classic.key)
def test_all_ways_to_write_a_well_known_function_agree(classic: Classic):
    for body in classic.bodies:
        one = Classic(classic.key, classic.kinds, classic.returns, (), classic.nouns, classic.verbs, (body,))
        for seed in range(60):
            _agree(classic, one, random.Random(seed))


def test_all_ways_to_write_fizzbuzz_agree():
    rng = random.Random(SEED)
    for _ in range(100):
        member = fizzbuzz(rng, 0.5)
        _agree(member, member, rng)


def _agree(reference: Classic, written: Classic, rng: random.Random) -> None:
    try:
        problem = problem_of_classic(rng, written, "examples")
        tests = cases(rng, problem_of_classic(rng, reference, "asserts"), 4)
    except Unsuitable:
        return
    renamed = tuple(CallCase(args=test.args, expected=test.expected) for test in tests)
    verdict = execution.run(problem.program(problem.body), problem.function, renamed)
    assert verdict.status == "pass", (problem.body, verdict)


def test_the_three_styles_of_a_chain_compute_the_same():
    rng = random.Random(SEED)
    seen: Counter[str] = Counter()
    while min(seen[style] for style in ("expression", "steps", "loop")) < 40:
        try:
            chain = random_chain(rng, rng.choice(("L1", "L2", "L3")))
            problem = problem_of_chain(rng, chain, "L2", "examples")
            tests = tuple(cases(rng, problem, 5))
        except Unsuitable:
            continue
        for style in ("expression", "steps", "loop"):
            try:
                body = Renderer(rng, chain, problem.names).body(style)
            except Unsuitable:
                continue
            verdict = execution.run(problem.program(body), problem.function, tests)
            # What the executed program contradicts never becomes an example; it must stay the exception.
            seen[style if verdict.status == "pass" else "rejected"] += 1
    assert seen["rejected"] <= 0.02 * seen.total()


def test_the_app_reads_the_tasks_as_the_curriculum_means_them():
    for task, _ in training_tasks(SEED, 150, ()):
        read = read_prompt(task.prompt)
        assert (read.entry_point, read.signature, read.preamble) == (task.entry_point, task.signature, task.preamble)
        shown = tuple(case for case in task.visible if _shown(case, task))
        assert read.visible == shown


def _shown(case: CallCase | AssertCase, task: Task) -> bool:
    return isinstance(case, CallCase) and case.call(task.entry_point or "") in task.prompt


def test_no_training_task_behaves_like_one_that_is_held_out():
    tasks, tuning, held = held_out(SEED, 10, 5)
    assert len(tasks) == 30 and len(tuning) == 15 and len(set(held)) == 45
    assert not set(held) & catalogue.fingerprints()
    target = Counter(filter(None, (_behaviour_of_any(random.Random(n)) for n in range(300)))).most_common(1)[0][0]
    assert training_tasks(SEED, 60, [target]) != training_tasks(SEED, 60, []), "holding a behaviour out changed nothing"


def test_the_reserved_families_are_rare_and_their_tasks_differ_from_everything_held_out():
    assert sum(SHARES.values()) < 0.02 and set(SHARES) == set(FAMILIES)
    _, _, held = held_out(SEED, 10, 5)
    tasks, prints = reserved_tasks(SEED, 4, 3, frozenset(held))
    counts = Counter(task.group for task in tasks)
    assert counts == {f"{family}/{split}": n for family in FAMILIES for split, n in (("train", 4), ("heldout", 3))}
    assert len(set(prints)) == len(tasks) and not set(prints) & set(held)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_program_of_a_reserved_family_is_right(family: str):
    rng = random.Random(SEED)
    passed = 0
    while passed < 25:
        try:
            problem, _ = reserved_problem(rng, family, "examples")
            tests = tuple(cases(rng, problem, 5))
        except Unsuitable:
            continue
        verdict = execution.run(problem.program(problem.body), problem.function, tests)
        assert verdict.status == "pass", (problem.sentence, problem.body)
        passed += 1


def _behaviour_of_any(rng: random.Random) -> str | None:
    try:
        problem, _ = catalogue.draw(rng, catalogue.group_of(rng))
    except Unsuitable:
        return None
    return behaviour(problem.kinds, problem.compute)


def test_behaviour_tells_functions_apart_and_not_their_names():
    assert behaviour(("ints",), sum) == behaviour(("ints",), lambda xs: sum(list(xs)))
    assert behaviour(("ints",), sum) != behaviour(("ints",), len)


def test_a_generator_argument_has_one_pair_of_parentheses():
    assert tidy("return sum((x * (x + 1) for x in xs))") == "return sum(x * (x + 1) for x in xs)"
    assert tidy("return f((a + b) * c)") == "return f((a + b) * c)"


def test_a_task_with_a_signature_puts_its_examples_into_the_docstring():
    rng = random.Random(SEED)
    problem = problem_of_classic(rng, catalogue.CLASSICS[0], "signature")
    tests = cases(rng, problem, 3)
    task, program = task_of(rng, problem, tests, "t")
    assert task.signature is not None and program.startswith(task.signature)
    assert task.prompt.startswith(task.signature)


def test_wide_constants_are_far_more_various():
    assert len(_constants(wide=True)) > 2 * len(_constants(wide=False))


def _constants(wide: bool) -> set[object]:
    rng = random.Random(SEED)
    found: set[object] = set()
    for _ in range(1500):
        try:
            found |= {op.k for op in random_chain(rng, "L1", wide).ops}
        except Unsuitable:
            continue
    return found
