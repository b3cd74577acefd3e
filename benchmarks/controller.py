"""What the search itself costs: CPU of the engine's main thread, which is all but the policy and the sandbox.

    python benchmarks/controller.py         # writes benchmarks/controller.md; Linux, where a thread's time can be read

The main thread runs the event loop: strategies, prompts, reading programs, telling duplicates apart, the journal, what
is sent to the client, and the sandbox's calls. The model has a thread of its own, programs run elsewhere. What the
calls take is measured by making the same ones here, alone.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

import click

from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import EngineSettings, RunEvent
from reason_tui.evaluation import load_dataset
from reason_tui.rewards import visible_jobs
from reason_tui.sandbox import open_sandbox
from reason_tui.sandbox.types import Limits
from reason_tui.search.events import NodeAdded, NodeJudged, RunFinished, SearchSettings
from reason_tui.tasks.types import Task

HERE = Path(__file__).resolve().parent
TICK_S = 1 / os.sysconf("SC_CLK_TCK")

TEXT = """\
# CPU of the controller

Made by `python benchmarks/controller.py{options}`: CPU seconds of the engine's main thread against the wall, from the
start of a run to its last event, over {runs} runs of MCTS on the embedded held-out tasks, budget {budget}. The
cheapest of {tries} tries, with a load of {load:.1f} from other work on {cores} cores: where that is more than the cores
the wall is longer than the work, so the share says less than the milliseconds.

| | |
|---|---:|
| completions | {completions} |
| wall | {wall:.1f} s |
| main thread | {cpu:.2f} s |
| of these, the sandbox's calls | {calls:.2f} s |
| the others, as a share of the wall | {share:.1%} |
| for each completion | {each:.1f} ms |

Goal: at most 5 % of the wall.
"""


@click.command()
@click.option("--runs", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--budget", type=click.IntRange(min=1), default=32, show_default=True)
@click.option("--tries", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--model", default="embedded", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "controller.md", help="Where the table goes.")
def main(runs: int, budget: int, tries: int, model: str, out: Path) -> None:
    """Measure, print the table and write it."""
    tasks = [graded.task for graded in load_dataset("embedded", runs)]
    load = os.getloadavg()[0]
    measured = [asyncio.run(_measure(tasks, budget, model)) for _ in range(tries)]
    wall, cpu, programs, completions = min(measured, key=lambda of: of[1] / max(of[3], 1))
    calls = asyncio.run(_calls_s(programs))
    given = {"--runs": (runs, 20), "--tries": (tries, 3), "--model": (Path(model).name, "embedded")}
    options = "".join(f" {name} {value}" for name, (value, default) in given.items() if value != default)
    text = TEXT.format(
        options=options,
        runs=len(tasks),
        budget=budget,
        tries=tries,
        load=load,
        cores=os.cpu_count(),
        completions=completions,
        wall=wall,
        cpu=cpu,
        calls=calls,
        share=(cpu - calls) / wall,
        each=1000 * (cpu - calls) / max(completions, 1),
    )
    click.echo(text)
    out.write_text(text, encoding="utf-8")


Programs = list[tuple[Task, str]]


async def _measure(tasks: list[Task], budget: int, model: str) -> tuple[float, float, Programs, int]:
    """Wall and CPU seconds, programs that were run, and completions, of all runs together."""
    wall, cpu, completions = 0.0, 0.0, 0
    programs: Programs = []
    with tempfile.TemporaryDirectory() as state:
        async with EngineClient(EngineSettings(model=model, state_dir=state)) as client:
            await client.ready()
            assert client.pid is not None
            for task in tasks:
                begun, before = time.monotonic(), _main_thread_s(client.pid)
                await client.start(task, SearchSettings(strategy="mcts", budget=budget))
                written, run = await _follow(client)
                completions += len(written)
                programs += [(task, written[node] or "") for node in run]
                wall += time.monotonic() - begun
                cpu += _main_thread_s(client.pid) - before
    return wall, cpu, programs, completions


async def _follow(client: EngineClient) -> tuple[dict[int, str | None], list[int]]:
    """Until the run ends: the program of each node, and the nodes whose program was run."""
    written: dict[int, str | None] = {}
    run: list[int] = []
    async for message in client.messages():
        if isinstance(message, RunEvent):
            if isinstance(message.event, NodeAdded):
                written[message.event.node] = message.event.program
            elif isinstance(message.event, NodeJudged) and message.event.executed:
                run.append(message.event.node)
            elif isinstance(message.event, RunFinished):
                break
    return written, run


async def _calls_s(programs: Programs) -> float:
    """CPU seconds of this thread while these programs run in a sandbox and nothing else is done."""
    jobs = [job for task, program in programs for job in visible_jobs(task, program, Limits())]
    async with await open_sandbox(slots=1) as sandbox:
        await sandbox.run(jobs[0])
        begun = time.thread_time()
        for job in jobs:
            await sandbox.run(job)
        return time.thread_time() - begun


def _main_thread_s(pid: int) -> float:
    """CPU seconds of a process's main thread so far, user and system (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/task/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


if __name__ == "__main__":
    main()
