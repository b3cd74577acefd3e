"""Thousands of mixed programs, every tenth of them hostile, and what they leave behind.

    python benchmarks/soak.py landlock bubblewrap           # 20,000 programs each; prints a table, writes soak.md
    python benchmarks/soak.py docker --image IMAGE

Looked at before, after every 500 programs and at the end: processes below this one, its open descriptors and its
memory, the temporary folder, shared memory of either kind, containers. Honest programs need the verdict that is known
beforehand, hostile ones must not get through or be believed. The table keeps the rows of levels that are not run. The
exit status is 1 if anything was left or wrong.
"""

from __future__ import annotations

import asyncio
import gc
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
from mixture import Program, programs
from processes import descendants

from reason_tui.sandbox import WorkerSandbox, open_sandbox
from reason_tui.sandbox.attacks import Range
from reason_tui.sandbox.walls.docker import LABEL

HERE = Path(__file__).resolve().parent
SLOTS = 2
LOOK_EVERY = 500
ATTACKED_KEY = 4711  # by which the attacks try to leave shared memory; its names there have `reason` in them
HEADINGS = (
    *("level", "programs", "of these hostile", "wrong verdicts", "lost", "got through", "workers used"),
    *("left: processes", "descriptors", "folders", "shared memory", "containers"),
    *("memory, MB: after the first 500", "at the end", "minutes"),
)
TEXT = """\
# A soak of the sandbox

Made by `python benchmarks/soak.py LEVEL`, with {slots} workers: mixed programs (benchmarks/mixture.py), every tenth of
them one of the attacks that `reason-tui sandbox check --attacks` tries, in random order. What is left is counted when
the sandbox is closed, against what there was before it was opened; memory is that of the process that uses it.

{table}
"""


@dataclass(frozen=True)
class Look:
    """What there is of the sandbox on this machine."""

    processes: int
    descriptors: int
    folders: int
    shared: int
    containers: int
    memory_mb: float

    @classmethod
    def now(cls, level: str) -> Look:
        """Linux: read from /proc."""
        gc.collect()
        command = ("docker", "ps", "--all", "--quiet", "--filter", f"label={LABEL}")
        found = subprocess.run(command, capture_output=True, check=True).stdout.split() if level == "docker" else []
        tables = (Path("/proc/sysvipc", name).read_text().splitlines()[1:] for name in ("shm", "sem", "msg"))
        keys = [int(line.split()[0]) for table in tables for line in table]
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(
            processes=len(descendants(os.getpid())),
            descriptors=len(list(Path("/proc/self/fd").iterdir())),
            folders=len(list(Path(tempfile.gettempdir()).iterdir())),
            shared=len(list(Path("/dev/shm").glob("*reason*"))) + keys.count(ATTACKED_KEY),
            containers=len(found),
            memory_mb=pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        )


@dataclass
class Soak:
    """One level's."""

    level: str
    programs: int
    hostile: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    workers: set[int] = field(default_factory=set)
    looks: list[Look] = field(default_factory=list)
    seconds: float = 0.0

    async def run(self, seed: int, image: str | None, minutes: float | None) -> None:
        """All of it, or as many as can be begun in `minutes`."""
        began = time.monotonic()
        self._until = began + 60 * minutes if minutes else math.inf
        with Range() as around:
            before = Look.now(self.level)
            async with await open_sandbox(slots=SLOTS, level=self.level, docker_image=image) as box:
                todo = programs(self.programs, seed, around.facts())
                await asyncio.gather(*(self._work(box, todo, around) for _ in range(SLOTS)))
                self.wrong += [harm for harm in [around.harm()] if harm]
            after = Look.now(self.level)
        self.looks = [before, *self.looks, after]
        self.seconds = time.monotonic() - began

    async def _work(self, box: WorkerSandbox, todo: Iterator[Program], around: Range) -> None:
        for program in todo:
            if time.monotonic() > self._until:
                return
            verdict = await box.run(program.job)
            self.statuses[verdict.status] += 1
            self.hostile += not program.ends
            self.workers.update(box.pids)
            if why := program.wrong(verdict):
                self.wrong.append(why)
            done = self.statuses.total()
            if done % min(LOOK_EVERY, self.programs // 2) == 0:
                self.looks.append(Look.now(self.level))
                self.wrong += [harm for harm in [around.harm()] if harm]
                click.echo(f"{self.level} {done}: {self.looks[-1]} {dict(self.statuses)}", err=True)

    @property
    def left(self) -> tuple[int, ...]:
        """Processes, descriptors, folders, shared memory, containers: more of them than before."""
        a, b = self.looks[0], self.looks[-1]
        return (
            b.processes - a.processes,
            b.descriptors - a.descriptors,
            b.folders - a.folders,
            b.shared - a.shared,
            b.containers - a.containers,
        )

    def row(self) -> list[str]:
        """Its row of the table."""
        through = sum(why.startswith("it ") for why in self.wrong)
        counts = (self.statuses.total(), self.hostile, len(self.wrong) - through, self.statuses["lost"], through)
        memory = (self.looks[1].memory_mb, self.looks[-1].memory_mb)
        cells = [f"{count:,}" for count in (*counts, len(self.workers), *self.left)]
        return [self.level, *cells, *(f"{mb:.1f}" for mb in memory), f"{self.seconds / 60:.1f}"]


@click.command()
@click.argument("levels", nargs=-1, required=True)
@click.option("--programs", "count", type=click.IntRange(min=10), default=20_000, show_default=True, help="Per level.")
@click.option("--minutes", type=float, help="Stop after this time; the table says how many there were.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--image", help="The Docker image to run programs in.")
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "soak.md", help="Where the table goes.")
def main(levels: tuple[str, ...], count: int, minutes: float | None, seed: int, image: str | None, out: Path) -> None:
    """Run the soak, print the table and write it."""
    held = True
    for level in levels:
        with tempfile.TemporaryDirectory() as folder:
            tempfile.tempdir = folder
            soak = Soak(level, count)
            asyncio.run(soak.run(seed, image, minutes))
            tempfile.tempdir = None
        for why in soak.wrong:
            click.echo(f"{level}: {why}", err=True)
        held = held and not soak.wrong and max(soak.left) <= 0  # of what others made there may be less by now
        text = TEXT.format(slots=SLOTS, table=_table(out, soak.row()))
        out.write_text(text, encoding="utf-8")
    click.echo(text)
    sys.exit(not held)


def _table(out: Path, row: list[str]) -> str:
    """The table with this row in the place of an earlier one of its level."""
    old = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in old if line.startswith("|")][2:]
    rows = sorted([*(one for one in rows if one[0] != row[0] and len(one) == len(row)), row])
    lines = [HEADINGS, ["---", *["---:"] * (len(HEADINGS) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
