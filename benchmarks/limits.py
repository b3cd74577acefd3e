"""How exactly the sandbox keeps to its limits of time and memory, as a table.

    python benchmarks/limits.py [--image IMAGE]      # prints the table and writes benchmarks/limits.md

Time: jobs of one second that do not end, seen from the outside, with one worker; the median and the worst of several.
Memory: how far above its limit a program's peak lies, which includes what the interpreter itself takes. Levels that
cannot be had here are left out.
"""

from __future__ import annotations

import asyncio
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import click

from reason_tui.errors import SandboxError
from reason_tui.sandbox import Job, Limits, WorkerSandbox, open_sandbox
from reason_tui.tasks.types import CallCase

HERE = Path(__file__).resolve().parent
LEVELS = ("landlock", "bubblewrap", "docker")
WALL_S, MEMORY_MB = 1.0, 256


def _call(program: str) -> Job:
    limits = Limits(wall_s=WALL_S)
    return Job(program=program, kind="cases", entry_point="f", cases=(CallCase(),), limits=limits)


def _test(check: str) -> Job:
    program = "def f(x):\n    return x\n"
    return Job(program=program, kind="check", entry_point="f", check=check, limits=Limits(wall_s=WALL_S))


def _memory(program: str) -> Job:
    return _call(program).model_copy(update={"limits": Limits(wall_s=30, memory_mb=MEMORY_MB)})


TIME = {
    "a loop in Python": _call("def f():\n    while True: pass\n"),
    "a loop in C": _call("def f(): return sum(iter(int, 1))\n"),
    "a loop while it loads": _call("while True: pass\n"),
    "a sleep": _call("import time\ndef f(): time.sleep(60)\n"),
    "a process that stops itself": _call("import os, signal\ndef f(): os.kill(os.getpid(), signal.SIGSTOP)\n"),
    "output all the while": _call("def f():\n    for n in iter(int, 1): print(end='')\n"),
    "a test that loops in Python": _test("while f(1): pass\nassert f(1)\n"),
    "a test that loops in C": _test("x = sum(iter(int, 1))\nassert f(1)\n"),
}
MEMORY = {
    "one large list": _memory("def f():\n    x = [0]\n    while True: x += x\n"),
    "many small strings": _memory("def f():\n    x = []\n    while True: x.append('x' * (1000 + len(x)))\n"),
    "mapped and touched": _memory(
        "import mmap\ndef f():\n    kept = []\n    while True:\n"
        "        kept.append(mmap.mmap(-1, 1 << 20))\n        kept[-1].write(b'x' * (1 << 20))\n"
    ),
    "errors swallowed": _memory(
        "def f():\n    x = []\n    for n in range(2000):\n        try: x.append(b'x' * (1 << 20))\n"
        "        except MemoryError: pass\n    return len(x)\n"
    ),
}
TEXT = """\
# Limits of time and memory

Made by `python benchmarks/limits.py` on {machine}. Load average {load} before it began.

Seconds beyond a limit of {wall:g} s until the verdict was there, median (worst) of {rounds}:

{time}

MB of peak memory beyond a limit of {memory} MB, the interpreter's own included, worst of {rounds}:

{space}
"""


@click.command()
@click.option("--image", help="The Docker image to run programs in.")
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "limits.md", help="Where the table goes.")
def main(image: str | None, rounds: int, out: Path) -> None:
    """Measure, print the tables and write them."""
    load = f"{os.getloadavg()[0]:.1f}"
    columns = {level: found for level in LEVELS if (found := asyncio.run(_level(level, image, rounds)))}
    text = TEXT.format(
        machine=f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores",
        load=load,
        wall=WALL_S,
        memory=MEMORY_MB,
        rounds=rounds,
        time=_table("program", TIME, columns, lambda found: f"{statistics.median(found):.3f} ({max(found):.3f})"),
        space=_table("program", MEMORY, columns, lambda found: f"{max(found):.1f}"),
    )
    click.echo(text)
    out.write_text(text, encoding="utf-8")


async def _level(level: str, image: str | None, rounds: int) -> dict[str, list[float]]:
    """What was measured at one level, by program; empty where it cannot be had."""
    found: dict[str, list[float]] = {name: [] for name in (*TIME, *MEMORY)}
    try:
        box = await open_sandbox(slots=1, level=level, docker_image=image)
    except SandboxError as error:
        click.echo(f"{level} is left out: {error.why}", err=True)
        return {}
    async with box:
        for _ in range(rounds):
            for name, job in TIME.items():
                found[name].append(await _seconds(box, job) - WALL_S)
            for name, job in MEMORY.items():
                found[name].append((await box.run(job)).peak_memory_kb / 1024 - MEMORY_MB)
    return found


async def _seconds(box: WorkerSandbox, job: Job) -> float:
    began = time.perf_counter()
    verdict = await box.run(job)
    took = time.perf_counter() - began
    assert verdict.status == "timeout", verdict
    return took


def _table(
    title: str,
    rows: dict[str, Job],
    columns: dict[str, dict[str, list[float]]],
    show: Callable[[list[float]], str],
) -> str:
    lines = [(title, *columns), ("---", *("---:" for _ in columns))]
    lines += [(name, *(show(found[name]) for found in columns.values())) for name in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
