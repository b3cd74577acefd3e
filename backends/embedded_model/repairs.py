"""What becomes of the embedded model's repairs, and whether they read the feedback: a study on the tuning tasks.

`PYTHONPATH=backends:. python -m embedded_model.repairs` writes `benchmarks/embedded-repairs.md`, in minutes; it needs
the base install only.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice, starmap
from pathlib import Path
from typing import NamedTuple

import click

from embedded_model.comparison import Failure, all_cases, interval_95, mean, own_failures, visible_cases
from embedded_model.drafting import Sampling, completions, program_of
from embedded_model.evaluation import tasks_in
from embedded_model.grading import Item, grade
from embedded_model.steps import write_text
from reason_tui.prompts import Prompt, draft, repair
from reason_tui.sandbox.types import Verdict
from reason_tui.tasks.types import CallCase, GradedTask

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "assets" / "embedded"
REPAIRS, DRAFTS, SEED = 4, 10, 77
OUTCOMES = {
    "right": "right",
    "visible": "passes the visible tests only",
    "program": "the program that had failed, again",
    "answers": "another one that shows the same in the visible tests",
    "wrong": "wrong in another way",
    "error": "no values: an exception, a time-out, no program",
}
Cases = Callable[[GradedTask], tuple[CallCase, ...]]
TEXT = """\
# What becomes of the embedded model's repairs

Made by `PYTHONPATH=backends:. python -m embedded_model.repairs`: the shipped model on {tasks} tuning tasks, of which
{failures} have a draft among four (temperature 0.8) that fails a visible test. Of the first such draft {repairs}
repairs were drawn, and {drafts} fresh drafts of its task.

| what came of it | of a repair | of a fresh draft |
|---|---:|---:|
{outcomes}
| tokens of the prompt | {repair_prompt:.0f} | {draft_prompt:.0f} |

Whether the feedback is read: the same failures, told other things.

| feedback | a repair is right | less the first row, 95 % interval |
|---|---:|---:|
{feedback}

Intervals are bootstrapped over failures, of which each is another task's.
"""


def outcome(failure: Failure, program: str, visible: Verdict, whole: Verdict) -> str:
    """One of OUTCOMES. `visible` and `whole` say how `program` does on the visible tests, and on all of them."""
    if whole.status == "pass":
        return "right"
    if visible.status == "pass":
        return "visible"
    if _tree(program) == _tree(failure.program):
        return "program"
    if all(record.got is None for record in visible.records):
        return "error"
    return "answers" if _shown(visible) == _shown(failure.verdict) else "wrong"


def _tree(program: str) -> str:
    """What two programs share that differ in layout only."""
    try:
        return ast.dump(ast.parse(program))
    except (SyntaxError, ValueError):
        return program.strip()


def _shown(verdict: Verdict) -> list[tuple[bool, str | None]]:
    return [(record.ok, record.got) for record in verdict.records]


def feedbacks(failures: Sequence[Failure]) -> dict[str, list[Verdict]]:
    """What each failure is told: the truth, that about tests which the prompt does not have, what another is told."""
    own = [failure.verdict for failure in failures]
    unseen: list[Item] = [(one.program, one.task.task.entry_point, one.task.hidden.cases) for one in failures]
    return {
        "its own, of the visible tests (which the prompt has)": own,
        "its own, of the hidden tests (which it does not have)": grade(unseen),
        "that of another program for another task": own[1:] + own[:1],
    }


class Drawn(NamedTuple):
    """`programs` of each prompt; tokens of a prompt in the mean."""

    programs: list[list[str]]
    tokens: float


def _draw(gguf: Path, prompts: Sequence[Prompt], sampling: Sampling) -> Drawn:
    drawn = completions(gguf, prompts, sampling)
    programs = [[program_of(prompt, one.text) for one in row] for prompt, row in zip(prompts, drawn, strict=True)]
    return Drawn(programs, mean([row[0].usage.prompt + row[0].usage.cached for row in drawn]))


def _graded(failures: Sequence[Failure], drawn: Drawn, cases: Cases) -> list[list[Verdict]]:
    pairs = zip(failures, drawn.programs, strict=True)
    return [grade([(one, failed.task.task.entry_point, cases(failed.task)) for one in row]) for failed, row in pairs]


def _outcomes(failures: Sequence[Failure], drawn: Drawn) -> dict[str, float]:
    """The share of each of OUTCOMES."""
    found: Counter[str] = Counter()
    graded = zip(_graded(failures, drawn, visible_cases), _graded(failures, drawn, all_cases), strict=True)
    for failure, programs, verdicts in zip(failures, drawn.programs, graded, strict=True):
        found.update(starmap(partial(outcome, failure), zip(programs, *verdicts, strict=True)))
    return {name: found[name] / found.total() for name in OUTCOMES}


def _right(failures: Sequence[Failure], drawn: Drawn) -> list[float]:
    """The share of each failure's programs that are right."""
    return [mean([float(one.status == "pass") for one in row]) for row in _graded(failures, drawn, all_cases)]


@click.command()
@click.option("--limit", type=click.IntRange(min=1), help="So many tasks only.")
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "benchmarks" / "embedded-repairs.md")
def main(limit: int | None, out: Path) -> None:
    """Try, count, and write the report."""
    gguf = ASSETS / "model.gguf"
    tasks = list(islice(tasks_in(ASSETS / "tuning.jsonl"), limit))
    failures = own_failures(gguf, tasks, Sampling(REPAIRS, seed=SEED))
    again, anew = Sampling(REPAIRS, seed=SEED + 1), Sampling(DRAFTS, seed=SEED + 2)
    told = {
        name: _draw(gguf, [repair(f.task.task, f.program, v) for f, v in zip(failures, verdicts, strict=True)], again)
        for name, verdicts in feedbacks(failures).items()
    }
    drafts = _draw(gguf, [draft(failure.task.task) for failure in failures], anew)
    write_text(out, report(len(tasks), failures, told, drafts))
    click.echo(f"written: {out}")


def report(tasks: int, failures: Sequence[Failure], told: Mapping[str, Drawn], drafts: Drawn) -> str:
    """The tables. `told` has the repairs by what they were told, the truth first."""
    repairs = next(iter(told.values()))
    shares = _outcomes(failures, repairs), _outcomes(failures, drafts)
    right = {name: _right(failures, drawn) for name, drawn in told.items()}
    return TEXT.format(
        tasks=tasks,
        failures=len(failures),
        repairs=REPAIRS,
        drafts=DRAFTS,
        outcomes="\n".join(
            f"| {says} | {shares[0][name]:.3f} | {shares[1][name]:.3f} |" for name, says in OUTCOMES.items()
        ),
        repair_prompt=repairs.tokens,
        draft_prompt=drafts.tokens,
        feedback="\n".join(_row(name, found, next(iter(right.values()))) for name, found in right.items()),
    )


def _row(name: str, found: Sequence[float], first: Sequence[float]) -> str:
    if found is first:
        return f"| {name} | {mean(found):.3f} | |"
    less = [own - other for own, other in zip(found, first, strict=True)]
    low, high = interval_95(less)
    return f"| {name} | {mean(found):.3f} | {mean(less):+.3f} [{low:+.3f}, {high:+.3f}] |"


if __name__ == "__main__":
    main()
