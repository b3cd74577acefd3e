"""pass@1 of a model on tasks it may not learn from: n samples a task, each graded by the hidden tests.

Before and after are compared task by task, with the same prompts, seeds and numbers of samples. What was measured is
kept a line a task, so that a measurement that was cut off goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path

from reason_tui.errors import DatasetError, PromptTooLongError, StateError
from reason_tui.evaluation.grade import Grader
from reason_tui.evaluation.statistics import bootstrap, mean
from reason_tui.learning.adapters.manifest import Compared
from reason_tui.learning.keys import is_held_out
from reason_tui.learning.workshop import Workshop
from reason_tui.policy import CancelToken, SampleRequest
from reason_tui.programs.sanitize import extract, extract_solution
from reason_tui.prompts import Prompt, draft, repair, solve_math
from reason_tui.rewards import merge, visible_jobs
from reason_tui.runs.folders import reason
from reason_tui.sandbox.types import Limits, Sandbox
from reason_tui.search.events import SearchSettings
from reason_tui.tasks.problem import problem_keys, task_key
from reason_tui.tasks.types import GradedTask, Task

Told = Callable[[int, int, str], None]


def measurable(tasks: Sequence[GradedTask], learned: Set[str], held_out: Set[str]) -> list[GradedTask]:
    """The tasks that can measure an adapter that `learned` from these: of those, the held-out ones, if there are any.

    Raises DatasetError where none is left.
    """
    strange = [one for one in tasks if task_key(one.task) not in learned]
    if not strange:
        raise DatasetError(
            "Nothing can be measured on these tasks.",
            why=f"The adapter, or one that it began with, was trained on all {len(tasks)} of them.",
            hint="Give tasks that nothing was learned from; `learn --fresh` begins with the base alone.",
        )
    return [one for one in strange if is_held_out(one) or task_key(one.task) in held_out] or strange


async def measure(
    tasks: Sequence[GradedTask],
    samples: int,
    settings: SearchSettings,
    *,
    weights: str,
    shop: Workshop,
    kept: Path,
    told: Told,
) -> dict[str, float]:
    """The share of `samples` that pass, by the id of the task. A prompt that is too long passes with none.

    `kept` is the file of what is measured; lines of other weights, backends, settings or tests in it are passed over.
    Raises StateError where it cannot be read or written, and what policy and sandbox raise.
    """
    done, grade = _read(kept), Grader(shop.sandbox)
    info = shop.sampler.info
    weights = f"{weights}\0{info.backend}\0{info.quantisation}"
    found: dict[str, float] = {}
    for at, graded in enumerate(tasks, 1):
        key = _key(graded, samples, settings, weights)
        if key not in done:
            done[key] = await _share(graded, samples, settings, shop, grade)
            _keep(kept, {"key": key, "task": graded.task.id, "passed": done[key]})
        found[graded.task.id] = done[key]
        told(at, len(tasks), f"pass@1 so far {mean(list(found.values())):.3f}")
    return found


async def _share(graded: GradedTask, samples: int, settings: SearchSettings, shop: Workshop, grade: Grader) -> float:
    prompt = await first_prompt(graded.task, shop.sandbox)
    request = SampleRequest(
        messages=prompt.messages,
        prefix=prompt.prefix,
        stop=prompt.stop,
        n=samples,
        temperature=settings.temperature,
        top_p=settings.top_p,
        max_tokens=settings.max_tokens,
        seed=settings.seed,
    )
    try:
        completions = await shop.sampler.sample(request, lambda *_: None, CancelToken())
    except PromptTooLongError:
        return 0.0
    programs = [_program(prompt.prefix + completion.text, graded.task) for completion in completions]
    return mean([float(program is not None and await grade(graded, program)) for program in programs])


async def first_prompt(task: Task, sandbox: Sandbox) -> Prompt:
    """What a search of this task asks first: for a draft, a solution in words, or a repair of the given program."""
    if task.kind == "math":
        return solve_math(task.prompt)
    if task.given is None:
        return draft(task)
    verdicts = [await sandbox.run(job) for job in visible_jobs(task, task.given, Limits())]
    return repair(task, task.given, merge(verdicts))


def _program(reply: str, task: Task) -> str | None:
    return (extract_solution(reply) if task.kind == "math" else extract(reply, task)).program


def compare(
    dataset: str,
    samples: int,
    before: Mapping[str, float],
    after: Mapping[str, float],
    tasks: Sequence[GradedTask] = (),
    against: str = "",
) -> Compared:
    """After - before on the tasks that both have, with the 95% bootstrap interval over problems.

    `tasks` says which of them are about one problem; one that is not among them is a problem of its own. `against` is
    the adapter of `before`.
    """
    both = sorted(before.keys() & after.keys())
    differences = [after[task] - before[task] for task in both]
    problems = problem_keys(both, tasks)
    low, high = bootstrap(differences, of=problems)
    return Compared(
        dataset=dataset,
        tasks=len(both),
        samples=samples,
        before=mean([before[task] for task in both]),
        after=mean([after[task] for task in both]),
        difference=mean(differences),
        low=low,
        high=high,
        problems=len(set(problems)),
        against=against,
    )


def _key(graded: GradedTask, samples: int, settings: SearchSettings, weights: str) -> str:
    chosen = (settings.temperature, settings.top_p, settings.max_tokens, settings.seed)
    text = f"{weights}\0{graded.model_dump_json(exclude={'reference', 'group'})}\0{samples}\0{chosen}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _keep(kept: Path, row: dict[str, object]) -> None:
    try:
        with kept.open("a", encoding="ascii") as file:
            file.write(json.dumps(row) + "\n")
    except OSError as error:
        raise StateError(
            "What is measured cannot be saved.",
            why=f"{kept}: {reason(error)}",
            hint="Free space there; the same command goes on from the task it came to.",
        ) from error


def _read(kept: Path) -> dict[str, float]:
    """What is measured. What a kill cut short is taken away, a damaged line passed over: both are measured again."""
    found: dict[str, float] = {}
    try:
        content = kept.read_bytes() if kept.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            os.truncate(kept, len(whole))
    except OSError as error:
        raise StateError(
            "What was measured cannot be read.", why=f"{kept}: {reason(error)}", hint="See whether it can be read."
        ) from error
    for line in whole.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            row = json.loads(line)
            found[row["key"]] = float(row["passed"])
    return found
