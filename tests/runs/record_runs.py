"""Makes tests/data/recorded_runs.jsonl.xz: fifty runs of each strategy, searched by the strategies of the day.

    python tests/runs/record_runs.py              # the strategies that have no runs yet
    python tests/runs/record_runs.py mcts auto    # these again

Programs drawn by dice, the real sandbox. Record again only when a strategy, a reward or a prompt was changed on
purpose.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import lzma
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "backends"), str(_ROOT / "tests")]

from support.scripted import ScriptedPolicy  # noqa: E402

from reason_tui.policy import SampleRequest  # noqa: E402
from reason_tui.sandbox import open_sandbox  # noqa: E402
from reason_tui.sandbox.types import Sandbox  # noqa: E402
from reason_tui.search.driver import search  # noqa: E402
from reason_tui.search.events import EVENT, Event, SearchSettings  # noqa: E402
from reason_tui.search.sampling import PolicyThread  # noqa: E402
from reason_tui.search.strategies import STRATEGIES  # noqa: E402
from reason_tui.tasks.prompt import read_prompt  # noqa: E402

DATA = _ROOT / "tests" / "data" / "recorded_runs.jsonl.xz"
RUNS = 50
PROMPTS = (
    "Add two numbers.\n>>> f(1, 2)\n3\n>>> f(-4, 9)\n5\n>>> f(2, 0)\n2\n",
    "The larger of two numbers.\n>>> f(1, 2)\n2\n>>> f(9, -4)\n9\n>>> f(3, 3)\n3\n",
    'def f(a: int, b: int) -> int:\n    """The distance of two numbers."""\n',
    "Repair this.\n\ndef f(a, b):\n    return a - b\n\nassert f(1, 2) == 3\nassert f(0, 0) == 0\nassert f(5, 5) == 10",
)
BODIES = (
    *("a - b", "a * b", "b", "a", "b - a", "abs(a) + b", "a + b + 1", "(", "a // b", "c", "a ** 2", "-a", "[a, b]"),
    *("a if b else 0", "a and b", "a | b", "abs(a - b)", "max(a, b)", "a if a > b else b", "a + abs(b)", "a + b"),
    *("a % 7 + b", "sum([a, b, b])", "abs(b) - abs(a)", "a + a", "1 / a", "a[0]", "max(a, b, 3)", "b + b"),
)


def answers(request: SampleRequest) -> list[str]:
    """Whole programs, so that they fit any prefix; a reply may say something first."""
    drawn = (hashlib.blake2b(f"{request.seed}:{i}".encode()).digest() for i in range(request.n))
    texts = [f"    return {BODIES[int.from_bytes(draw[:2]) % len(BODIES)]}\n" for draw in drawn]
    return [text if request.prefix.endswith(":\n") else f"a, b):\n{text}" for text in texts]


FIRST = ("greedy", "best-of-n", "mcts")
"""Recorded before expansions could overlap. Of the others every second run has two in flight."""


async def record(strategy: str, number: int, sandbox: Sandbox) -> list[Event]:
    """One run."""
    events: list[Event] = []
    sampler = PolicyThread(ScriptedPolicy(answers))
    settings = SearchSettings(
        strategy=strategy,
        budget=12 + number % 5,
        width=2 + number % 3,
        seed=number,
        in_flight=1 if strategy in FIRST else 1 + number % 2,
        confirm=1 if strategy in FIRST else 1 + number // 2 % 2,
    )
    task = read_prompt(PROMPTS[number % len(PROMPTS)])
    run = f"{strategy}-{number}"
    await search(task, run=run, settings=settings, sampler=sampler, sandbox=sandbox, emit=events.append)
    await sampler.close()
    return events


def kept(again: list[str]) -> dict[str, list[str]]:
    """The rows that stay, by strategy."""
    found: dict[str, list[str]] = {}
    if DATA.exists():
        for row in lzma.decompress(DATA.read_bytes()).decode("ascii").splitlines():
            found.setdefault(json.loads(row)[0]["settings"]["strategy"], []).append(row)
    return {strategy: rows for strategy, rows in found.items() if strategy not in again}


async def main(again: list[str]) -> None:
    """A line of JSON for each run: its events. Written after each strategy."""
    rows = kept(again)
    sandbox = await open_sandbox(slots=2)
    try:
        for strategy in (name for name in STRATEGIES if name not in rows):
            runs = [await record(strategy, number, sandbox) for number in range(RUNS)]
            rows[strategy] = [json.dumps([EVENT.dump_python(event, mode="json") for event in run]) for run in runs]
            write(rows)
    finally:
        await sandbox.close()


def write(rows: dict[str, list[str]]) -> None:
    """The strategies in their order."""
    lines = "".join(f"{row}\n" for name in STRATEGIES for row in rows.get(name, ()))
    DATA.parent.mkdir(exist_ok=True)
    DATA.write_bytes(lzma.compress(lines.encode("ascii"), preset=9))
    print(f"{sum(map(len, rows.values()))} runs, {DATA.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
