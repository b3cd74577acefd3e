"""What a program costs at each level of the sandbox, as a table.

    python benchmarks/sandbox.py [--image IMAGE]      # prints the table and writes benchmarks/sandbox.md

Rounds of all ways interleaved, medians: what else the machine does meanwhile weighs on all of them. Ways that cannot
be had here are left out. CPU time is that of the workers, of this process and (`docker`) of the engine's own
processes; for containers that live as long as one program it cannot be told apart and is not given.
"""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click

from reason_tui.errors import SandboxError
from reason_tui.sandbox import Job, WorkerSandbox, open_sandbox, slot
from reason_tui.sandbox.bundle import worker_source
from reason_tui.sandbox.types import DockerMode, Level
from reason_tui.sandbox.walls.direct import NoWall, own_python
from reason_tui.tasks.types import CallCase

HERE = Path(__file__).resolve().parent
ENGINE = {"dockerd", "containerd", "containerd-shim", "docker"}
LEVELS: tuple[tuple[Level, DockerMode], ...] = (
    ("landlock", "warm"),
    ("bubblewrap", "warm"),
    ("docker", "warm"),
    ("docker", "per-run"),
)
TICKS = os.sysconf("SC_CLK_TCK")
PROGRAM = "def f(x):\n    return sorted(x)\n"
CHECK = "def check(candidate):\n    assert candidate([2, 1]) == [1, 2]\n    assert candidate([]) == []\n"
CASES = (CallCase(args=("[2, 1]",), expected="[1, 2]"), CallCase(args=("[]",), expected="[]"))
JOB = Job(program=PROGRAM, kind="check", entry_point="f", check=CHECK)
KINDS = {
    "check(candidate)": JOB,
    "bare asserts": Job(
        program=PROGRAM, kind="check", entry_point="f", check="assert f([2]) == [2]\nassert f([]) == []\n"
    ),
    "cases": Job(program=PROGRAM, kind="cases", entry_point="f", cases=CASES),
    "stdio": Job(program="print(sorted(input().split()))\n", kind="stdio", stdin="2 1\n", stdout="['1', '2']\n"),
    "test functions": Job(
        program=PROGRAM,
        kind="tests",
        entry_point="f",
        tests=(
            "from m import f\ndef test_some():\n    assert f([2]) == [2]\ndef test_none():\n    assert f([]) == []\n",
        ),
        modules=("m",),
    ),
}
TEXT = """\
# What a program costs in the sandbox

Made by `python benchmarks/sandbox.py` on {machine}.
Load average {load} before it began. Medians of {rounds} interleaved rounds: programs/s with 1, 2 and 4 workers, CPU
time with one. Each program has two asserts.

| way | programs/s, 1 | 2 | 4 | CPU-ms a program |
|---|---|---|---|---|
{rows}

The bare fork server is the same worker with every wall taken out: two forks a program, no Landlock, no seccomp, no
limits. By the kind of job, with one worker behind Landlock:

| kind | CPU-ms a program |
|---|---|
{kinds}
"""


@dataclass
class Way:
    """One way to run `programs` programs at a time. `cpu_s` reads a clock of CPU time; None where there is none."""

    name: str
    programs: int
    run: Callable[[], Awaitable[object]]
    cpu_s: Callable[[], float] | None
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    async def measure(self) -> None:
        """One round: all its programs."""
        cpu, began = self.cpu_s() if self.cpu_s else 0.0, time.perf_counter()
        await asyncio.gather(*(self.run() for _ in range(self.programs)))
        self.rates.append(self.programs / (time.perf_counter() - began))
        if self.cpu_s:
            self.costs.append((self.cpu_s() - cpu) / self.programs * 1000)


