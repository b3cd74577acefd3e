"""Runs whose engine, or whose client, is killed at random moments and which are resumed until they end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
from processes import Deaths, descendants
from promises import Tally, events_of

from reason_tui.engine.client import EngineClient
from reason_tui.engine.protocol import EngineSettings, Problem, RunEvent
from reason_tui.errors import EngineError, ReasonTuiError
from reason_tui.runs.folders import runs_dir
from reason_tui.runs.journal import load
from reason_tui.runs.library import is_written
from reason_tui.search import events as ev
from reason_tui.search.events import SearchSettings, StrategyName
from reason_tui.tasks.prompt import read_prompt

HERE = Path(__file__).resolve().parent
PROMPT = "Add two numbers.\n>>> add(1, 2)\n3\n>>> add(-4, 9)\n5\n>>> add(10, -3)\n7\n"
"""Its tests decide: no wrong body of the dice passes them, so that nobody is asked anything."""
STRATEGIES: tuple[StrategyName, ...] = ("mcts", "best-of-n")
DICE = "dice"
PATIENCE_S = 300.0
"""On a machine that others use too an app takes half a minute to start."""


@dataclass(frozen=True)
class Bench:
    """A model and the folder its runs are kept in."""

    model: str
    state: Path

    @property
    def settings(self) -> EngineSettings:
        """Of its engines."""
        return EngineSettings(model=self.model, state_dir=str(self.state))

    def client(self) -> EngineClient:
        """An engine, not yet started."""
        if self.model == DICE:
            return EngineClient(self.settings, entry=(str(HERE / "dice_engine.py"),))
        return EngineClient(self.settings)

    def begun(self) -> Path | None:
        """The folder of the run, if it has a first event. Each bench has one run."""
        folder = runs_dir(self.state)
        found = folder.iterdir() if folder.is_dir() else ()
        return next((run for run in found if load(run)[0].started is not None), None)


def is_over(folder: Path) -> bool:
    """Whether the run came to its end: not stopped, nor cut off."""
    finished = load(folder)[0].finished
    return finished is not None and finished.final


def settings_of(number: int) -> SearchSettings:
    """The n-th run: strategies in turn, another seed each, every other pair with two expansions in flight."""
    in_flight = 1 + number // len(STRATEGIES) % 2
    return SearchSettings(
        strategy=STRATEGIES[number % len(STRATEGIES)], budget=24, width=3, seed=number, in_flight=in_flight
    )


async def ask(client: EngineClient, number: int, run: str | None) -> None:
    """Begin the n-th run, or go on with it."""
    await client.ready()
    if run is None:
        await client.start(read_prompt(PROMPT), settings_of(number))
    else:
        await client.resume(run)


async def follow(client: EngineClient, told: list[RunEvent]) -> None:
    """Take in events until the run ends. Raises EngineError when the engine dies."""
    async for message in client.messages():
        if isinstance(message, Problem):
            raise ReasonTuiError(message.what, why=message.why)
        if isinstance(message, RunEvent):
            told.append(message)
            if isinstance(message.event, ev.RunFinished):
                return


# Kills of the engine.


async def engine_kills(number: int, bench: Bench, span: float, left: int, dice: random.Random, tally: Tally) -> Path:
    """The n-th run with at most `left` kills of its engine; its folder."""
    client = bench.client()
    async with client:
        while (folder := bench.begun()) is None or not is_over(folder):
            told: list[RunEvent] = []
            await ask(client, number, None if folder is None else folder.name)
            following = asyncio.create_task(follow(client, told))
            await asyncio.wait({following}, timeout=dice.uniform(0, span) if left > 0 else None)
            if following.done():
                await following
            else:
                left -= 1
                await _kill_engine(client, following, tally)
                _was_kept(told, bench, tally)
                await client.restart()
    return folder


async def _kill_engine(client: EngineClient, following: asyncio.Task[None], tally: Tally) -> None:
    assert client.pid is not None
    deaths = Deaths(descendants(client.pid))
    os.kill(client.pid, signal.SIGKILL)
    tally.counts["engine kills"] += 1
    with contextlib.suppress(EngineError):
        await following
    alive = await asyncio.to_thread(deaths.wait, PATIENCE_S)
    tally.check(not alive, f"processes {alive} outlived their engine")


def _was_kept(told: list[RunEvent], bench: Bench, tally: Tally) -> None:
    """What the client was told is in the journal."""
    tally.counts["events told before a kill"] += len(told)
    journal = events_of(runs_dir(bench.state) / told[0].run, tally) if told else []
    missing = [each.seq for each in told if journal[each.seq : each.seq + 1] != [each.event]]
    tally.check(not missing, f"events {missing} were told and are not in the journal")


# Kills of the client, as when the app is killed.


def client_kills(number: int, bench: Bench, span: float, left: int, dice: random.Random, tally: Tally) -> Path:
    """The n-th run with at most `left` kills of the process that follows it; its folder."""
    run: str | None = None
    while True:
        command = [sys.executable, str(HERE / "kills.py"), "--follow", str(number), "--model", bench.model]
        command += ["--state", str(bench.state), *(["--resume", run] if run else [])]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout is not None
            run = client.stdout.readline().strip() or run
            assert run, "the client says which run it follows"
            folder = runs_dir(bench.state) / run
            if left > 0:
                try:
                    client.wait(dice.uniform(0, span))
                except subprocess.TimeoutExpired:
                    deaths = Deaths(descendants(client.pid))
                    client.kill()
                    left -= 1
                    tally.counts["client kills"] += 1
                    alive = deaths.wait(PATIENCE_S)
                    tally.check(not alive, f"processes {alive} outlived their client")
                    tally.check(not is_written(folder), f"{run} is still being written")
            if client.wait() not in (0, -signal.SIGKILL):
                raise click.ClickException(f"the client ended with status {client.returncode}")
        if is_over(folder):
            return folder


async def follow_alone(number: int, bench: Bench, run: str | None) -> None:
    """The client that is killed: says which run it follows as soon as there is one."""
    async with bench.client() as client:
        await ask(client, number, run)
        async for message in client.messages():
            if isinstance(message, Problem):
                raise ReasonTuiError(message.what, why=message.why)
            if isinstance(message, RunEvent):
                if isinstance(message.event, ev.RunStarted | ev.RunContinued):
                    click.echo(message.run)
                    sys.stdout.flush()
                if isinstance(message.event, ev.RunFinished):
                    return
