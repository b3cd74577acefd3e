"""Pictures of the app for the README: a recorded run, drawn without a terminal.

python benchmarks/tui_pictures.py            # writes docs/app-*.svg
"""

from __future__ import annotations

import asyncio
import json
import lzma
from pathlib import Path

from reason_tui.search import events as ev
from reason_tui.tui.app import ReasonApp

ROOT = Path(__file__).resolve().parents[1]
RUNS = ROOT / "tests" / "data" / "recorded_runs.jsonl.xz"
SIZES = ((80, 24), (120, 40))


def longest() -> list[ev.Event]:
    """Of the solved runs of the default strategy that drafted and repaired, the one with the most branches."""
    with lzma.open(RUNS, "rt") as rows:
        runs = [[ev.EVENT.validate_python(event) for event in json.loads(row)] for row in rows]
    usual = ev.SearchSettings().strategy
    solved = [run for run in runs if run[0].settings.strategy == usual and run[-1].outcome == "solved"]
    return max((run for run in solved if {"draft", "repair"} <= {each.origin for each in asked(run)}), key=size_of)


def asked(run: list[ev.Event]) -> list[ev.ExpansionStarted]:
    """Its expansions."""
    return [event for event in run if isinstance(event, ev.ExpansionStarted)]


def size_of(run: list[ev.Event]) -> tuple[int, int]:
    """How many nodes have children, then how many events there are."""
    return len({each.parent for each in asked(run)}), len(run)


async def draw(events: list[ev.Event], size: tuple[int, int], path: Path) -> None:
    """One picture."""
    first = events[0]
    assert isinstance(first, ev.RunStarted), "every run begins so"
    app = ReasonApp(None, first.settings, replay=events)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.flush()
        await pilot.press("b")
        await pilot.pause()
        path.write_text(app.export_screenshot(title="reason_tui"), encoding="utf-8")


def main() -> None:
    """Draw them all."""
    events = longest()
    for size in SIZES:
        path = ROOT / "docs" / f"app-{size[0]}x{size[1]}.svg"
        asyncio.run(draw(events, size, path))
        print(path)


if __name__ == "__main__":
    main()