@click.command()
@click.option("--image", help="The Docker image to run programs in.")
@click.option("--rounds", type=click.IntRange(min=1), default=7, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "sandbox.md", help="Where the table goes.")
def main(image: str | None, rounds: int, out: Path) -> None:
    """Run the comparison, print it and write it."""
    load = f"{os.getloadavg()[0]:.1f}"
    by_slots = {slots: asyncio.run(_measure(slots, image, rounds)) for slots in (1, 2, 4)}
    rows = []
    for name, one in by_slots[1].items():
        rates = " | ".join(f"{statistics.median(by_slots[slots][name].rates):.1f}" for slots in by_slots)
        rows.append(f"| {name} | {rates} | {f'{statistics.median(one.costs):.1f}' if one.costs else '–'} |")
    machine = f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores"
    kinds = [f"| {kind} | {statistics.median(costs):.1f} |" for kind, costs in asyncio.run(_kinds(rounds)).items()]
    texts = {"rows": "\n".join(rows), "kinds": "\n".join(kinds)}
    text = TEXT.format(machine=machine, load=load, rounds=rounds, **texts)
    click.echo(text)
    out.write_text(text, encoding="utf-8")


async def _measure(slots: int, image: str | None, rounds: int) -> dict[str, Way]:
    async with AsyncExitStack() as stack:
        ways = [way async for way in _ways(stack, slots, image)]
        for way in ways:
            await way.run()
        for _ in range(rounds):
            for way in ways:
                await way.measure()
        return {way.name: way for way in ways}


async def _kinds(rounds: int) -> dict[str, list[float]]:
    """CPU-ms of each round, by the kind of job."""
    async with await open_sandbox(slots=1, level="landlock") as box:
        ways = [Way(kind, 40, partial(_job, box, job), partial(_of_workers, box)) for kind, job in KINDS.items()]
        for _ in range(rounds):
            for way in ways:
                await way.measure()
    return {way.name: way.costs for way in ways}


async def _ways(stack: AsyncExitStack, slots: int, image: str | None) -> AsyncIterator[Way]:
    gate = asyncio.Semaphore(slots)
    yield Way("bare `python -I`, one process a program", 12 * slots, partial(_bare, gate), _of_children)
    free = await stack.enter_async_context(WorkerSandbox(NoWall(), slots))
    await _without_walls(free, slots)
    yield Way("bare fork server", 40 * slots, partial(_job, free), partial(_of_workers, free))
    for level, mode in LEVELS:
        try:
            opened = await open_sandbox(slots=slots, level=level, docker_image=image, docker_mode=mode)
        except SandboxError as error:
            click.echo(f"{level} is left out: {error.why}", err=True)
            continue
        box = await stack.enter_async_context(opened)
        if mode == "per-run":
            yield Way("docker, a container a program", 2 * slots, partial(_job, box), None)
        else:
            yield Way(level, 40 * slots, partial(_job, box), partial(_of_workers, box))


async def _without_walls(box: WorkerSandbox, slots: int) -> None:
    """Start its workers from a source in which no wall is put on."""
    source = worker_source()[8:].replace(b"walls.confine(", b"(lambda *_, **__: None)(")
    kept, slot.worker_source = slot.worker_source, lambda: f"{len(source):08d}".encode() + source
    await asyncio.gather(*(_job(box) for _ in range(slots)))
    slot.worker_source = kept


async def _job(box: WorkerSandbox, job: Job = JOB) -> None:
    verdict = await box.run(job)
    assert verdict.status == "pass", verdict


async def _bare(gate: asyncio.Semaphore) -> None:
    async with gate:
        words = (own_python(), "-I", "-c", f"{PROGRAM}\n{CHECK}\ncheck(f)")
        process = await asyncio.create_subprocess_exec(*words)
        assert await process.wait() == 0


def _of_children() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _of_workers(box: WorkerSandbox) -> float:
    """This process, the workers with all that they forked, and for containers those inside and the engine."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    stats = _processes()
    pids = set(box.pids)
    if box.describe().startswith("docker"):
        pids = {pid for pid, (name, _, _) in stats.items() if name in ENGINE}
    grown = True
    while grown:
        more = {pid for pid, (_, parent, _) in stats.items() if parent in pids} - pids
        pids, grown = pids | more, bool(more)
    return own.ru_utime + own.ru_stime + sum(stats[pid][2] for pid in pids if pid in stats) / TICKS


def _processes() -> dict[int, tuple[str, int, int]]:
    """Name, parent and ticks of CPU time (also of children that ended), by pid."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        fields = rest.split()
        found[int(path.parent.name)] = (name, int(fields[1]), sum(map(int, fields[11:15])))
    return found


if __name__ == "__main__":
    main()
