"""Published datasets judged at each level of the sandbox: how many right programs pass, how many wrong ones fail.

    python benchmarks/sandbox_datasets.py --data ../shared/data [--image IMAGE]    # prints a table, writes the .md
    python benchmarks/sandbox_datasets.py --data ../shared/data --limit 3 --out /tmp/try.md landlock

`--data` has a folder for each dataset. A right program is a task's reference, by its hidden tests. A wrong one returns
None or, of a task to repair, is the program that was given, by all tests. `weak` counts verdicts in which a
program's own objects had a say. The exit status is 1 unless everything came out right. Levels that cannot be had here
are left out and named.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click

from reason_tui.cli.live import Line
from reason_tui.errors import SandboxError
from reason_tui.evaluation.check import stub
from reason_tui.evaluation.datasets import load_dataset
from reason_tui.evaluation.grade import hidden_jobs
from reason_tui.rewards import visible_jobs
from reason_tui.sandbox import Job, Limits, WorkerSandbox, open_sandbox
from reason_tui.tasks.types import GradedTask

HERE = Path(__file__).resolve().parent
LEVELS = ("landlock", "bubblewrap", "docker")
FOLDERS = ("humaneval", "mbpp_sanitized", "quixbugs")
SLOTS = 2
RIGHT, WRONG = Limits(wall_s=60), Limits(wall_s=5)
TEXT = """\
# Datasets in the sandbox

Made by `python benchmarks/sandbox_datasets.py` on {machine}, with {slots} workers.
Right programs have {right:g} s for a task's hidden tests, wrong ones {wrong:g} s for its visible ones and for these.

| level | dataset | right programs pass | wrong programs fail | weak | seconds |
| --- | --- | ---: | ---: | ---: | ---: |
{rows}
"""


@dataclass
class Count:
    """One dataset at one level."""

    level: str
    dataset: str
    tasks: int
    passed: int
    failed: int
    weak: int
    seconds: float
    odd: list[str]

    def row(self) -> str:
        """Its row of the table."""
        cells = (f"{self.passed}/{self.tasks}", f"{self.failed}/{self.tasks}", str(self.weak), f"{self.seconds:.0f}")
        return f"| {self.level} | {self.dataset} | {' | '.join(cells)} |"


@click.command()
@click.argument("levels", nargs=-1, type=click.Choice(LEVELS))
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="The datasets' folders.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first tasks of each.")
@click.option("--image", help="The Docker image to run programs in.")
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "sandbox_datasets.md", help="Where it goes.")
def main(levels: tuple[str, ...], data: Path, limit: int | None, image: str | None, out: Path) -> None:
    """Judge everything, print the table and write it."""
    counts: list[Count] = []
    for level in levels or LEVELS:
        counts += asyncio.run(_level(level, data, limit, image))
    machine = f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores"
    rows = "\n".join(count.row() for count in counts)
    text = TEXT.format(machine=machine, slots=SLOTS, right=RIGHT.wall_s, wrong=WRONG.wall_s, rows=rows)
    click.echo(text)
    out.write_text(text, encoding="utf-8")
    for count in counts:
        for told in count.odd:
            click.echo(f"{count.level} {count.dataset}: {told}", err=True)
    sys.exit(not counts or any(count.odd for count in counts))


async def _level(level: str, data: Path, limit: int | None, image: str | None) -> list[Count]:
    try:
        box = await open_sandbox(slots=SLOTS, level=level, docker_image=image)
    except SandboxError as error:
        click.echo(f"{level} is left out: {error.why}", err=True)
        return []
    async with box:
        return [await _dataset(box, level, name, load_dataset(str(data / name))[:limit]) for name in FOLDERS]


async def _dataset(box: WorkerSandbox, level: str, name: str, tasks: tuple[GradedTask, ...]) -> Count:
    count, began = Count(level, name, len(tasks), 0, 0, 0, 0.0, []), time.monotonic()

    async def passes(jobs: list[Job]) -> bool:
        for job in jobs:
            verdict = await box.run(job)
            count.weak += verdict.strength == "weak"
            if verdict.status != "pass":
                return False
        return bool(jobs)

    async def judge(graded: GradedTask) -> None:
        given = graded.task.given
        right = await passes(hidden_jobs(graded, graded.reference, RIGHT))
        wrong = given or stub(graded)
        failed = not await passes([*visible_jobs(graded.task, wrong, WRONG), *hidden_jobs(graded, wrong, WRONG)])
        count.passed += right
        count.failed += failed
        count.odd += [f"{graded.task.id}: the right program fails"] * (not right)
        count.odd += [f"{graded.task.id}: the wrong program passes"] * (not failed)
        line.draw(f"{level} {name}: {count.passed} and {count.failed} of {len(tasks)}")

    with Line() as line:
        await asyncio.gather(*map(judge, tasks))
    count.seconds = time.monotonic() - began
    return count


if __name__ == "__main__":
    main()
